package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/cmd/internal/visitor"
	"github.com/ecomtrade24/ecomtrade24-go/internal/exam"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// drilled is the shop under examination, as it is seen from outside.
type drilled struct {
	url, webhook *url.URL
	steps        map[string][]visitor.Request // to buy, order, again and reconcile
	patterns     map[string]*visitor.Pattern  // of what is paid, fulfilled, review and returned; those that were given
	flags        *drillFlags
	gateway      *sandbox.Gateway
	transport    *http.Transport

	mu       sync.Mutex
	visitors map[string]*visitor.Visitor // who bought it, by order
}

// shop checks all that was given, of the flags and of the file.
func (f *drillFlags) shop() (*drilled, error) {
	steps := map[string][]visitor.Request{}
	if f.file != "" {
		if err := f.read(steps); err != nil {
			return nil, err
		}
	}
	s := &drilled{
		steps: steps, patterns: map[string]*visitor.Pattern{}, flags: f, transport: &http.Transport{MaxIdleConnsPerHost: 32},
		visitors: map[string]*visitor.Visitor{},
	}
	for _, name := range []string{"buy", "order", "again", "reconcile"} {
		if text := *f.texts[name]; text != "" {
			r, err := visitor.ParseRequest(text)
			if err != nil {
				return nil, usage("--" + name + ": " + err.Error())
			}
			steps[name] = []visitor.Request{r}
		}
	}
	for _, name := range []string{"paid", "fulfilled", "review", "returned"} {
		if text := *f.texts[name]; text != "" {
			p, err := visitor.ParsePattern(text)
			if err != nil {
				return nil, usage("--" + name + ": " + err.Error())
			}
			s.patterns[name] = &p
		}
	}
	return s, errors.Join(f.complete(s), s.at(*f.texts["shop"], *f.texts["webhook"], f.yes))
}

// read takes from the file what no flag has set.
func (f *drillFlags) read(steps map[string][]visitor.Request) error {
	content, err := os.ReadFile(f.file)
	if err != nil {
		return cannotOpen("--file", err, "name a file of requests")
	}
	file, err := visitor.ParseFile(string(content))
	if err != nil {
		return usage("--file: " + err.Error())
	}
	for name, value := range file.Settings {
		text, known := f.texts[name]
		if !known {
			return usage("--file: no such setting: @ is followed by one of " +
				strings.Join(slices.Sorted(maps.Keys(f.texts)), ", "))
		}
		if *text == "" {
			*text = value
		}
	}
	for name, requests := range file.Steps {
		if !slices.Contains([]string{"buy", "order", "again", "reconcile"}, name) {
			return usage("--file: ### is followed by buy, order, again or reconcile")
		}
		steps[name] = requests
	}
	return nil
}

func (f *drillFlags) complete(s *drilled) error {
	switch {
	case s.steps["buy"] == nil:
		return usage("how is something bought? give --buy, such as --buy 'POST /buy email=buyer@example.com'")
	case s.steps["order"] == nil:
		return usage("where is an order shown? give --order, such as --order 'GET /orders/{order}'")
	case s.patterns["paid"] == nil:
		return usage("what does a paid order look like? give --paid, such as --paid text:Paid")
	case (f.breaks == "") != (f.mends == ""):
		return usage("--break and --mend belong together")
	case f.patience <= 0 || f.quiet < 0 || f.page <= 0 || f.stories < 0:
		return usage("--patience and --timeout must be positive, and --quiet and --stories not negative")
	}
	return nil
}

// at sets where the shop is.
func (s *drilled) at(shop, webhook string, yes bool) (err error) {
	if shop == "" || webhook == "" {
		return usage("where is the shop? give --shop http://localhost:8080 and --webhook /api/webhook")
	}
	if s.url, err = url.Parse(shop); err != nil {
		return usage("--shop must be an absolute URL, such as http://localhost:8080")
	}
	if s.webhook, err = s.url.Parse(webhook); err != nil {
		return usage("--webhook must be a path, such as /api/webhook")
	}
	return errors.Join(checkTarget(shop, yes), checkTarget(s.webhook.String(), yes))
}

