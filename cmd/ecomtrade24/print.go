package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
)

// terminal is an output stream for people. It escapes all control characters except those of the program's own colors.
type terminal struct {
	app *app
	w   io.Writer
}

var ownColors = regexp.MustCompile("\x1b\\[(" + red + "|" + green + "|" + yellow + "|0)m")

func (t terminal) Write(p []byte) (int, error) {
	if t.app.json { // JSON escapes control characters itself
		return t.w.Write(p)
	}
	var own [][]int
	if t.app.colors(t) {
		own = ownColors.FindAllIndex(p, -1)
	}
	var b strings.Builder
	shown := 0
	for _, at := range own {
		b.WriteString(guard.Text(string(p[shown:at[0]])))
		b.Write(p[at[0]:at[1]])
		shown = at[1]
	}
	b.WriteString(guard.Text(string(p[shown:])))
	if _, err := io.WriteString(t.w, b.String()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// overwrite replaces the current line.
func (t terminal) overwrite(line string) { fmt.Fprint(t.w, "\r\x1b[K"+guard.Line(line, 200)) }

// print writes one record, as a line of JSON or as text. It may be called concurrently.
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

// complain prints the error that ends the program.
func (a *app) complain(err error, code int) {
	if a.json {
		a.printJSON(a.err, map[string]any{"error": inFlags(err.Error()), "exit": code})
		return
	}
	fmt.Fprintln(a.err, a.color(a.err, red, "error:"), inFlags(err.Error()))
}

// The terminal's color codes.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
)

// color colors text on a terminal, unless NO_COLOR is set.
func (a *app) color(w io.Writer, color, text string) string {
	if !a.colors(w) {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

func (a *app) colors(w io.Writer) bool {
	return !a.json && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb" && isTerminal(w)
}

// isTerminal reports whether stream is a character device.
func isTerminal(stream any) bool {
	if t, ok := stream.(terminal); ok {
		stream = t.w
	}
	file, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// wrap breaks text into indented lines of at most width characters.
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
