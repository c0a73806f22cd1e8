package shoptest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ecomtrade24/ecomtrade24-go/internal/exam"
)

// summary holds the results of all scenarios.
type summary struct {
	mu      sync.Mutex
	passed  int
	failed  []failed
	skipped map[string]int // number of skipped scenarios by reason
}

type failed struct {
	test    string // the test's name
	failure *exam.Failure
}

// examine plays a scenario and reports whether the shop passed. It skips the test if the shop lacks a hook.
func (s *summary) examine(
	t *testing.T, scenario exam.Scenario, g exam.Gateway, shop *exam.Shop, c exam.Config,
) (passed bool) {
	t.Helper()
	if missing := scenario.Missing(shop, c); missing != "" {
		s.skip(t, "needs "+missing)
	}
	failure := scenario.Examine(t.Context(), g, shop, c)
	s.report(t, failure)
	return failure == nil
}

func (s *summary) report(t *testing.T, f *exam.Failure) {
	t.Helper()
	switch {
	case f == nil:
		s.mu.Lock()
		defer s.mu.Unlock()
		s.passed++
	case f.Skipped:
		s.skip(t, f.Problem)
	default:
		s.mu.Lock()
		s.failed = append(s.failed, failed{t.Name(), f})
		s.mu.Unlock()
		t.Errorf("%v\nRun only this: %s", f, command(t.Name()))
	}
}

func (s *summary) skip(t *testing.T, why string) {
	t.Helper()
	s.mu.Lock()
	if s.skipped == nil {
		s.skipped = map[string]int{}
	}
	s.skipped[why]++
	s.mu.Unlock()
	t.Skip(why)
}

// log logs the summary, unless every scenario passed.
func (s *summary) log(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.failed)+len(s.skipped) > 0 {
		t.Log(s)
	}
}

// String lists what was not examined, followed by the failures, worst first.
func (s *summary) String() string {
	var b strings.Builder
	notExamined := 0
	for _, n := range s.skipped {
		notExamined += n
	}
	fmt.Fprintf(&b, "%d scenarios passed, %d failed, %d not examined", s.passed, len(s.failed), notExamined)
	for _, why := range slices.Sorted(maps.Keys(s.skipped)) {
		fmt.Fprintf(&b, "\nNot examined (%d): %s", s.skipped[why], why)
	}
	slices.SortStableFunc(s.failed, func(a, b failed) int { return exam.Worst(a.failure, b.failure) })
	title := ""
	for _, f := range s.failed {
		if now := f.failure.Title(); now != title {
			title = now
			fmt.Fprintf(&b, "\n%s", title)
		}
		fmt.Fprintf(&b, "\n  %s\n    %s", f.failure.Name, command(f.test))
	}
	return b.String()
}

// command returns the command line that runs one test.
func command(test string) string {
	parts := strings.Split(test, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return "go test -run '" + strings.ReplaceAll(strings.Join(parts, "/"), "'", ".") + "'"
}
