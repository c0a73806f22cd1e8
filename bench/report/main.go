// Command report writes docs/performance.md from what bench/run measured: report RESULTS PAGE.
package main

import (
	_ "embed"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strings"
	"text/template"
)

//go:embed page.md.tmpl
var page string

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: report RESULTS PAGE")
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		log.Fatal("report: ", err)
	}
}

func run(from, to string) error {
	in, err := os.Open(from) //nolint:gosec // the caller's own file
	if err != nil {
		return err
	}
	defer in.Close()
	r, err := read(in)
	if err != nil {
		return err
	}
	var text strings.Builder
	if err := write(&text, r); err != nil {
		return err
	}
	return os.WriteFile(to, []byte(text.String()), 0o644) //nolint:gosec // a page for everybody
}

// write fills the page, so that every figure in it is one of the run's.
func write(w io.Writer, r results) error {
	t, err := template.New("page").Option("missingkey=error").Funcs(template.FuncMap{
		"claims":   r.claims,
		"config":   func(key string) string { return r.config[key] },
		"absolute": r.absolute,
		"relative": r.relative,
		"verify":   verifyTable,
		"parse":    parseTable,
		"send":     sendTable,
		"receive":  receiveTable,
		"cost":     costTable,
		"package":  packageTable,
		"floors":   r.aboveFloor,
		"versions": r.versions,
		"share":    r.share,
		"cpu":      func(name string) string { return quantity(r.median(name, "server-cpu-ns/op"), "server-cpu-ns/op") },
		"send64":   r.moreThanRaw,
		"cputimes": func(over, under string) string {
			return fmt.Sprintf("%.2f ×", median(r.ratios(send("64", over), send("64", under), "cpu-ns/op")))
		},
		"conns": func(lib string) string { return quantity(r.median(send("64", lib), "conns"), "conns") },
	}).Parse(page)
	if err != nil {
		return err
	}
	return t.Execute(w, r)
}

// share is how much of one benchmark's time another's is; noise alone can put a part above the whole.
func (r results) share(part, whole string) string {
	return fmt.Sprintf("%.0f %%", 100*min(1, median(r.ratios(part, whole, "ns/op"))))
}

// moreThanRaw is what CreateSession takes beyond net/http on the same transport, 64 at once.
func (r results) moreThanRaw(unit string) string {
	return quantity(r.median(send("64", sdk+"-pool128"), unit)-r.median(send("64", "net-http-pool128"), unit), unit)
}

// versions are the lines "version-NAME: PATH VERSION".
func (r results) versions() []string {
	var versions []string
	for key, value := range r.config {
		if strings.HasPrefix(key, "version-") {
			versions = append(versions, value)
		}
	}
	slices.Sort(versions)
	return versions
}
