package main

import (
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	mostGuesses = 5 // wrong passwords from one address in a minute
	mostCallers = 10_000
)

// limiter counts wrong passwords by the address that they come from. Behind a proxy all come from one.
type limiter struct {
	mu     sync.Mutex
	began  time.Time // of this minute
	counts map[string]int
}

func (l *limiter) allowed(r *http.Request) bool { return l.count(r, 0) < mostGuesses }

func (l *limiter) wrong(r *http.Request) { l.count(r, 1) }

// count adds n and returns the sum of this minute. More callers than it can count are one.
func (l *limiter) count(r *http.Request, n int) int {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
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
