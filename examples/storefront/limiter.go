package main

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// caller returns the address that a request comes from. Behind TRUSTED_PROXIES, the caller is the last address in
// X-Forwarded-For that is not a trusted proxy: the visitor can forge the addresses before it.
func (s *settings) caller(r *http.Request) netip.Addr {
	at, _ := netip.ParseAddrPort(r.RemoteAddr)
	addr := at.Addr().Unmap().WithZone("")
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		trusted := slices.ContainsFunc(s.trustedProxies, func(p netip.Prefix) bool { return p.Contains(addr) })
		before, err := netip.ParseAddr(strings.TrimSpace(hop))
		if !trusted || err != nil {
			break
		}
		addr = before.Unmap().WithZone("")
	}
	return addr
}

// visitor returns the network of one visitor: an IPv4 address or an IPv6 /64.
func visitor(addr netip.Addr) netip.Prefix { return prefix(addr, 32, 64) }

// network returns the network that one customer of a provider can have: an IPv4 /24 or an IPv6 /48.
func network(addr netip.Addr) netip.Prefix { return prefix(addr, 24, 48) }

func prefix(addr netip.Addr, bits4, bits6 int) netip.Prefix {
	if addr.Is4() {
		bits6 = bits4
	}
	p, _ := addr.Prefix(bits6)
	return p
}

// The limits for wrong passwords per minute.
const (
	mostGuesses   = 5   // by one visitor
	mostOfNetwork = 20  // by one network
	mostInAll     = 300 // in total; does not lock out visitors who have signed in before
)

// limiter counts wrong passwords.
type limiter struct {
	mu     sync.Mutex
	began  time.Time // start of the current minute
	counts map[netip.Prefix]int
	all    int
	known  map[netip.Prefix]bool // visitors who have entered the right password
}

func (l *limiter) allowed(addr netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.began) > time.Minute {
		l.began, l.counts, l.all = time.Now(), map[netip.Prefix]int{}, 0
	}
	others := l.counts[network(addr)] < mostOfNetwork && l.all < mostInAll
	return l.counts[visitor(addr)] < mostGuesses && (others || l.known[visitor(addr)])
}

// guessed records an attempt from addr, and whether its password was right.
func (l *limiter) guessed(addr netip.Addr, right bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if right {
		if l.known == nil {
			l.known = map[netip.Prefix]bool{}
		}
		l.known[visitor(addr)] = true
		return
	}
	l.counts[visitor(addr)]++
	l.counts[network(addr)]++
	l.all++
}

const (
	mostStreams  = 500 // order pages that may listen at the same time
	mostOfCaller = 100
	mostOfOrder  = 10
)

// streams is a count of the order pages that listen for changes, by caller and by order.
type streams struct {
	mu  sync.Mutex
	all int
	of  map[string]int
}

// begin counts one more page, or returns false if there are too many.
func (s *streams) begin(caller, order string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= mostStreams || s.of["caller "+caller] >= mostOfCaller || s.of["order "+order] >= mostOfOrder {
		return false
	}
	s.add(caller, order, 1)
	return true
}

func (s *streams) end(caller, order string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(caller, order, -1)
}

func (s *streams) add(caller, order string, n int) {
	if s.of == nil {
		s.of = map[string]int{}
	}
	s.all += n
	for _, key := range []string{"caller " + caller, "order " + order} {
		if s.of[key] += n; s.of[key] == 0 {
			delete(s.of, key)
		}
	}
}
