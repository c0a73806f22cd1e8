package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// point is one body, and what it took.
type point struct{ bytes, entries, hash, parse float64 }

// growth has the points of one row of bodies, the smallest first, as far as they were measured.
func (r results) growth(of string) []point {
	numbers := map[string][]string{
		"size":    {"350", "1024", "4096", "16384", "65536", "262144", "1048576"},
		"members": {"10", "100", "1000", "10000"},
	}
	var points []point
	for _, n := range numbers[of] {
		own := growthName(of, n, sdk)
		if len(r.values[own]["ns/op"]) > 0 {
			points = append(points, point{
				bytes: r.median(own, "body-B"), entries: r.median(own, "entries"),
				hash: r.median(growthName(of, n, "hmac-reset"), "ns/op"), parse: r.median(own, "ns/op"),
			})
		}
	}
	return points
}

func growthName(of, n, by string) string { return "Growth/of=" + of + "/n=" + n + "/by=" + by }

// growthTable has a row for each body.
func (r results) growthTable() string {
	var b strings.Builder
	b.WriteString("| body | entries of metadata | raw HMAC | Parse | Parse ÷ HMAC | Parse, a byte |\n")
	b.WriteString("|---:|---:|---:|---:|---:|---:|")
	for _, of := range []string{"size", "members"} {
		for _, p := range r.growth(of) {
			fmt.Fprintf(&b, "\n| %s | %.0f | %s | %s | %.2f × | %.2f ns |",
				bytesOf(strconv.Itoa(int(p.bytes))), p.entries,
				quantity(p.hash, "ns/op"), quantity(p.parse, "ns/op"), p.parse/p.hash, p.parse/p.bytes)
		}
	}
	return b.String()
}

// slope is what one byte more costs, from the smallest of the bodies to the largest.
func (r results) slope(of, by string) string {
	points := r.growth(of)
	if len(points) < 2 {
		return "–"
	}
	first, last := points[0], points[len(points)-1]
	rise := last.parse - first.parse
	if by == "hmac-reset" {
		rise = last.hash - first.hash
	}
	return fmt.Sprintf("%.2f ns", rise/(last.bytes-first.bytes))
}

// power is the p for which time grows as size to the p, from 4 KiB on: 1 is linear.
func (r results) power(by string) string {
	points := slices.DeleteFunc(r.growth("size"), func(p point) bool { return p.bytes < 4<<10 })
	if len(points) < 2 {
		return "–"
	}
	first, last := points[0], points[len(points)-1]
	rise := last.parse / first.parse
	if by == "hmac-reset" {
		rise = last.hash / first.hash
	}
	return fmt.Sprintf("%.2f", math.Log(rise)/math.Log(last.bytes/first.bytes))
}

// entrySlope is what one short entry more costs, from 10 of them to 10,000.
func (r results) entrySlope() string {
	points := r.growth("members")
	if len(points) < 2 {
		return "–"
	}
	first, last := points[0], points[len(points)-1]
	return quantity((last.parse-first.parse)/(last.entries-first.entries), "ns/op")
}
