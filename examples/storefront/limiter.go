package main

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// caller is the address that a request comes from. Behind proxies of TRUSTED_PROXIES it is the last address in
// X-Forwarded-For that is not one of them: whatever stands before that, the visitor can have written.
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

// visitor is what one visitor has: an address, or a /64 of IPv6.
func visitor(addr netip.Addr) netip.Prefix { return prefix(addr, 32, 64) }

// network is what one customer of a provider can have: many addresses of IPv4, or a /48 of IPv6.
func network(addr netip.Addr) netip.Prefix { return prefix(addr, 24, 48) }

func prefix(addr netip.Addr, bits4, bits6 int) netip.Prefix {
	if addr.Is4() {
		bits6 = bits4
	}
	p, _ := addr.Prefix(bits6)
	return p
}

// How many wrong passwords are taken in a minute.
const (
	mostGuesses   = 5   // of one visitor
	mostOfNetwork = 20  // of one network
	mostInAll     = 300 // of everybody, except who has given the right one before
)

// limiter counts wrong passwords.
type limiter struct {
	mu     sync.Mutex
	began  time.Time // of this minute
	counts map[netip.Prefix]int
	all    int
	known  map[netip.Prefix]bool // visitors who have given the right one
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

// guessed counts a password.
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
	mostStreams  = 500 // at the same time
	mostOfCaller = 100
	mostOfOrder  = 10
)

// streams counts the pages that listen, by caller and by order.
type streams struct {
	mu  sync.Mutex
	all int
	of  map[string]int
}

// begin counts one more, and reports false if that is too many.
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
