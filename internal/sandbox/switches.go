package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Switch is something that can go wrong, as the workbench and POST /sandbox/switches/NAME offer it.
type Switch struct {
	Name, Label string
	Fields      []string // of n, status, seconds and seed: those that say how
	set         func(g *Gateway, s setting)
}

// setting is how a switch is set.
type setting struct {
	n, status int
	pause     time.Duration
	seed      uint64
}

func spoil(f Fault) func(*Gateway, setting) {
	return func(g *Gateway, s setting) { g.SpoilWebhooks(f, s.n) }
}

const hangs = time.Hour // in effect until the switches are off, or the caller has gone

// callSwitches are about the merchant's calls, and webhookSwitches about webhooks.
func callSwitches() []Switch {
	return []Switch{
		{"fail", "fail with a status", []string{"n", "status"}, func(g *Gateway, s setting) { g.FailNext(s.n, s.status) }},
		{"drop", "lose their response", []string{"n"}, func(g *Gateway, s setting) { g.DropNext(s.n) }},
		{"cut", "get half of their response", []string{"n"}, func(g *Gateway, s setting) { g.CutNext(s.n) }},
		{"slow", "are slow", []string{"n", "seconds"}, func(g *Gateway, s setting) { g.SlowNext(s.n, s.pause) }},
		{"late", "take effect, and respond late", []string{"n", "seconds"}, func(g *Gateway, s setting) {
			g.LateNext(s.n, s.pause)
		}},
		{"hang", "hang", []string{"n"}, func(g *Gateway, s setting) { g.SlowNext(s.n, hangs) }},
	}
}

func webhookSwitches() []Switch {
	return []Switch{
		{"lose", "are lost at the first attempt", []string{"n"}, spoil(FaultLose)},
		{"gone", "are lost at every attempt", []string{"n"}, spoil(FaultGone)},
		{"duplicate", "are delivered twice", []string{"n"}, spoil(FaultDuplicate)},
		{"delay", "wait, from now on", []string{"seconds"}, func(g *Gateway, s setting) { g.DelayWebhooks(s.pause) }},
		{"reorder", "wait for each other, and come in another order", []string{"n"}, spoil(FaultReorder)},
		{"tamper", "are changed after they were signed", []string{"n"}, spoil(FaultTamper)},
		{"wrong-secret", "are signed with another secret", []string{"n"}, spoil(FaultWrongSecret)},
		{"other-format", "are signed in another format", []string{"n"}, spoil(FaultFormat)},
		{"stale", "have an old date", []string{"n", "seconds"}, func(g *Gateway, s setting) {
			g.StaleWebhooks(s.n, s.pause)
		}},
		{"chaos", "meet a bad network", []string{"n", "seed"}, func(g *Gateway, s setting) {
			g.Reseed(s.seed)
			g.SpoilWebhooks(FaultMix, s.n)
		}},
	}
}

// defaults are what the fields of a switch begin with.
func defaults() map[string]string {
	return map[string]string{"n": "1", "status": "502", "seconds": "10", "seed": "1"}
}

// setSwitch sets one by name. get reads a field; empty: its default.
func (g *Gateway) setSwitch(name string, get func(field string) string) error {
	for _, sw := range append(callSwitches(), webhookSwitches()...) {
		if sw.Name != name {
			continue
		}
		numbers := map[string]int{}
		for _, field := range sw.Fields {
			text := get(field)
			if text == "" {
				text = defaults()[field]
			}
			number, err := strconv.Atoi(text)
			if err != nil || number < 0 || number > 1_000_000 {
				return fmt.Errorf("sandbox: %s must be a whole number from 0 to 1000000, not %.32q", field, text)
			}
			numbers[field] = number
		}
		if status, ok := numbers["status"]; ok && (status < 200 || status > 599) {
			return fmt.Errorf("sandbox: status must be from 200 to 599, not %d", status)
		}
		sw.set(g, setting{
			n: numbers["n"], status: numbers["status"], pause: time.Duration(numbers["seconds"]) * time.Second,
			seed: uint64(numbers["seed"]), //nolint:gosec // not negative
		})
		return nil
	}
	return fmt.Errorf("sandbox: there is no switch %.32q", name)
}

// SwitchOff ends everything that was asked to go wrong. What was held back is sent.
func (g *Gateway) SwitchOff() {
	g.Heal()
	g.HealWebhooks()
}

// Switches says in words what is going to go wrong.
func (g *Gateway) Switches() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var words []string
	for i := 0; i < len(g.faults); {
		n := 1
		for i+n < len(g.faults) && g.faults[i+n] == g.faults[i] {
			n++
		}
		words = append(words, times(n, "call")+" "+g.faults[i].words())
		i += n
	}
	return append(words, g.webhookSwitchesOn()...)
}

func (f fault) words() string {
	switch {
	case f.status != 0:
		return strings.TrimSpace(fmt.Sprintf("will get %d %s", f.status, http.StatusText(f.status)))
	case f.drop:
		return "will get no response"
	case f.cut:
		return "will get half a response"
	case f.slow == hangs:
		return "will hang"
	case f.slow > 0:
		return fmt.Sprintf("will wait %v", f.slow)
	default:
		return fmt.Sprintf("will get a response %v late", f.late)
	}
}

func times(n int, what string) string {
	if n == 1 {
		return "the next " + what
	}
	return fmt.Sprintf("the next %d %ss", n, what)
}
