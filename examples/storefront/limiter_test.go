package main

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The shop believes X-Forwarded-For only from trusted proxies, and reads it from the end up to the first untrusted
// address.
func TestCaller(t *testing.T) {
	t.Parallel()
	s := &settings{}
	require.NoError(t, s.readProxies(func(string) string { return "10.0.0.0/8, 2001:db8:ffff::1/128" }))
	for _, row := range []struct {
		from      string
		forwarded []string
		want      string
	}{
		{"192.0.2.1:1234", nil, "192.0.2.1/32"},
		{"[::ffff:192.0.2.1]:1234", nil, "192.0.2.1/32"},
		{"[2001:db8:0:1::1]:1", nil, "2001:db8:0:1::/64"},
		{"[2001:db8:0:1:ffff::2]:2", nil, "2001:db8:0:1::/64"},
		{"[fe80::1%eth0]:1", nil, "fe80::/64"},
		{"@", nil, "invalid Prefix"},
		{"192.0.2.1:1", []string{"203.0.113.9"}, "192.0.2.1/32"}, // not a trusted proxy: anyone can send the header
		{"10.0.0.1:1", nil, "10.0.0.1/32"},
		{"10.0.0.1:1", []string{"203.0.113.9"}, "203.0.113.9/32"},
		{"[2001:db8:ffff::1]:1", []string{"203.0.113.9"}, "203.0.113.9/32"},
		{"10.0.0.1:1", []string{"1.1.1.1, 203.0.113.9"}, "203.0.113.9/32"}, // the visitor forged 1.1.1.1
		{"10.0.0.1:1", []string{"1.1.1.1", "203.0.113.9, 10.0.0.2"}, "203.0.113.9/32"},
		{"10.0.0.1:1", []string{"203.0.113.9, unknown"}, "10.0.0.1/32"}, // stop at an invalid address
		{"10.0.0.1:1", []string{"10.0.0.3"}, "10.0.0.3/32"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr, r.Header["X-Forwarded-For"] = row.from, row.forwarded
		assert.Equal(t, row.want, visitor(s.caller(r)).String(), row)
	}
}

// Guesses are limited for a visitor, for a network and in total, even from many addresses.
func TestLimiter(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		from          string // address of each guess; N stands for the guess's number in this base
		base          int
		guesses, want int
	}{
		"an address": {"192.0.2.1", 10, 250, mostGuesses},
		"a /64":      {"2001:db8::N", 16, 1000, mostGuesses},
		"a /24":      {"192.0.2.N", 10, 250, mostOfNetwork},
		"a /48":      {"2001:db8:0:N::1", 16, 1000, mostOfNetwork},
		"everybody":  {"2001:db8:N::1", 16, 1000, mostInAll},
	} {
		l, taken := limiter{}, 0
		admin := netip.MustParseAddr("198.51.100.7")
		require.True(t, l.allowed(admin))
		l.guessed(admin, true)
		for i := range row.guesses {
			n := strconv.FormatInt(int64(i), row.base)
			if addr := netip.MustParseAddr(strings.ReplaceAll(row.from, "N", n)); l.allowed(addr) {
				l.guessed(addr, false)
				taken++
			}
		}
		assert.Equal(t, row.want, taken, name)
		assert.True(t, l.allowed(admin), "wrong guesses do not lock out the admin")
	}
}

// Neither one visitor nor one order can use up all streams, and each closed stream makes room for another.
func TestStreams(t *testing.T) {
	t.Parallel()
	var s streams
	for i := range mostOfCaller {
		require.True(t, s.begin("a", strconv.Itoa(i)))
	}
	assert.False(t, s.begin("a", "X"))
	for i := range mostOfOrder {
		require.True(t, s.begin(strconv.Itoa(i), "Y"))
	}
	assert.False(t, s.begin("b", "Y"))
	for i := range mostStreams - mostOfCaller - mostOfOrder {
		require.True(t, s.begin(strconv.Itoa(i), strconv.Itoa(i)))
	}
	assert.False(t, s.begin("c", "Z"))
	s.end("a", "0")
	assert.True(t, s.begin("c", "Z"))
}
