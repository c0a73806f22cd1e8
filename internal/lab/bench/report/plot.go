package main

import (
	"fmt"
	"math"
	"strings"
)

// The plot's area inside its margins, in pixels, and what its axes show: powers of ten of bytes and of nanoseconds.
const (
	left, right, top, bottom = 70.0, 620.0, 40.0, 340.0
	firstByte, lastByte      = 2.0, 6.2
	firstNano, lastNano      = 2.0, 7.0
)

// line is one curve of the plot.
type line struct {
	name, color, dash string
	points            []point
	value             func(point) float64
	before            bool // the name stands before the last point, not behind it
}

// plot draws time against size as SVG. Both axes are logarithmic, so that what is linear rises
// by one square in each. It has a background of its own, so that it reads the same on a light and on a dark page.
func (r results) plot() string {
	var b strings.Builder
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 400" role="img" ` +
		`font-family="sans-serif" font-size="13" fill="#1f2328">` +
		"\n<title>Time of Parse and of the raw HMAC against the size of the body</title>\n" +
		`<rect width="800" height="400" fill="#ffffff"/>` + "\n")
	axes(&b)
	size, members := r.growth("size"), r.growth("members")
	parse := func(p point) float64 { return p.parse }
	hash := func(p point) float64 { return p.hash }
	for _, l := range []line{
		{"Parse, 8 characters an entry", "#bc4c00", "", members, parse, true},
		{"Parse, 80 characters", "#0969da", "", size, parse, false},
		{"raw HMAC", "#57606a", "6 4", size, hash, false},
	} {
		l.draw(&b)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// axes draws a grid with a line at each power of ten.
func axes(b *strings.Builder) {
	const grid = `<path d="M%.1f %.1fL%.1f %.1f" stroke="#d0d7de"/>` + "\n"
	for i, text := range []string{"100 B", "1 kB", "10 kB", "100 kB", "1 MB"} {
		x := across(math.Pow(10, firstByte+float64(i)))
		fmt.Fprintf(b, grid, x, top, x, bottom)
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n", x, bottom+20, text)
	}
	for i, text := range []string{"100 ns", "1 µs", "10 µs", "100 µs", "1 ms", "10 ms"} {
		y := up(math.Pow(10, firstNano+float64(i)))
		fmt.Fprintf(b, grid, left, y, right, y)
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="end">%s</text>`+"\n", left-8, y+4, text)
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle">size of the body</text>`+"\n",
		(left+right)/2, bottom+44)
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f">time</text>`+"\n", left, top-14)
}

// draw adds the curve, a dot for each body, and the name beside the last one.
func (l line) draw(b *strings.Builder) {
	if len(l.points) == 0 {
		return
	}
	var path strings.Builder
	var x, y float64
	for i, p := range l.points {
		x, y = across(p.bytes), up(l.value(p))
		command := "L"
		if i == 0 {
			command = "M"
		}
		fmt.Fprintf(&path, "%s%.1f %.1f", command, x, y)
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", x, y, l.color)
	}
	fmt.Fprintf(b, `<path d="%s" fill="none" stroke="%s" stroke-width="2" stroke-dasharray="%s"/>`+"\n",
		path.String(), l.color, l.dash)
	if l.before {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" fill="%s" text-anchor="end">%s</text>`+"\n", x-10, y-4, l.color, l.name)
		return
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" fill="%s">%s</text>`+"\n", x+10, y+4, l.color, l.name)
}

func across(bytes float64) float64 {
	return left + (math.Log10(bytes)-firstByte)/(lastByte-firstByte)*(right-left)
}

func up(nanos float64) float64 {
	return bottom - (math.Log10(nanos)-firstNano)/(lastNano-firstNano)*(bottom-top)
}
