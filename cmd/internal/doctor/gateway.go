package doctor

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Gateway is the gateway as the merchant's key sees it. It asks, and makes a session only if Create is set.
type Gateway struct {
	BaseURL string
	Client  *ecomtrade24.Client
	Create  bool
	Session ecomtrade24.SessionParams // to create: OrderID and Method are filled in
}

// The faults of the way to the gateway.
const (
	NoDNS           Fault = "no-dns"
	NoTLS           Fault = "no-tls"
	ExpiresSoon     Fault = "certificate-expires"
	KeyRefused      Fault = "key-refused"
	GatewayFails    Fault = "gateway-fails"
	NoMethods       Fault = "no-methods"
	DomainRefused   Fault = "domain-refused"
	SessionRefused  Fault = "session-refused"
	certificateLeft       = 7 * 24 * time.Hour
)

// Check yields what it finds, in order.
func (g Gateway) Check(ctx context.Context) iter.Seq[Finding] {
	return func(yield func(Finding) bool) {
		var m *ecomtrade24.Merchant
		checks := []struct {
			name string
			run  func() Finding
		}{
			{"dns", func() Finding { return g.dns(ctx) }},
			{"tls", func() Finding { return g.tls(ctx) }},
			{"key", func() (f Finding) { m, f = g.key(ctx); return f }},
			{"plan", func() Finding { return plan(m) }},
			{"methods", func() Finding { return methods(m) }},
			{"domain", func() Finding { return g.domain(ctx, m) }},
		}
		for _, c := range checks {
			f := c.run()
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

func wrong(fault Fault, what, means, mend string) Finding {
	return Finding{Result: Failed, Fault: fault, What: what, Means: means, Mend: mend}
}

// direct returns the gateway's host and port, or why the way to it cannot be looked at.
func (g Gateway) direct() (u *url.URL, port, why string) {
	u, err := url.Parse(g.BaseURL)
	if err != nil {
		return nil, "", "the base URL cannot be read"
	}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u}); err != nil || proxy != nil {
		return nil, "", "the way leads through a proxy"
	}
	if port = u.Port(); port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u, port, ""
}

func (g Gateway) dns(ctx context.Context) Finding {
	u, _, why := g.direct()
	if why != "" {
		return skip(why)
	}
	if net.ParseIP(u.Hostname()) != nil {
		return fine("%s is an address, there is nothing to look up", u.Hostname())
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, u.Hostname())
	if err != nil {
		return wrong(NoDNS, "no address for "+u.Hostname(), "The gateway cannot be called.",
			"Check the base URL's spelling and this machine's name server.")
	}
	return fine("%s is %s", u.Hostname(), strings.Join(addresses, ", "))
}

func (g Gateway) tls(ctx context.Context) Finding {
	u, port, why := g.direct()
	switch {
	case why != "":
		return skip(why)
	case u.Scheme == "http":
		return fine("not needed, since the gateway is on this machine")
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, err := new(tls.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return noTLS(err)
	}
	defer conn.Close()
	state := conn.(*tls.Conn).ConnectionState() //nolint:forcetypeassert // a tls.Dialer makes nothing else
	expires := state.PeerCertificates[0].NotAfter
	if time.Until(expires) < certificateLeft {
		return wrong(ExpiresSoon, "the certificate expires on "+expires.Format(time.DateOnly),
			"After that day no call of the gateway succeeds.", "Tell the gateway's operator.")
	}
	return fine("%s, certificate until %s", tls.VersionName(state.Version), expires.Format(time.DateOnly))
}

func noTLS(err error) Finding {
	var cert *tls.CertificateVerificationError
	if errors.As(err, &cert) {
		return wrong(NoTLS, "the certificate cannot be trusted", "The SDK sends no key to such a host.",
			"Check the base URL, this machine's clock and its root certificates.")
	}
	return wrong(NoTLS, "no TLS connection", "The gateway cannot be called.",
		"Check the base URL's host and port, and firewalls in between.")
}

// key asks me.php, which changes nothing.
func (g Gateway) key(ctx context.Context) (*ecomtrade24.Merchant, Finding) {
	start := time.Now()
	m, err := g.Client.Me(ctx)
	switch {
	case errors.Is(err, ecomtrade24.ErrUnauthorized):
		return nil, wrong(KeyRefused, "me.php refuses the API key", "The shop cannot make a session.",
			"Check the key, and that it belongs to this gateway: sandbox with sandbox, production with production.")
	case err != nil:
		return nil, wrong(GatewayFails, plain(err), "The shop cannot make a session.",
			"Check the base URL. If it is right, try again later, or ask the gateway's operator.")
	}
	f := fine("me.php accepts the API key")
	f.TookMS = time.Since(start).Milliseconds()
	return m, f
}

// plain is the SDK's own words, which hold no key and no body.
func plain(err error) string { return strings.TrimPrefix(err.Error(), "ecomtrade24: ") }

func plan(m *ecomtrade24.Merchant) Finding {
	switch {
	case m == nil:
		return skip("me.php has to answer first")
	case m.SmartRouting():
		return fine("Smart Routing: the shop offers methods and sends one")
	}
	return fine("hosted checkout: the gateway's page offers the methods")
}

func methods(m *ecomtrade24.Merchant) Finding {
	if m == nil {
		return skip("me.php has to answer first")
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
		return fine("none listed, and none needed")
	case len(available) == 0:
		return wrong(NoMethods, "none"+missing,
			"Smart Routing needs a method, so no session can be made.", "Turn methods on in the merchant account.")
	}
	return fine("%s%s", strings.Join(available, ", "), missing)
}

// domain makes a session, since nothing else tells. Nobody pays it, so it expires.
func (g Gateway) domain(ctx context.Context, m *ecomtrade24.Merchant) Finding {
	switch {
	case !g.Create:
		return skip("only a new session tells, with --create")
	case m == nil:
		return skip("me.php has to answer first")
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
		return wrong(DomainRefused, p.Domain+" is not approved", "No session can be made for this shop.",
			"Have exactly this name approved, letter for letter, or give the one that is: without https:// and www.")
	case err != nil:
		return wrong(SessionRefused, plain(err), "The shop cannot make a session like this one.",
			"Mend what the answer names; docs/protocol.md explains the codes.")
	}
	return fine("%s is approved: it made session %s", p.Domain, s.ID)
}
