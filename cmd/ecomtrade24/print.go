package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
)

// print writes one record: as a line of JSON, or as the text for people. Deliveries print at the same time.
func (a *app) print(record any, text string) {
	a.printing.Lock()
	defer a.printing.Unlock()
	if !a.json {
		fmt.Fprint(a.out, text)
		return
	}
	a.printJSON(a.out, record)
}

func (a *app) printJSON(w io.Writer, record any) {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(record); err != nil {
		fmt.Fprintln(a.err, "error:", err)
	}
}

// complain writes the error that ends the program.
func (a *app) complain(err error, code int) {
	if a.json {
		a.printJSON(a.err, struct {
			Error string `json:"error"`
			Exit  int    `json:"exit"`
		}{inFlags(err.Error()), code})
		return
	}
	fmt.Fprintln(a.err, a.color(a.err, red, "error:"), inFlags(err.Error()))
}

// The colours, as terminals call them.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
)

// color colours text on a terminal, unless NO_COLOR is set to anything.
func (a *app) color(w io.Writer, color, text string) string {
	if a.json || a.getenv("NO_COLOR") != "" || a.getenv("TERM") == "dumb" || !isTerminal(w) {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// isTerminal tells whether stream is one, or something as harmless to write colours to.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// clean makes foreign text fit to be shown: no control characters, which could move the cursor or worse, and no more
// than limit letters.
func clean(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
	if letters := []rune(s); len(letters) > limit {
		return string(letters[:limit-1]) + "…"
	}
	return s
}

// wrap breaks text into lines of at most width letters, each after indent.
func wrap(text, indent string, width int) string {
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		length := len([]rune(word))
		switch {
		case i == 0:
			b.WriteString(indent)
			column = len(indent)
		case column+1+length > width:
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += length
	}
	return b.String() + "\n"
}
