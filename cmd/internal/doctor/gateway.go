package doctor

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Gateway checks the gateway with the merchant's key. It creates a session only if Create is set.
type Gateway struct {
	BaseURL string
	Client  *ecomtrade24.Client
	Create  bool
	Session ecomtrade24.SessionParams // the session to create; Check sets OrderID and Method
}

// Fault codes for the gateway and the connection to the gateway.
const (
	NoDNS           = "no-dns"
	NoTLS           = "no-tls"
	ExpiresSoon     = "certificate-expires"
	KeyRejected     = "key-rejected"
	GatewayFails    = "gateway-fails"
	WrongDeployment = "wrong-deployment"
	NoMethods       = "no-methods"
	DomainRejected  = "domain-rejected"
	SessionRejected = "session-rejected"
	certificateLeft = 7 * 24 * time.Hour
)

// Check yields each finding as soon as its check ends.
func (g Gateway) Check(ctx context.Context) iter.Seq[Finding] {
	return func(yield func(Finding) bool) {
		var m *ecomtrade24.Merchant
		var s *ecomtrade24.Session
		unknown := false // set if the host has no address
		checks := []struct {
			name string
			run  func() Finding
		}{
			{"dns", func() Finding { return g.dns(ctx) }},
			{"tls", func() Finding { return g.tls(ctx) }},
			{"key", func() (f Finding) { m, f = g.key(ctx); return f }},
			{"plan", func() Finding { return plan(m) }},
			{"methods", func() Finding { return methods(m) }},
			{"domain", func() (f Finding) { s, f = g.domain(ctx, m); return f }},
			{"status", func() Finding { return g.status(ctx, s) }},
		}
		for _, c := range checks {
			f := skip("the host has no address")
			if !unknown {
				f = c.run()
			}
			unknown = unknown || f.Fault == NoDNS
			f.Part, f.Check = "gateway", c.name
			if ctx.Err() != nil || !yield(f) {
				return
			}
		}
	}
}

func fine(format string, args ...any) Finding {
	return Finding{Result: OK, What: fmt.Sprintf(format, args...)}
}

func skip(why string) Finding { return Finding{Result: Skipped, What: "not checked: " + why} }

func wrong(fault, what, means, fix string) Finding {
	return Finding{Result: Failed, Fault: fault, What: what, Means: means, Fix: fix}
}

// key calls me.php to check the API key. The call changes nothing.
func (g Gateway) key(ctx context.Context) (*ecomtrade24.Merchant, Finding) {
	start := time.Now()
	m, err := g.Client.Me(ctx)
	switch {
	case errors.Is(err, ecomtrade24.ErrUnauthorized):
		return nil, wrong(KeyRejected, "me.php rejects the API key", "The shop cannot create a session.",
			"Check the key, and that it belongs to this gateway: do not mix sandbox and production.")
	case err != nil:
		return nil, wrong(GatewayFails, plain(err), "The shop cannot create a session.",
			"Check the base URL. If it is correct, try again later, or ask the gateway's operator.")
	}
	f := fine("me.php accepts the API key")
	f.TookMS = time.Since(start).Milliseconds()
	return m, f
}

// plain returns the SDK's error text, which contains no key and no body.
func plain(err error) string { return strings.TrimPrefix(err.Error(), "ecomtrade24: ") }

func plan(m *ecomtrade24.Merchant) Finding {
	switch {
	case m == nil:
		return skip("me.php must respond first")
	case m.SmartRouting():
		return fine("Smart Routing: the buyer chooses a method in the shop")
	}
	return fine("hosted checkout: the gateway's page offers the methods")
}

func methods(m *ecomtrade24.Merchant) Finding {
	if m == nil {
		return skip("me.php must respond first")
	}
	var available, others []string
	for _, method := range m.Methods {
		if method.Available {
			available = append(available, method.ID)
		} else {
			others = append(others, method.ID)
		}
	}
	missing := ""
	if len(others) > 0 {
		missing = "; not available: " + strings.Join(others, ", ")
	}
	switch {
	case !m.SmartRouting() && len(available) == 0:
		return fine("no methods listed; hosted checkout needs none")
	case len(available) == 0:
		return wrong(NoMethods, "none"+missing,
			"Smart Routing needs a method, so the shop cannot create a session.", "Enable methods in the merchant account.")
	}
	return fine("%s%s", strings.Join(available, ", "), missing)
}

// domain creates a session, the only way to see whether the domain is approved. The session expires unpaid.
func (g Gateway) domain(ctx context.Context, m *ecomtrade24.Merchant) (*ecomtrade24.Session, Finding) {
	switch {
	case !g.Create:
		return nil, skip("this needs a new session: use --create")
	case m == nil:
		return nil, skip("me.php must respond first")
	}
	p := g.Session
	p.OrderID = "CHECK-" + rand.Text()[:10]
	if m.SmartRouting() {
		for _, method := range m.Methods {
			if method.Available && p.Method == "" {
				p.Method = method.ID
			}
		}
	}
	s, err := g.Client.CreateSession(ctx, p)
	switch {
	case errors.Is(err, ecomtrade24.ErrInvalidDomain):
		return nil, wrong(DomainRejected, p.Domain+" is not approved", "The shop cannot create a session.",
			"Get exactly this name approved, or set --domain to the approved name: without https:// and www.")
	case err != nil:
		return nil, wrong(SessionRejected, plain(err), "The shop cannot create a session like this one.",
			"Fix the problem that the response names; docs/protocol.md explains the codes.")
	}
	return s, fine("%s is approved: session %s was created", p.Domain, s.ID)
}

// status looks up the new session. With the wrong deployment set, the lookup fails, because it uses another path.
func (g Gateway) status(ctx context.Context, s *ecomtrade24.Session) Finding {
	if s == nil {
		return skip("there is no new session to look up")
	}
	got, err := g.Client.Status(ctx, s.ID)
	var api *ecomtrade24.APIError
	switch {
	case errors.As(err, &api) && api.StatusCode == http.StatusNotFound:
		return wrong(WrongDeployment, "the gateway does not know that session",
			"The shop never finds a payment whose webhook was lost.",
			"The gateway runs as the other deployment: set ECOMTRADE24_DEPLOYMENT or --deployment.")
	case err != nil:
		return wrong(GatewayFails, plain(err), "The shop never finds a payment whose webhook was lost.",
			"Check the deployment: ECOMTRADE24_DEPLOYMENT or --deployment.")
	}
	return fine("the session is %s", got.Status)
}
