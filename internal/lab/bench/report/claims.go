package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// claim is one figure that was wanted, or is shown beside one, with what was measured.
type claim struct {
	What, Wanted, Got string
	Met               bool
}

// Verdict is what the page says of the claim, nothing where no figure was wanted.
func (c claim) Verdict() string {
	switch {
	case c.Wanted == "":
		return ""
	case c.Met:
		return "yes"
	default:
		return "**no**"
	}
}

// limit is what a figure must keep to.
type limit struct {
	sign  string // "≤", "≥", or "" for a figure that is only shown
	value float64
	unit  string
}

const times = " ×"

var shown = limit{unit: times} //nolint:gochecknoglobals // constant

func most(value float64, unit string) limit { return limit{"≤", value, unit} }
func least(value float64) limit             { return limit{"≥", value, times} }

func (l limit) met(x float64) bool {
	if l.sign == "≤" {
		return x <= l.value
	}
	return x >= l.value
}

func (l limit) show(x float64) string {
	digits := 2
	if l.unit == "" || math.Abs(x) >= 100 {
		digits = 0
	}
	return fmt.Sprintf("%.*f%s", digits, x, l.unit)
}

// judge compares the median with the limit and shows beside it where the middle half of the rounds lies.
func judge(what string, values []float64, l limit) claim {
	c := claim{What: what, Got: "not measured"}
	if l.sign != "" {
		c.Wanted = l.sign + " " + l.show(l.value)
	}
	if len(values) > 0 {
		middle := median(values)
		c.Met = l.met(middle)
		first, third := quarters(values)
		c.Got = fmt.Sprintf("%s (%s to %s)", l.show(middle), l.show(first), l.show(third))
	}
	return c
}

func parse(size, lib string) string  { return "Parse/size=" + size + "/lib=" + lib }
func verify(size, lib string) string { return "Verify/size=" + size + "/lib=" + lib }
func send(c, lib string) string      { return "Send/c=" + c + "/lib=" + lib }

const (
	sdk    = "ecomtrade24"
	own128 = sdk + "-pool128"
	raw128 = "net-http-pool128"
	timed  = "net-http-pool128-timeout"
)

var sizes = []string{"350", "4096", "65536"} //nolint:gochecknoglobals // constant

// claims are the figures that were wanted before anything was measured.
func (r results) claims() []claim {
	return slices.Concat(r.verifyClaims(), r.parseClaims(), r.receiveClaims(), r.sendClaims(), r.packageClaims())
}

// missed tells whether a figure was wanted whose name begins with what, and was not met.
func (r results) missed(what string) bool {
	return slices.ContainsFunc(r.claims(), func(c claim) bool {
		return strings.HasPrefix(c.What, what) && c.Wanted != "" && !c.Met
	})
}

func (r results) verifyClaims() []claim {
	limits := []float64{1.25, 1.06, 1.03}
	var claims []claim
	for i, size := range sizes {
		claims = append(claims, judge("Verify ÷ raw HMAC with Reset, "+bytesOf(size),
			r.ratios(verify(size, sdk), verify(size, "hmac-reset"), "ns/op"), most(limits[i], times)))
	}
	return append(claims, judge("Verify, allocations, 350 B", r.values[verify("350", sdk)]["allocs/op"], most(0, "")))
}

func (r results) parseClaims() []claim {
	limits := []float64{4, 3, 3}
	var claims []claim
	for i, size := range sizes {
		sdks, hash, fastest := parse(size, sdk), verify(size, "hmac-reset"), r.fastestPeer(size)
		at := ", " + bytesOf(size)
		claims = append(claims,
			judge("Parse ÷ raw HMAC with Reset"+at, r.ratios(sdks, hash, "ns/op"), most(limits[i], times)),
			judge("hmac+copies ÷ raw HMAC with Reset"+at, r.ratios(parse(size, "hmac+copies"), hash, "ns/op"), shown),
			judge("Parse ÷ hmac.New + json.Unmarshal"+at,
				r.ratios(sdks, parse(size, "hmac-new+json"), "ns/op"), most(0.35, times)),
			judge("fastest peer ("+fastest+") ÷ Parse"+at, r.ratios(parse(size, fastest), sdks, "ns/op"), least(3)),
			judge("stripe-go ÷ Parse"+at, r.ratios(parse(size, "stripe-go"), sdks, "ns/op"), least(8)))
	}
	return append(claims, judge("Parse, allocations, 350 B without metadata",
		r.values[own("Parse", "350", false)]["allocs/op"], most(4, "")))
}

// fastestPeer is the library, other than this one, whose verify and decode takes the least time.
func (r results) fastestPeer(size string) string {
	return slices.MinFunc(peers[1:], func(a, b string) int {
		return cmp.Compare(r.median(parse(size, a), "ns/op"), r.median(parse(size, b), "ns/op"))
	})
}

// receiveClaims compare the Handler with a handler that reads its body, and show it beside one that does not.
func (r results) receiveClaims() []claim {
	const what = "Handler's throughput ÷ that of a handler that "
	var claims []claim
	for _, via := range []struct{ name, how string }{
		{"net-http", ", 64 connections, 350 B, sent by net/http"},
		{"socket", ", 64 connections, 350 B, sent over bare sockets"},
	} {
		name := "Receive/size=350/via=" + via.name + "/lib="
		claims = append(claims,
			judge(what+"reads its body"+via.how, r.ratios(name+"reads", name+sdk, "ns/op"), least(0.85)),
			judge(what+"does nothing"+via.how, r.ratios(name+"empty", name+sdk, "ns/op"), shown),
			judge("Handler's server CPU ÷ that of a handler that reads its body"+via.how,
				r.ratios(name+sdk, name+"reads", "server-cpu-ns/op"), shown))
	}
	return claims
}

func (r results) sendClaims() []claim {
	var claims []claim
	for _, c := range []string{"1", "16", "64"} {
		claims = append(claims, judge("CreateSession's CPU ÷ net/http's, same transport and timeout, "+c+" at once",
			r.ratios(send(c, own128), send(c, timed), "cpu-ns/op"), most(1.03, times)))
	}
	var more []float64
	if allocs := r.values[send("1", timed)]["allocs/op"]; len(allocs) > 0 {
		more = []float64{r.median(send("1", own128), "allocs/op") - median(allocs)}
	}
	conns := r.values[send("64", sdk)]["conns"]
	if len(conns) > 0 {
		conns = []float64{slices.Max(conns)}
	}
	return append(claims,
		judge("CreateSession, allocations more than net/http's with a timeout", more, most(0, "")),
		judge("connections for 10,000 calls, 64 at once, in the worst run", conns, most(96, "")),
		judge("CreateSession's throughput ÷ net/http's on http.DefaultTransport, 64 at once",
			r.ratios(send("64", "net-http"), send("64", sdk), "ns/op"), least(1.6)))
}

// packageClaims are those of the webhook package's own benchmarks.
func (r results) packageClaims() []claim {
	const size = "350"
	ratio := func(what string, slower bool) []float64 {
		return r.ratios(own(what, size, slower), own(what, size, !slower), "ns/op")
	}
	return []claim{
		judge("webhook package: Verify ÷ raw HMAC with Reset, 350 B", ratio("Verify", false), most(1.25, times)),
		judge("webhook package: Parse ÷ hmac.New + json.Unmarshal, 350 B", ratio("Parse", false), most(0.35, times)),
		judge("webhook package: Handler's throughput ÷ that of a handler that reads its body, 350 B",
			ratio("Handler", true), least(0.85)),
	}
}
