package bench_test

import (
	"bytes"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPeers checks before the benchmarks that each library accepts its delivery, finds the order in it, and rejects the
// same body with one bit changed.
func TestPeers(t *testing.T) {
	t.Parallel()
	for _, p := range peers {
		for _, size := range sizes {
			t.Run(p.name+"/"+strconv.Itoa(size), func(t *testing.T) {
				t.Parallel()
				body := fill(t, p.template, size)
				d := p.deliver(t, body)
				require.NoError(t, d.verify(body))
				id, err := d.decode(body)
				require.NoError(t, err)
				assert.Equal(t, orderID, id)

				forged := bytes.Clone(body)
				forged[bytes.LastIndexByte(forged, 'x')] ^= 1
				require.Error(t, d.verify(forged), "expected a rejection of a forged body")
				_, err = d.decode(forged)
				require.Error(t, err, "expected no decoding of a forged body")
			})
		}
	}
}

// TestFloors checks that each floor verifies or decodes its delivery, or does both.
func TestFloors(t *testing.T) {
	t.Parallel()
	for _, p := range floors {
		body := fill(t, p.template, sizes[0])
		d := p.deliver(t, body)
		if d.verify != nil {
			require.NoError(t, d.verify(body))
		}
		if d.decode != nil {
			id, err := d.decode(body)
			require.NoError(t, err)
			assert.Equal(t, orderID, id)
		}
	}
	body := fill(t, gatewayEvent, sizes[0])
	_, err := deliverByHand(t, body).decode(bytes.Replace(body, []byte("49.95"), []byte("00.01"), 1))
	require.Error(t, err)
}

// BenchmarkVerify checks a signature without decoding.
func BenchmarkVerify(b *testing.B) {
	each(b, func(b *testing.B, d delivery, body []byte) {
		b.Helper()
		if d.verify == nil {
			b.Skip("decodes only")
		}
		b.ReportAllocs()
		for b.Loop() {
			if err := d.verify(body); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkParse checks a signature and then decodes into each library's event.
func BenchmarkParse(b *testing.B) {
	each(b, func(b *testing.B, d delivery, body []byte) {
		b.Helper()
		if d.decode == nil {
			b.Skip("verifies only")
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := d.decode(body); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// The helper each invokes run for all libraries, one size after the other, so that compared figures are measured within
// seconds.
func each(b *testing.B, run func(b *testing.B, d delivery, body []byte)) {
	b.Helper()
	for _, size := range sizes {
		for _, p := range slices.Concat(floors, peers) {
			body := fill(b, p.template, size)
			b.Run("size="+strconv.Itoa(size)+"/lib="+p.name, func(b *testing.B) { run(b, p.deliver(b, body), body) })
		}
	}
}
