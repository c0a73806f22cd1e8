package main

import (
	"net/http"
	"net/netip"
	"sync"
	"time"
)

const (
	mostGuesses = 5 // wrong passwords from one address in a minute
	mostCallers = 10_000
)

// caller is where a request comes from: an address, or of IPv6 the /64 that one visitor has to himself. Behind a proxy
// all come from one.
func caller(r *http.Request) string {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr := at.Addr().Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	network, err := addr.Prefix(64)
	if err != nil {
		return r.RemoteAddr
	}
	return network.String()
}

// limiter counts wrong passwords by caller.
type limiter struct {
	mu     sync.Mutex
	began  time.Time // of this minute
	counts map[string]int
}

func (l *limiter) allowed(r *http.Request) bool { return l.count(r, 0) < mostGuesses }

func (l *limiter) wrong(r *http.Request) { l.count(r, 1) }

// count adds n and returns the sum of this minute. More callers than it can count are one.
func (l *limiter) count(r *http.Request, n int) int {
	host := caller(r)
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.began) > time.Minute {
		l.began, l.counts = time.Now(), map[string]int{}
	}
	if _, known := l.counts[host]; !known && len(l.counts) >= mostCallers {
		host = ""
	}
	if n > 0 {
		l.counts[host] += n
	}
	return l.counts[host]
}
