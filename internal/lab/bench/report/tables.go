package main

import (
	"fmt"
	"strconv"
	"strings"
)

// peers are the libraries whose webhooks are compared, this one first.
//
//nolint:gochecknoglobals // constant
var peers = []string{sdk, "stripe-go", "openai-go", "standard-webhooks", "go-github", "paddle-go-sdk"}

// comparison is a table with a row for each library and a column for each thing measured.
type comparison struct {
	rows    []string
	columns []column
}

type column struct {
	title string
	name  func(lib string) string // of the benchmark
	unit  string
}

func verifyTable() comparison { return webhookTable(verify, "sha256", "hmac-reset") }

func parseTable() comparison {
	return webhookTable(parse, "json-valid", "wire", "json", "hmac-new+json", "hmac+copies")
}

func webhookTable(name func(size, lib string) string, floors ...string) comparison {
	c := comparison{rows: append(floors, peers...)}
	for _, size := range sizes {
		c = c.and(bytesOf(size), func(lib string) string { return name(size, lib) }, "ns/op")
	}
	return c.and("allocations, 350 B", func(lib string) string { return name("350", lib) }, "allocs/op")
}

func sendTable(atOnce string) comparison {
	name := func(lib string) string { return send(atOnce, lib) }
	return comparison{rows: []string{
		sdk, sdk + "-observer", own128, "net-http", raw128, timed, "stripe-go", "stripe-go-pool128", "hcloud-go",
		"hcloud-go-pool128",
	}}.
		and("time a call", name, "ns/op").and("CPU a call", name, "cpu-ns/op").
		and("bytes allocated", name, "B/op").and("allocations", name, "allocs/op").
		and("connections opened", name, "conns")
}

func receiveTable(via string) comparison {
	c := comparison{rows: []string{sdk, "reads", "empty"}}
	for _, size := range sizes {
		name := func(lib string) string { return "Receive/size=" + size + "/via=" + via + "/lib=" + lib }
		c = c.and(bytesOf(size), name, "ns/op").and(bytesOf(size)+", server's CPU", name, "server-cpu-ns/op")
	}
	return c
}

func costTable() comparison {
	name := func(lib string) string { return "Depend/lib=" + lib }
	return comparison{rows: []string{sdk, "net-http", "stripe-go", "hcloud-go"}}.
		and("binary", name, "binary-B").and("build time", name, "build-ns").
		and("modules linked in", name, "modules").and("modules to resolve", name, "graph-modules")
}

// packageTable has the webhook package's own benchmarks, each above its floor.
func packageTable() comparison {
	c := comparison{}
	for _, what := range packageRows {
		c.rows = append(c.rows, what+", floor", what)
	}
	for _, size := range sizes {
		c = c.and(bytesOf(size), func(row string) string {
			what, isFloor := strings.CutSuffix(row, ", floor")
			return own(what, size, isFloor)
		}, "ns/op")
	}
	return c
}

var packageRows = []string{"Verify", "Parse", "Handler"} //nolint:gochecknoglobals // constant

// own names a benchmark of the webhook package.
func own(what, size string, floor bool) string {
	if floor {
		return "webhook:" + what + "/size=" + size + "/by=floor"
	}
	return "webhook:" + what + "/size=" + size + "/by=sdk"
}

// aboveFloor shows how many times its floor each of the webhook package's own benchmarks is.
func (r results) aboveFloor() string {
	c := packageTable()
	c.rows = packageRows
	return c.markdown(func(what string, col column) string {
		return fmt.Sprintf("%.2f ×", median(r.ratios(col.name(what), col.name(what+", floor"), "ns/op")))
	})
}

func (c comparison) and(title string, name func(string) string, unit string) comparison {
	c.columns = append(c.columns, column{title, name, unit})
	return c
}

// absolute shows the medians, and how far a run was from them where they are times.
func (r results) absolute(c comparison) string {
	return c.markdown(func(lib string, col column) string {
		name := col.name(lib)
		if len(r.values[name][col.unit]) == 0 {
			return "–"
		}
		text := quantity(r.median(name, col.unit), col.unit)
		if strings.HasSuffix(col.unit, "ns/op") {
			text += fmt.Sprintf(" ± %.0f %%", 100*r.spread(name, col.unit))
		}
		return text
	})
}

// relative shows how many times the SDK's value each of the others is.
func (r results) relative(c comparison) string {
	return c.markdown(func(lib string, col column) string {
		ratios := r.ratios(col.name(lib), col.name(sdk), col.unit)
		switch {
		case len(ratios) > 0:
			return fmt.Sprintf("%.2f ×", median(ratios))
		case len(r.values[col.name(lib)][col.unit]) > 0: // the SDK's is zero
			return quantity(r.median(col.name(lib), col.unit), col.unit)
		}
		return "–"
	})
}

func (c comparison) markdown(cell func(lib string, col column) string) string {
	var b strings.Builder
	b.WriteString("| |")
	for _, col := range c.columns {
		b.WriteString(" " + col.title + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---:|", len(c.columns)))
	for _, lib := range c.rows {
		b.WriteString("\n| " + lib + " |")
		for _, col := range c.columns {
			b.WriteString(" " + cell(lib, col) + " |")
		}
	}
	return b.String()
}

// quantity writes a value with three digits or so and the unit that fits it.
func quantity(x float64, unit string) string {
	switch {
	case strings.HasSuffix(unit, "ns/op"), unit == "build-ns":
		return scaled(x, 1000, "ns", "µs", "ms", "s")
	case unit == "B/op", unit == "binary-B":
		return scaled(x, 1024, "B", "KiB", "MiB")
	default:
		return fmt.Sprintf("%.0f", x)
	}
}

func scaled(x, step float64, units ...string) string {
	at := 0
	for x >= step && at < len(units)-1 {
		x /= step
		at++
	}
	digits := 2
	switch {
	case x >= 100 || x == 0:
		digits = 0
	case x >= 10:
		digits = 1
	}
	return fmt.Sprintf("%.*f %s", digits, x, units[at])
}

// bytesOf writes a whole number of bytes, as in a benchmark's name.
func bytesOf(size string) string {
	n, _ := strconv.Atoi(size)
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return strconv.Itoa(n>>20) + " MiB"
	case n >= 1<<10 && n%(1<<10) == 0:
		return strconv.Itoa(n>>10) + " KiB"
	default:
		return size + " B"
	}
}
