package bench_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// BenchmarkGrowth is Parse, and beside it the MAC alone, while the body grows: of=size with entries of metadata that
// are 80 characters long, as everywhere, and of=members with entries of 8. Each body's own size and number of entries
// is reported with it.
func BenchmarkGrowth(b *testing.B) {
	for _, size := range []int{350, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20} {
		grow(b, "of=size/n="+strconv.Itoa(size), fill(b, gatewayEvent, size))
	}
	for _, members := range []int{10, 100, 1000, 10_000} {
		grow(b, "of=members/n="+strconv.Itoa(members), shortEntries(members))
	}
}

func shortEntries(n int) []byte {
	var meta strings.Builder
	for i := range n {
		fmt.Fprintf(&meta, `,"k%d":"xxxxxxxx"`, i)
	}
	return []byte(strings.Replace(gatewayEvent, "%s", meta.String()[1:], 1))
}

func grow(b *testing.B, name string, body []byte) {
	b.Helper()
	_, metadata, _ := bytes.Cut(body, []byte(`"meta":`))
	entries := float64(bytes.Count(metadata, []byte(`":"`)))
	report := func(b *testing.B) {
		b.Helper()
		b.ReportMetric(float64(len(body)), "body-B")
		b.ReportMetric(entries, "entries")
	}
	b.Run(name+"/by=hmac-reset", func(b *testing.B) {
		mac := hmac.New(sha256.New, []byte(secret))
		for b.Loop() {
			mac.Reset()
			mac.Write(body)
			mac.Sum(sink[:0])
		}
		report(b)
	})
	b.Run(name+"/by=ecomtrade24", func(b *testing.B) {
		d := deliverBody(b, body)
		for b.Loop() {
			if _, err := d.decode(d.body); err != nil {
				b.Fatal(err)
			}
		}
		report(b)
	})
}
