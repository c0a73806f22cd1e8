package main

import (
	"fmt"
	"strings"
)

// ways has what was tried in the reader, each beside what it does, which stands first.
func (r results) ways() string {
	var b strings.Builder
	b.WriteString("| | time | ÷ the first |\n|---|---:|---:|")
	row := func(what, name, first string) {
		if len(r.values[name]["ns/op"]) > 0 {
			fmt.Fprintf(&b, "\n| %s | %s | %s |",
				what, quantity(r.median(name, "ns/op"), "ns/op"), r.times(name, first, "ns/op"))
		}
	}
	for _, n := range []string{"12", "80", "400"} {
		skip := "Skip/n=" + n + "/by="
		row(n+" characters: eight bytes at a time", skip+"words", skip+"words")
		row(n+" characters: IndexByte to the quote, then eight bytes at a time", skip+"indexbyte", skip+"words")
		row(n+" characters: byte by byte", skip+"bytes", skip+"words")
	}
	const metadata = "Metadata/by="
	row("metadata: into the map in the walk that checks it", metadata+"one-walk", metadata+"one-walk")
	row("metadata: into the map in a second walk", metadata+"two-walks", metadata+"one-walk")
	row("metadata: json.Valid, then the walk", metadata+"check-first", metadata+"one-walk")
	return b.String()
}
