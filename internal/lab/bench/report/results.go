package main

import (
	"bufio"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// results are what all runs measured: by benchmark, then by unit, in the order of the runs. A benchmark is named
// without "Benchmark" and without the number of processors; one of the webhook package begins with "webhook:".
type results struct {
	values map[string]map[string][]float64
	config map[string]string // the lines "key: value": the machine and the versions
}

var (
	configLine = regexp.MustCompile(`^([a-z][a-z0-9-]*): +(.*)$`)
	processors = regexp.MustCompile(`-\d+$`)
)

// read reads the output of go test -bench, of any number of runs.
func read(r io.Reader) (results, error) {
	res := results{values: map[string]map[string][]float64{}, config: map[string]string{}}
	prefix := ""
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if m := configLine.FindStringSubmatch(lines.Text()); m != nil {
			res.config[m[1]] = m[2]
			if m[1] == "pkg" {
				prefix = ""
				if strings.HasSuffix(m[2], "/webhook") {
					prefix = "webhook:"
				}
			}
			continue
		}
		if err := res.add(prefix, strings.Fields(lines.Text())); err != nil {
			return results{}, err
		}
	}
	return res, lines.Err()
}

// add takes a line "BenchmarkName-2  100  12.5 ns/op  3 allocs/op"; others are passed over.
func (r results) add(prefix string, fields []string) error {
	if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
		return nil
	}
	name := prefix + processors.ReplaceAllString(strings.TrimPrefix(fields[0], "Benchmark"), "")
	if r.values[name] == nil {
		r.values[name] = map[string][]float64{}
	}
	for i := 2; i+1 < len(fields); i += 2 {
		value, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return err
		}
		r.values[name][fields[i+1]] = append(r.values[name][fields[i+1]], value)
	}
	return nil
}

// median is the middle of all runs; 0 if there is none.
func (r results) median(name, unit string) float64 { return median(r.values[name][unit]) }

// spread is half of what lies between the first and the third quarter of the rounds, as a part of the median.
func (r results) spread(name, unit string) float64 {
	values := r.values[name][unit]
	if median(values) == 0 {
		return 0
	}
	first, third := quarters(values)
	return (third - first) / 2 / median(values)
}

// quarters are the values between which the middle half of all lies.
func quarters(values []float64) (first, third float64) {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return 0, 0
	}
	last := len(sorted) - 1
	return sorted[last/4], sorted[last-last/4]
}

// ratios divides round by round, so that what slowed one round down slowed down both of its sides.
func (r results) ratios(over, under, unit string) []float64 {
	a, b := r.values[over][unit], r.values[under][unit]
	ratios := make([]float64, 0, len(a))
	for i := range min(len(a), len(b)) {
		if b[i] != 0 {
			ratios = append(ratios, a[i]/b[i])
		}
	}
	return ratios
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
