package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// control describes a fault that the workbench or POST /sandbox/faults/NAME can turn on.
type control struct {
	Name string
	Text string // a sentence with the names of fields in braces: n, status, seconds and seed
	set  func(g *Gateway, s setting)
	left func(g *Gateway) int // how many calls or webhooks the fault still applies to
}

// setting holds the values of a control's fields.
type setting map[string]int

func (s setting) pause() time.Duration { return time.Duration(s["seconds"]) * time.Second }

const hangs = time.Hour // long enough that in practice the faults end or the caller disconnects first

func callControls() []control {
	return []control{
		callControl("fail", "Fail the next {n} calls with {status}",
			func(g *Gateway, s setting) { g.FailCalls(s["n"], s["status"]) }),
		callControl("drop", "Drop the responses to the next {n} calls",
			func(g *Gateway, s setting) { g.DropResponses(s["n"]) }),
		callControl("cut", "Cut the responses to the next {n} calls in half",
			func(g *Gateway, s setting) { g.CutResponses(s["n"]) }),
		callControl("slow", "Delay the next {n} calls by {seconds} seconds",
			func(g *Gateway, s setting) { g.SlowCalls(s["n"], s.pause()) }),
		callControl("late", "Process the next {n} calls, and delay their responses by {seconds} seconds",
			func(g *Gateway, s setting) { g.DelayResponses(s["n"], s.pause()) }),
		callControl("hang", "Leave the next {n} calls without a response",
			func(g *Gateway, s setting) { g.ask(s["n"], fault{name: "hang", does: "hang", slow: hangs}) }),
	}
}

func callControl(name, text string, set func(*Gateway, setting)) control {
	return control{name, text, set, func(g *Gateway) (n int) {
		for _, f := range g.faults {
			if f.name == name {
				n++
			}
		}
		return n
	}}
}

func webhookControls() []control {
	return []control{
		webhookControl("lose", "Lose the first attempt of the next {n} webhooks", FaultLose),
		webhookControl("gone", "Lose every attempt of the next {n} webhooks", FaultGone),
		webhookControl("duplicate", "Deliver the next {n} webhooks twice", FaultDuplicate),
		{
			"delay", "Delay every webhook by {seconds} seconds",
			func(g *Gateway, s setting) { g.DelayWebhooks(s.pause()) },
			func(g *Gateway) int { return int(g.spoiled.delay / time.Second) },
		},
		webhookControl("reorder", "Hold back the next {n} webhooks, and send them in another sequence", FaultReorder),
		webhookControl("tamper", "Change the next {n} webhooks after signing", FaultTamper),
		webhookControl("wrong-secret", "Sign the next {n} webhooks with another secret", FaultWrongSecret),
		webhookControl("other-format", "Sign the next {n} webhooks in another format", FaultFormat),
		{
			"stale", "Backdate the next {n} webhooks by {seconds} seconds",
			func(g *Gateway, s setting) { g.BackdateWebhooks(s["n"], s.pause()) },
			func(g *Gateway) int { return g.spoiled.left[FaultStale] },
		},
		{
			"chaos", "Send the next {n} webhooks through a bad network, with random seed {seed}",
			func(g *Gateway, s setting) {
				g.Reseed(uint64(s["seed"])) //nolint:gosec // the method read has rejected negative numbers
				g.SpoilWebhooks(FaultMix, s["n"])
			},
			func(g *Gateway) int { return g.spoiled.left[FaultMix] },
		},
	}
}

func webhookControl(name, text string, f Fault) control {
	return control{
		name, text, func(g *Gateway, s setting) { g.SpoilWebhooks(f, s["n"]) },
		func(g *Gateway) int { return g.spoiled.left[f] },
	}
}

// part is a piece of a control's sentence: an optional input for a field, and the text after the input.
type part struct{ Field, Default, Text string }

// Parts splits the sentence before each field.
func (c control) Parts() []part {
	pieces := strings.Split(c.Text, "{")
	parts := []part{{Text: pieces[0]}}
	for _, piece := range pieces[1:] {
		field, text, _ := strings.Cut(piece, "}")
		usual := map[string]string{"n": "1", "status": "502", "seconds": "10", "seed": "1"}[field]
		parts = append(parts, part{field, usual, text})
	}
	return parts
}

// setFault turns on the fault with this name. get returns a field's value; an empty value means the field's default.
func (g *Gateway) setFault(name string, get func(field string) string) error {
	for _, c := range append(callControls(), webhookControls()...) {
		if c.Name != name {
			continue
		}
		s, err := c.read(get)
		if err == nil {
			c.set(g, s)
		}
		return err
	}
	return fmt.Errorf("there is no fault %.32q", name)
}

// read returns the values of the control's fields.
func (c control) read(get func(field string) string) (setting, error) {
	s := setting{}
	for _, p := range c.Parts()[1:] {
		least, most := 0, 1_000_000
		if p.Field == "status" {
			least, most = 200, 599
		}
		text := cmp.Or(get(p.Field), p.Default)
		number, err := strconv.Atoi(text)
		if err != nil || number < least || number > most {
			return nil, fmt.Errorf("%s must be a whole number from %d to %d, not %.32q", p.Field, least, most, text)
		}
		s[p.Field] = number
	}
	return s, nil
}

// EndFaults ends every fault of calls and webhooks, and sends the webhooks that were held back.
func (g *Gateway) EndFaults() {
	g.Heal()
	g.HealWebhooks()
}

// Faults returns a description of each active fault.
func (g *Gateway) Faults() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var words []string
	for i := 0; i < len(g.faults); {
		n := 1
		for i+n < len(g.faults) && g.faults[i+n] == g.faults[i] {
			n++
		}
		next := "the next call"
		if n > 1 {
			next = fmt.Sprintf("the next %d calls", n)
		}
		words = append(words, next+" will "+g.faults[i].does)
		i += n
	}
	return append(words, g.webhookFaults()...)
}

type faultsPage struct {
	head

	Calls, Webhooks []faultRow
}

// faultRow is a control and the number of calls or webhooks it still applies to.
type faultRow struct {
	control

	Left int
}

func (g *Gateway) showFaults(w http.ResponseWriter, _ *http.Request) {
	page := faultsPage{head: g.head(tabFaults, "Faults")}
	g.mu.Lock()
	for _, c := range callControls() {
		page.Calls = append(page.Calls, faultRow{c, c.left(g)})
	}
	for _, c := range webhookControls() {
		page.Webhooks = append(page.Webhooks, faultRow{c, c.left(g)})
	}
	g.mu.Unlock()
	render(w, http.StatusOK, "faults.html", page)
}

// State returns the number of calls or webhooks left, the delay in seconds, or "off".
func (f faultRow) State() string {
	switch {
	case f.Left == 0:
		return "off"
	case f.Name == "delay":
		return fmt.Sprintf("%d s", f.Left)
	default:
		return fmt.Sprintf("%d left", f.Left)
	}
}