// shop is what the examination needs.
func (s *drilled) shop(ctx context.Context) *exam.Shop {
	shop := &exam.Shop{
		Secret: s.flags.config.WebhookSecret, Post: s.post, Buy: s.buy, Order: s.order,
		NoReview: s.patterns["review"] == nil, Domain: s.flags.domain,
	}
	if s.steps["again"] != nil {
		shop.Again = func(ctx context.Context, order string) error {
			_, err := s.who(order).Visit(ctx, s.steps["again"], order)
			return err
		}
	}
	if s.steps["reconcile"] != nil {
		shop.Reconcile = func(ctx context.Context) error {
			_, err := s.visitor().Visit(ctx, s.steps["reconcile"], "")
			return err
		}
	}
	if s.patterns["returned"] != nil {
		shop.Return = s.comesBack
	}
	if s.flags.restart != "" {
		shop.Restart = func(ctx context.Context) error {
			if err := shell(ctx, s.flags.restart); err != nil {
				return err
			}
			return s.await(ctx, s.flags.wait)
		}
	}
	if s.flags.breaks != "" {
		shop.Break = func(broken bool) {
			command := s.flags.mends
			if broken {
				command = s.flags.breaks
			}
			_ = shell(ctx, command) // whether the shop can store is seen by what it does
		}
	}
	return shop
}

func shell(ctx context.Context, command string) error {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command) //nolint:gosec // the user's own command, as in make
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("the command fails: %w: %s", err, clean(strings.TrimSpace(string(output)), 200))
	}
	return nil
}

func (s *drilled) post(r *http.Request) (int, error) {
	r.URL = s.webhook
	resp, err := s.transport.RoundTrip(r)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

func (s *drilled) visitor() *visitor.Visitor { return visitor.New(s.url, s.transport, s.flags.page) }

// who bought the order.
func (s *drilled) who(order string) *visitor.Visitor {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.visitors[order] == nil {
		s.visitors[order] = s.visitor()
	}
	return s.visitors[order]
}

// buy is a purchase by a new visitor, who from then on is the one who sees the order.
func (s *drilled) buy(ctx context.Context) error {
	v := s.visitor()
	page, err := v.Visit(ctx, s.steps["buy"], "")
	session := ""
	if page != nil {
		if at, err := url.Parse(page.Location); err == nil {
			session = at.Query().Get("session")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.gateway.Sessions() {
		if p.SessionID == session || session == "" && s.visitors[p.OrderID] == nil {
			s.visitors[p.OrderID] = v
		}
	}
	return err
}

func (s *drilled) order(ctx context.Context, id string) (exam.Order, error) {
	page, err := s.who(id).Visit(ctx, s.steps["order"], id)
	if err != nil {
		return exam.Order{}, err
	}
	o := exam.Order{Paid: s.patterns["paid"].In(page)}
	if p := s.patterns["review"]; p != nil {
		o.Review = p.In(page)
	}
	switch p := s.patterns["fulfilled"]; {
	case p != nil:
		o.Fulfilled, err = p.Count(page)
	case o.Paid:
		o.Fulfilled = 1
	}
	return o, err
}

// comesBack opens the return URL of the order's newest session.
func (s *drilled) comesBack(ctx context.Context, order string) (bool, error) {
	to := ""
	for _, p := range s.gateway.Sessions() {
		if p.OrderID == order {
			to = s.gateway.ReturnURL(p.SessionID)
		}
	}
	if to == "" {
		return false, errors.New("the session has no return URL; leave --returned out")
	}
	page, err := s.who(order).Visit(ctx, []visitor.Request{{Method: http.MethodGet, Path: to}}, order)
	if err != nil {
		return false, err
	}
	return s.patterns["returned"].In(page), nil
}

// drillGateway is the examination's gateway, made of a sandbox.
type drillGateway struct{ *sandbox.Gateway }

func (g drillGateway) Calls() int { return len(g.Requests()) }

func (g drillGateway) Tell(session string, change func(*ecomtrade24.Payment)) ecomtrade24.Payment {
	told, err := g.Gateway.Tell(session, change)
	if err != nil {
		panic(err) // the examination names sessions that the gateway has made
	}
	return told
}

func (g drillGateway) SetPlan(mode ecomtrade24.IntegrationMode, methods ...ecomtrade24.Method) {
	if err := g.Gateway.SetPlan(mode, methods...); err != nil {
		panic(err)
	}
}

// since is how long something took, in milliseconds.
func since(begun time.Time) float64 { return float64(time.Since(begun).Microseconds()) / 1000 }
