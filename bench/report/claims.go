package main

import (
	"fmt"
	"math"
	"slices"
)

// claim is one figure that was wanted, with what was measured.
type claim struct {
	What, Wanted, Got string
	Met               bool
}

// limit is what a figure must keep to.
type limit struct {
	sign  string // "≤" or "≥"
	value float64
	unit  string
}

const times = " ×"

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
	c := claim{What: what, Wanted: l.sign + " " + l.show(l.value), Got: "not measured"}
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

const sdk = "ecomtrade24"

// claims are the figures that were wanted before anything was measured.
func (r results) claims() []claim {
	return slices.Concat(r.webhookClaims(), r.receiveClaims(), r.sendClaims(), r.packageClaims())
}

func (r results) webhookClaims() []claim {
	var claims []claim
	for _, row := range []struct {
		size string
		most float64
	}{{"350", 1.25}, {"4096", 1.06}, {"65536", 1.03}} {
		claims = append(claims, judge("Verify ÷ raw HMAC with Reset, "+bytesOf(row.size),
			r.ratios(verify(row.size, sdk), verify(row.size, "hmac-reset"), "ns/op"), most(row.most, times)))
	}
	claims = append(claims, judge("Verify, allocations, 350 B", r.values[verify("350", sdk)]["allocs/op"], most(0, "")))
	for _, size := range []string{"350", "4096", "65536"} {
		fastest := r.fastestPeer(size)
		claims = append(claims,
			judge("fastest peer ("+fastest+") ÷ Parse, "+bytesOf(size), r.ratios(parse(size, fastest), parse(size, sdk), "ns/op"), least(3)),
			judge("stripe-go ÷ Parse, "+bytesOf(size), r.ratios(parse(size, "stripe-go"), parse(size, sdk), "ns/op"), least(8)))
	}
	return claims
}

// fastestPeer is the library, other than this one, whose verify and decode takes the least time.
func (r results) fastestPeer(size string) string {
	return slices.MinFunc(peers[1:], func(a, b string) int {
		return int(r.median(parse(size, a), "ns/op") - r.median(parse(size, b), "ns/op"))
	})
}

func (r results) receiveClaims() []claim {
	var claims []claim
	for _, via := range []struct{ name, how string }{{"net-http", "by net/http"}, {"socket", "over bare sockets"}} {
		name := "Receive/size=350/via=" + via.name + "/lib="
		claims = append(claims, judge("Handler's throughput ÷ an empty handler's, 64 connections, 350 B, sent "+via.how,
			r.ratios(name+"empty", name+sdk, "ns/op"), least(0.85)))
	}
	return claims
}

func (r results) sendClaims() []claim {
	var claims []claim
	own, raw := sdk+"-pool128", "net-http-pool128"
	for _, c := range []string{"1", "16", "64"} {
		claims = append(claims, judge("CreateSession's CPU ÷ net/http's, same transport, "+c+" at once",
			r.ratios(send(c, own), send(c, raw), "cpu-ns/op"), most(1.10, times)))
	}
	extra := r.median(send("1", own), "allocs/op") - r.median(send("1", raw), "allocs/op")
	conns := r.values[send("64", sdk)]["conns"]
	if len(conns) > 0 {
		conns = []float64{slices.Max(conns)}
	}
	return append(claims,
		judge("CreateSession, allocations more than net/http's", []float64{extra}, most(10, "")),
		judge("connections for 10,000 calls, 64 at once, in the worst run", conns, most(96, "")),
		judge("CreateSession's throughput ÷ net/http's on http.DefaultTransport, 64 at once",
			r.ratios(send("64", "net-http"), send("64", sdk), "ns/op"), least(1.6)))
}

// packageClaims are those of the webhook package's own benchmarks.
func (r results) packageClaims() []claim {
	const size = "350"
	return []claim{
		judge("webhook package: Verify ÷ raw HMAC with Reset, 350 B", r.ratios(own("Verify", size, false), own("Verify", size, true), "ns/op"), most(1.25, times)),
		judge("webhook package: Parse ÷ hmac.New + json.Unmarshal, 350 B", r.ratios(own("Parse", size, false), own("Parse", size, true), "ns/op"), most(0.4, times)),
		judge("webhook package: Handler's throughput ÷ an empty handler's, 350 B", r.ratios(own("Handler", size, true), own("Handler", size, false), "ns/op"), least(0.85)),
	}
}
