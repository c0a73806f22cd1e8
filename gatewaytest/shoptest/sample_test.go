package shoptest_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ecomtrade24/ecomtrade24-go/internal/exam"
)

// everything says that each correct shop plays each scenario. That takes minutes under the race detector, so outside CI
// most shops play a part. The variable is read in the test, since go test caches by what tests read.
func everything() bool { return os.Getenv("CI") != "" }

// apart is how many correct shops pass until one plays the same scenario again.
const apart = 12

// part are the scenarios that correct shop n plays. Shop 0 plays all of them, each other shop another part.
func part(n int) (scenarios []exam.Scenario) {
	for i, s := range exam.Scenarios() {
		if everything() || n == 0 || i%apart == n%apart {
			scenarios = append(scenarios, s)
		}
	}
	return scenarios
}

// firsts are the first scenarios of each group, for shops on sockets, which wait in real time.
func firsts() []exam.Scenario {
	if everything() {
		return exam.Scenarios()
	}
	return slices.CompactFunc(exam.Scenarios(), func(a, b exam.Scenario) bool { return a.Group == b.Group })
}

// leaveToCI ends the test of a scenario that is not one of firsts.
func leaveToCI(t *testing.T) {
	t.Helper()
	_, scenario, _ := strings.Cut(t.Name(), "/")
	played := slices.ContainsFunc(firsts(), func(s exam.Scenario) bool {
		return scenario == strings.ReplaceAll(s.Group+"/"+s.Name, " ", "_")
	})
	if strings.Contains(scenario, "/") && !played {
		t.Skip("only CI plays this on sockets")
	}
}
