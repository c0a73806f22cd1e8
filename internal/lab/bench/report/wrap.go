package main

import "strings"

// columns is how long a line of prose may be.
const columns = 120

// wrap fills the lines of paragraphs and of list items anew, since figures are shorter than what stands for them in the
// template. Headings, tables, pictures and what is fenced stay as they are.
func wrap(page string) string {
	var b strings.Builder
	var words []string
	indent, fenced := "", false
	flush := func() {
		fill(&b, words, indent)
		words, indent = nil, ""
	}
	for line := range strings.Lines(page) {
		fence := strings.HasPrefix(line, "```")
		fenced = fenced != fence
		switch {
		case fence || fenced || line == "\n" || strings.ContainsAny(line[:1], "#|!"):
			flush()
			b.WriteString(line)
		case strings.HasPrefix(line, "- "):
			flush()
			indent = "  "
			fallthrough
		default:
			words = append(words, strings.Fields(line)...)
		}
	}
	flush()
	return b.String()
}

// fill writes the words as lines, of which all but the first are indented.
func fill(b *strings.Builder, words []string, indent string) {
	length := 0
	for i, word := range words {
		width := len([]rune(word))
		switch {
		case i == 0:
		case length+1+width > columns:
			b.WriteString("\n" + indent)
			length = len(indent)
		default:
			b.WriteByte(' ')
			length++
		}
		b.WriteString(word)
		length += width
	}
	if len(words) > 0 {
		b.WriteByte('\n')
	}
}
