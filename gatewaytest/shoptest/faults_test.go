package shoptest_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest/shoptest"
	"github.com/ecomtrade24/ecomtrade24-go/internal/exam"
)

// fault is a realistic bug in one step of the small shop.
type fault struct {
	name   string
	source string   // a public report of the bug, or ""
	found  string   // the scenario that must find the bug
	others []string // other scenarios that find the bug
	plant  func(s *smallShop)
}

// bug returns a fault with its name, the scenario that must find it, and how to plant it.
func bug(name, found string, plant func(s *smallShop)) fault {
	return fault{name: name, found: found, plant: plant}
}

// reported returns the fault with the address of a public report of the bug.
func (f fault) reported(source string) fault {
	f.source = source
	return f
}

// also adds further scenarios that find the bug, and returns the fault.
func (f fault) also(scenarios ...string) fault {
	f.others = scenarios
	return f
}

// faults lists the bugs to plant in the small shop, one at a time.
var faults = slices.Concat(
	forgeryFaults, bodyFaults, shapeFaults, moneyFaults, letterFaults, idFaults, sequenceFaults, timeFaults,
	paymentFaults, gapFaults, halfFaults, wayBackFaults, addressFaults, againFaults, statusFaults, catchupFaults,
	lookupFaults, sessionFaults, bookFaults, effectFaults, leakFaults, sharedFaults, checkoutFaults,
)

var update = flag.Bool("update", false, "regenerate docs/shoptest.md")

const page = "../../docs/shoptest.md"

// TestFaults checks that the scenario named in each row finds the fault, and that each scenario finds a fault.
func TestFaults(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, s := range all() {
		assert.False(t, names[s.Name], "duplicate scenario: %s", s.Name)
		assert.NotEmpty(t, s.Fix, s.Name)
		names[s.Name] = true
	}
	found := map[string]bool{}
	for _, row := range faults {
		for _, name := range append(row.others, row.found) {
			found[name] = true
			t.Run(row.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := scenario(t, name)
				failure := examine(t, s, row.plant)
				require.NotNil(t, failure, "the scenario does not find the fault")
				require.False(t, failure.Unfit && s.Group != "hooks", "%v", failure)
			})
		}
	}
	for _, s := range exam.Scenarios() { // TestHooks checks the scenarios that test the hooks
		assert.True(t, found[s.Name], "%s finds no fault", s.Name)
	}
}

// scenario returns the scenario with that name.
func scenario(t *testing.T, name string) exam.Scenario {
	t.Helper()
	scenarios := all()
	i := slices.IndexFunc(scenarios, func(s exam.Scenario) bool { return s.Name == name })
	require.GreaterOrEqual(t, i, 0, "no such scenario: %s", name)
	return scenarios[i]
}

// examine plays a scenario on the small shop with a fault.
func examine(t *testing.T, s exam.Scenario, plant func(*smallShop)) *exam.Failure {
	t.Helper()
	return shoptest.Examine(t, s, func(_ *testing.T, g *gatewaytest.Gateway) shoptest.Shop {
		return newSmallShop(g, plant).shop()
	})
}

// docs/shoptest.md matches the tables of scenarios and faults.
func TestPage(t *testing.T) {
	t.Parallel()
	want := write()
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(want), 0o600))
	}
	got, err := os.ReadFile(page)
	require.NoError(t, err)
	assert.True(t, want == string(got), page+" is not current: go test ./gatewaytest/shoptest -run TestPage -update")
}

// all returns every scenario, including the hooks' own scenarios.
var all = sync.OnceValue(func() (scenarios []exam.Scenario) {
	for _, hook := range exam.Hooks() {
		scenarios = append(scenarios, hook.Scenario)
	}
	return append(scenarios, exam.Scenarios()...)
})

// matrix is the path of the file that TestMatrix writes.
var matrix = flag.String("matrix", "", "write the scenarios that find each fault to this file")

// TestMatrix writes the scenarios that find each fault.
func TestMatrix(t *testing.T) {
	t.Parallel()
	if *matrix == "" {
		t.Skip("no -matrix")
	}
	lines := make([]string, len(faults))
	t.Run("faults", func(t *testing.T) {
		for i, row := range faults {
			t.Run(row.name, func(t *testing.T) {
				t.Parallel()
				var line strings.Builder
				line.WriteString(row.name)
				for _, s := range all() {
					if failure := examine(t, s, row.plant); failure != nil {
						fmt.Fprintf(&line, "\n\t%s", s.Name)
						if failure.Unfit {
							fmt.Fprintf(&line, " (unfit: %s)", failure.Problem)
						}
					}
				}
				lines[i] = line.String()
			})
		}
	})
	require.NoError(t, os.WriteFile(*matrix, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
}

// write returns the contents of docs/shoptest.md.
func write() string {
	reported := 0
	for _, row := range faults {
		if row.source != "" {
			reported++
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# Testing a shop

The package [gatewaytest/shoptest](../gatewaytest/shoptest) plays %d scenarios against your shop in a Go test. The
command [ecomtrade24 drill](cli.md#ecomtrade24-drill) plays them against a running shop in any language.

A test verifies the scenarios: it plants %d bugs in a small shop, one at a time, and the scenario named below finds
each. %d of the bugs come from public bug reports of payment plugins and shops, linked in the table. Every scenario
finds at least one bug. The test also checks that %d correct shops pass, which differ in how they work. It generates
this page.

<picture>
<source media="(prefers-color-scheme: dark)" srcset="pictures/examination-dark.png">
<img src="pictures/examination.png" alt="The drill's report about a shop that ignores the currency.">
</picture>

## What it cannot check

- Whether the shop still accepts an old secret, compares signatures in constant time, or keeps the key out of its pages
  and repositories.
- Parts that need a hook you do not provide: receipts without Order.Effects, or interrupted webhooks without
  Statements. The summary lists what was not examined.
- Whether two orders share an ID, if the shop reuses an unpaid order for the next purchase.
- Whether the shop computes the price itself. Your Buy hook submits the form, so scenarios do not change a price in it.
- Whether the session's amount matches the basket. Scenarios treat the session's amount as the amount due.
- Whether return_url comes from the request's Host header, which a visitor can choose.
- Whether a shop that caches the plan reads every variant of me.php, unless it can be restarted.
- A second payment whose webhook is lost after the order was marked paid: not every shop looks up paid orders.
- Effects that take longer than the settle time, which is measured with plain payments.

## Correct shops that pass

`, len(exam.Scenarios()), len(faults), reported, len(variants))
	for _, v := range variants {
		fmt.Fprintf(&b, "- %s\n", v.name)
	}
	group := ""
	for _, s := range exam.Scenarios() {
		if s.Group != group {
			group = s.Group
			fmt.Fprintf(&b, "\n## %s%s\n\n| scenario | fix |\n|---|---|\n", strings.ToUpper(group[:1]), group[1:])
		}
		fmt.Fprintf(&b, "| %s | %s |\n", cell(s.Name), cell(s.Fix))
	}
	b.WriteString("\n## Planted bugs\n\n| bug | found by |\n|---|---|\n")
	for _, row := range faults {
		name := cell(row.name)
		if row.source != "" {
			name = fmt.Sprintf("%s ([report](%s))", name, row.source)
		}
		fmt.Fprintf(&b, "| %s | %s |\n", name, cell(row.found))
	}
	return b.String()
}

// cell escapes text for a Markdown table.
func cell(text string) string {
	return strings.NewReplacer("|", "\\|", "*", "\\*", "_", "\\_").Replace(text)
}
