package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// compareTexts prints how the code differs from the committed text and tells whether it does.
func compareTexts(w io.Writer, committed map[string][]string, now []pkg) bool {
	left := maps.Clone(committed)
	var breaking, added []string
	for _, p := range now {
		name := p.types.Name()
		b, a := changes(left[name], lines(p.types))
		breaking, added = append(breaking, prefixed(name, b)...), append(added, prefixed(name, a)...)
		delete(left, name)
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		breaking = append(breaking, name+": - the whole package")
	}
	show(w, "Breaks callers, as far as the text can tell:", breaking)
	show(w, "Breaks no caller, as far as the text can tell:", added)
	return len(breaking)+len(added) > 0
}

func show(w io.Writer, title string, changes []string) {
	if len(changes) > 0 {
		fmt.Fprintf(w, "%s\n  %s\n", title, strings.Join(changes, "\n  "))
	}
}

// changes sorts the differing lines: a line that is gone breaks callers, and so does a method that an interface gains,
// since their own types no longer have them all. Any other new line breaks nobody; where it replaces a line, the old
// one is among those that are gone.
func changes(old, now []string) (breaking, added []string) {
	for _, line := range old {
		if !slices.Contains(now, line) {
			breaking = append(breaking, "- "+line)
		}
	}
	for _, line := range now {
		switch {
		case slices.Contains(old, line):
		case widens(old, line):
			breaking = append(breaking, "+ "+line)
		default:
			added = append(added, "+ "+line)
		}
	}
	return breaking, added
}

// widens tells whether line adds a method to an interface of old.
func widens(old []string, line string) bool {
	head, _, method := strings.Cut(line, " interface, ")
	return method && slices.Contains(old, head+" interface")
}

func prefixed(name string, lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = name + ": " + line
	}
	return out
}
