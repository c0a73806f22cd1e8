package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/cmd/internal/visitor"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/internal/exam"
	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// drilled is the shop under test, seen from outside.
type drilled struct {
	url, webhook *url.URL
	steps        map[string][]visitor.Request // requests by name: buy, order, again, reconcile, totals
	patterns     map[string]visitor.Pattern   // patterns by flag name
	effects      map[string]visitor.Pattern
	counted      map[string]visitor.Pattern
	flags        *drillFlags
	gateway      *sandbox.Gateway
	transport    *http.Transport
	sender       *delivery.Sender

	mu       sync.Mutex
	visitors map[string]*visitor.Visitor // each order's buyer
}

// examined returns the shop and its hooks as an exam.Shop.
func (s *drilled) examined() *exam.Shop {
	_, counts := s.patterns["fulfilled"]
	_, reviews := s.patterns["review"]
	shop := &exam.Shop{
		Secret: s.flags.config.WebhookSecret, Key: s.flags.config.APIKey,
		Gateway: s.flags.config.BaseURL, Webhook: s.webhook.String(), Sender: s.sender,
		Buy: s.buy, Order: s.order, Visit: s.open,
		NoReview: !reviews, NoCount: !counts, Domain: s.flags.domain,
	}
	if s.steps["again"] != nil {
		shop.Again = func(ctx context.Context, order string) error {
			page, err := s.who(order).Visit(ctx, s.steps["again"], order)
			if page != nil {
				exam.SentTo(ctx, page.Location)
			}
			return err
		}
	}
	if s.steps["reconcile"] != nil {
		shop.Reconcile = func(ctx context.Context) error {
			_, err := s.visitor().Visit(ctx, s.steps["reconcile"], "")
			return err
		}
	}
	if _, ok := s.patterns["returned"]; ok {
		shop.Return = s.comesBack
	}
	if s.flags.restart != "" {
		shop.Restart = s.restart
	}
	if s.flags.breaks != "" {
		shop.Break = func(ctx context.Context, broken bool) error {
			if broken {
				return execute(ctx, s.flags.breaks)
			}
			return execute(ctx, s.flags.fixes)
		}
	}
	if s.steps["totals"] != nil {
		shop.Totals = s.totals
	}
	if s.flags.log != "" {
		shop.Log = func() (string, error) {
			log, err := os.ReadFile(s.flags.log)
			return string(log), err
		}
	}
	return shop
}

func execute(ctx context.Context, command string) error {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command) //nolint:gosec // the user's own command, as in a Makefile
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("the command failed: %w: %s", err, guard.Line(strings.TrimSpace(string(output)), 200))
	}
	return nil
}

// restart runs the command and waits for the shop. It fails if an earlier connection is still open: then the old
// process is still running.
func (s *drilled) restart(ctx context.Context) error {
	host := net.JoinHostPort(s.url.Hostname(), cmp.Or(s.url.Port(), s.url.Scheme)) // port names such as http are valid
	before, err := (&net.Dialer{Timeout: s.flags.page}).DialContext(ctx, "tcp", host)
	if err != nil {
		return err
	}
	defer before.Close()
	if err := execute(ctx, s.flags.restart); err != nil {
		return err
	}
	if err := s.await(ctx, s.flags.wait); err != nil {
		return err
	}
	_ = before.SetReadDeadline(time.Now().Add(2 * time.Second)) // if SetReadDeadline fails, Read fails too
	var timeout net.Error
	if _, err := before.Read(make([]byte, 1)); errors.As(err, &timeout) && timeout.Timeout() {
		return errors.New("the command did not end the shop's process: an earlier connection is still open " +
			"(if a proxy keeps it open, set --shop to the shop's own address)")
	}
	s.transport.CloseIdleConnections()
	return nil
}

// open opens a page as a new visitor, without cookies.
func (s *drilled) open(r *http.Request) (exam.Page, error) {
	page, err := s.visitor().Open(r)
	if err != nil {
		return exam.Page{}, err
	}
	return exam.Page{Status: page.Status, Location: page.Location, Body: string(page.Body)}, nil
}

func (s *drilled) visitor() *visitor.Visitor { return visitor.New(s.url, s.transport, s.flags.page) }

// who returns the order's buyer, and creates one if necessary.
func (s *drilled) who(order string) *visitor.Visitor {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.visitors[order] == nil {
		s.visitors[order] = s.visitor()
	}
	return s.visitors[order]
}

