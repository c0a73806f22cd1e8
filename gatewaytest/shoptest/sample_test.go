package shoptest_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ecomtrade24/ecomtrade24-go/internal/exam"
)

// everything reports whether each correct shop plays every scenario. That takes minutes under the race detector, so
// outside CI most shops play only some scenarios. The test reads the variable itself, so that go test's result cache
// depends on it.
func everything() bool { return os.Getenv("CI") != "" }

// apart is the number of parts into which the scenarios are split.
const apart = 12

// part returns the scenarios that correct shop n plays: all scenarios for shop 0, one part for any other shop.
func part(n int) (scenarios []exam.Scenario) {
	for i, s := range exam.Scenarios() {
		if everything() || n == 0 || i%apart == n%apart {
			scenarios = append(scenarios, s)
		}
	}
	return scenarios
}

// firsts returns the scenarios for shops on sockets, which wait in real time: all in CI, otherwise the first of each
// group.
func firsts() []exam.Scenario {
	if everything() {
		return exam.Scenarios()
	}
	return slices.CompactFunc(exam.Scenarios(), func(a, b exam.Scenario) bool { return a.Group == b.Group })
}

// leaveToCI skips the test unless firsts returns its scenario.
func leaveToCI(t *testing.T) {
	t.Helper()
	_, scenario, _ := strings.Cut(t.Name(), "/")
	played := slices.ContainsFunc(firsts(), func(s exam.Scenario) bool {
		return scenario == strings.ReplaceAll(s.Group+"/"+s.Name, " ", "_")
	})
	if strings.Contains(scenario, "/") && !played {
		t.Skip("only CI plays this scenario on sockets")
	}
}
