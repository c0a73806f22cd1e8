// Command report writes docs/performance.md, and the plot beside it, from what bench/run measured: report RESULTS PAGE.
package main

import (
	_ "embed"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
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
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	r, err := read(in)
	if err != nil {
		return err
	}
	var text strings.Builder
	plot := strings.TrimSuffix(to, filepath.Ext(to)) + "-growth.svg"
	if err := write(&text, r, filepath.Base(plot)); err != nil {
		return err
	}
	if err := os.WriteFile(plot, []byte(r.plot()), 0o644); err != nil {
		return err
	}
	return os.WriteFile(to, []byte(wrap(text.String())), 0o644)
}

// write fills the page, so that every figure in it is one of the run's. plot is the name of the picture.
func write(w io.Writer, r results, plot string) error {
	t, err := template.New("page").Option("missingkey=error").Funcs(template.FuncMap{
		"claims":   r.claims,
		"missed":   r.missed,
		"plot":     func() string { return plot },
		"growth":   r.growthTable,
		"slope":    r.slope,
		"power":    r.power,
		"entry":    r.entrySlope,
		"ways":     r.ways,
		"times":    r.times,
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
		"figure":   func(name, unit string) string { return quantity(r.median(name, unit), unit) },
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

// times is how many times one benchmark's figure another's is.
func (r results) times(over, under, unit string) string {
	return fmt.Sprintf("%.2f ×", median(r.ratios(over, under, unit)))
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