// buy places an order as a new visitor and records the visitor as the order's buyer.
func (s *drilled) buy(ctx context.Context) error {
	v := s.visitor()
	page, err := v.Visit(ctx, s.steps["buy"], "")
	session := ""
	if page != nil {
		exam.SentTo(ctx, page.Location)
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

func (s *drilled) order(ctx context.Context, id string) (o exam.Order, err error) {
	page, err := s.who(id).Visit(ctx, s.steps["order"], id)
	if err != nil {
		return o, err
	}
	o.Paid = s.patterns["paid"].In(page)
	if p, ok := s.patterns["review"]; ok {
		o.Review = p.In(page)
	}
	if p, ok := s.patterns["invoice"]; ok {
		o.Invoice = p.Text(page)
	}
	if p, ok := s.patterns["fulfilled"]; ok {
		if o.Fulfilled, err = p.Count(page); err != nil {
			return o, fmt.Errorf("--fulfilled: %w", err)
		}
	}
	o.Effects, err = counted(s.effects, page)
	return o, err
}

func counted(patterns map[string]visitor.Pattern, page *visitor.Page) (counts map[string]int, err error) {
	counts = map[string]int{}
	for name, p := range patterns {
		if counts[name], err = p.Count(page); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return counts, nil
}

func (s *drilled) totals(ctx context.Context) (map[string]int, error) {
	page, err := s.visitor().Visit(ctx, s.steps["totals"], "")
	if err != nil {
		return nil, err
	}
	return counted(s.counted, page)
}

// comesBack opens the newest session's return URL and reports whether the page says paid.
func (s *drilled) comesBack(ctx context.Context, order string) (bool, error) {
	to := ""
	for _, p := range s.gateway.Sessions() {
		if p.OrderID == order {
			to = s.gateway.ReturnURL(p.SessionID)
		}
	}
	if to == "" {
		return false, errors.New("the session has no return URL: remove --returned")
	}
	page, err := s.who(order).Visit(ctx, []visitor.Request{{Method: http.MethodGet, Path: to}}, order)
	if err != nil {
		return false, err
	}
	return s.patterns["returned"].In(page), nil
}

// drillGateway implements exam.Gateway with a sandbox.
type drillGateway struct {
	*sandbox.Gateway

	baseURL, key string
}

func (g drillGateway) Open(ctx context.Context, p ecomtrade24.SessionParams) error {
	client, err := ecomtrade24.NewClient(g.baseURL, g.key, ecomtrade24.WithDeployment(g.Deployment()),
		ecomtrade24.WithHTTPClient(&http.Client{Transport: g.Transport()}))
	if err != nil {
		return err
	}
	_, err = client.CreateSession(ctx, p)
	return err
}

// Calls returns the newest call's number, not a count, since the gateway does not keep all calls.
func (g drillGateway) Calls() int {
	if calls := g.Requests(); len(calls) > 0 {
		return calls[len(calls)-1].Number
	}
	return 0
}

func (g drillGateway) Rejected(since int) (why []string) {
	for _, r := range g.Requests() {
		if r.Number > since && r.Rejected != "" {
			why = append(why, fmt.Sprintf("%s %s with %d: %s",
				guard.Line(r.Method, 20), guard.Line(r.Path, 100), r.Status, guard.Line(r.Rejected, 300)))
		}
	}
	return why
}

func (g drillGateway) ReturnURLs(session string) (paid, canceled string) {
	return g.ReturnURL(session), g.CancelURL(session)
}

func (g drillGateway) EditPayment(session string, change func(*ecomtrade24.Payment)) ecomtrade24.Payment {
	told, err := g.Gateway.EditPayment(session, change)
	if err != nil {
		panic(err) // the scenarios name only sessions that exist
	}
	return told
}

func (g drillGateway) SetPlan(mode ecomtrade24.IntegrationMode, methods ...ecomtrade24.Method) {
	if err := g.Gateway.SetPlan(mode, methods...); err != nil {
		panic(err)
	}
}

func (g drillGateway) SetNextSessionID(id int64) {
	for g.Gateway.SetNextSessionID(id) != nil { // an earlier scenario has used this ID
		id += 2
	}
}

// since returns the elapsed time in milliseconds.
func since(begun time.Time) float64 { return float64(time.Since(begun).Microseconds()) / 1000 }
