// Command page writes docs/performance.md from the results of bench/run. Usage: page RESULTS PAGE.
package main

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"log"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
)

//go:embed page.md.tmpl
var page string

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: page RESULTS PAGE")
	}
	in, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	defer in.Close()
	r, err := read(in)
	if err != nil {
		log.Fatal(err) //nolint:gocritic // Close is not needed: the file was only read
	}
	var text strings.Builder
	if err := r.write(&text); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(os.Args[2], []byte(text.String()), 0o644); err != nil {
		log.Fatal(err)
	}
}

// results holds the measurements of all runs, by benchmark and unit, in the sequence of the rounds. Names omit
// "Benchmark" and the number of processors. config has the "key: value" lines: the machine and the versions.
type results struct {
	values map[string]map[string][]float64
	config map[string]string
}

var (
	configLine = regexp.MustCompile(`^([a-z][a-z0-9-]*): +(.*)$`)
	processors = regexp.MustCompile(`-\d+$`)
)

// read parses the output of any number of go test -bench runs.
func read(r io.Reader) (results, error) {
	res := results{values: map[string]map[string][]float64{}, config: map[string]string{}}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if m := configLine.FindStringSubmatch(lines.Text()); m != nil {
			res.config[m[1]] = m[2]
			continue
		}
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := processors.ReplaceAllString(strings.TrimPrefix(fields[0], "Benchmark"), "")
		if res.values[name] == nil {
			res.values[name] = map[string][]float64{}
		}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return results{}, err
			}
			res.values[name][fields[i+1]] = append(res.values[name][fields[i+1]], value)
		}
	}
	return res, lines.Err()
}

// write fills the page template with measured figures. A figure that was not measured is an error.
func (r results) write(w io.Writer) error {
	t, err := template.New("page").Option("missingkey=error").Funcs(template.FuncMap{
		"config": func(key string) string { return r.config[key] }, "versions": r.versions,
		"list": func(items ...string) []string { return items },
		"row":  r.row, "figure": r.figure, "times": r.times, "fastest": r.fastest, "goal": r.goal, "missed": r.missed,
	}).Parse(page)
	if err != nil {
		return err
	}
	return t.Execute(w, nil)
}

// versions returns the values of the lines "version-NAME".
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

// row returns a table row with a cell for each column "BENCHMARK UNIT": the SDK's figure, or another library's figure
// as a multiple of the SDK's.
func (r results) row(lib string, columns []string) (string, error) {
	cells := []string{"| " + lib}
	for _, column := range columns {
		name, unit, _ := strings.Cut(column, " ")
		cell, err := r.figure(name+"/lib="+lib, unit)
		if lib != "ecomtrade24" && err == nil && r.middle(name+"/lib=ecomtrade24", unit) != 0 {
			cell, err = r.times(name+"/lib="+lib, name+"/lib=ecomtrade24", unit)
		}
		if err != nil {
			return "", err
		}
		cells = append(cells, cell)
	}
	return strings.Join(cells, " | ") + " |", nil
}

func (r results) middle(name, unit string) float64 {
	_, middle, _ := quarters(r.values[name][unit])
	return middle
}

// figure formats the median of all rounds.
func (r results) figure(name, unit string) (string, error) {
	values := r.values[name][unit]
	if len(values) == 0 {
		return "", fmt.Errorf("%s was not measured in %s", name, unit)
	}
	_, middle, _ := quarters(values)
	switch {
	case strings.HasSuffix(unit, "ns/op"), unit == "build-ns":
		return scaled(middle, 1000, "ns", "µs", "ms", "s"), nil
	case unit == "B/op", unit == "binary-B":
		return scaled(middle, 1024, "B", "KiB", "MiB"), nil
	default:
		return fmt.Sprintf("%.0f", middle), nil
	}
}

func scaled(x, step float64, units ...string) string {
	at := 0
	for x >= step && at < len(units)-1 {
		x /= step
		at++
	}
	return fmt.Sprintf("%.3g %s", x, units[at])
}

// times returns the median ratio of two figures over all rounds, such as "1.50 ×".
func (r results) times(over, under, unit string) (string, error) {
	_, middle, _, err := r.ratios(over, under, unit)
	return fmt.Sprintf("%.2f ×", middle), err
}

// fastest returns the library with the lowest time.
func (r results) fastest(benchmark string, libs []string) string {
	return slices.MinFunc(libs, func(a, b string) int {
		return int(r.middle(benchmark+"/lib="+a, "ns/op") - r.middle(benchmark+"/lib="+b, "ns/op"))
	})
}

// goal returns table cells with the limit, the median ratio with its quartiles, and whether the median meets the limit.
// The sign "≥" means that the ratio must be at least the limit, and "≤" that it must be at most the limit.
func (r results) goal(over, under, unit, sign string, limit float64) (string, error) {
	first, middle, third, err := r.ratios(over, under, unit)
	verdict := "yes"
	if r.missed(over, under, unit, sign, limit) {
		verdict = "**no**"
	}
	return fmt.Sprintf("%s %.2f × | %.2f × (%.2f to %.2f) | %s", sign, limit, middle, first, third, verdict), err
}

func (r results) missed(over, under, unit, sign string, limit float64) bool {
	_, middle, _, _ := r.ratios(over, under, unit) // middle is 0 if the ratio was not measured
	return sign == "≤" && middle > limit || sign == "≥" && middle < limit
}

// ratios returns the quartiles of the ratio of two figures. It divides the two figures of each round, so that a slow
// round affects both.
func (r results) ratios(over, under, unit string) (first, middle, third float64, err error) {
	a, b := r.values[over][unit], r.values[under][unit]
	var ratios []float64
	for i := range min(len(a), len(b)) {
		if b[i] != 0 {
			ratios = append(ratios, a[i]/b[i])
		}
	}
	if len(ratios) == 0 {
		return 0, 0, 0, fmt.Errorf("%s and %s were not measured in %s", over, under, unit)
	}
	first, middle, third = quarters(ratios)
	return first, middle, third, nil
}

// quarters returns the first quartile, the median and the third quartile.
func quarters(values []float64) (first, middle, third float64) {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return 0, 0, 0
	}
	last := len(sorted) - 1
	return sorted[last/4], (sorted[last/2] + sorted[last-last/2]) / 2, sorted[last-last/4]
}
