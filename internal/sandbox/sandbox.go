// Package sandbox implements a fake gateway as one stateful http.Handler: the merchant API, the checkout page and
// signed webhooks. Package gatewaytest and the command line use it. No money moves.
//
// The gateway follows docs/protocol.md and is neither stricter nor looser. Its error messages also say why it rejects a
// request.
package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// Config configures a gateway. APIKey, WebhookSecret and BaseURL are required.
type Config struct {
	BaseURL         string // URL at which merchants and buyers reach the handler, used in checkout_url
	APIKey          string
	WebhookSecret   string
	DomainSecrets   map[string]string // webhook secrets by domain, instead of WebhookSecret
	Domains         []string          // approved domains; none means any bare host name
	Mode            ecomtrade24.IntegrationMode
	Methods         []ecomtrade24.Method   // nil means DefaultMethods with Smart Routing, otherwise no methods
	Shape           Shape                  // the JSON shape in which me.php writes Methods
	Deployment      ecomtrade24.Deployment // "" means FiavexPay
	SignatureHeader string                 // "" means X-Signature
	Naming          delivery.Naming        // the event's type and member in webhooks
	SignaturePrefix bool                   // sign with "sha256=" before the hex digits
	RequireEmail    bool                   // reject a session request without the buyer's email address
	Strict          bool                   // reject requests that would otherwise be accepted with a warning
	NoPayoutWallet  bool                   // reject every session, as for a merchant without a payout wallet
	FirstSession    int64                  // the ID of the first session; 0 means 12345
	Attempts        int                    // attempts per webhook; 0 means 5
	Backoff         time.Duration          // pause before the second attempt, then doubled; 0 means 20 ms
	Open            bool                   // the server intentionally listens on non-loopback addresses
	Keep            int                    // how many of the newest calls and deliveries are kept; 0 means 10,000
	KeepBytes       int                    // how much of each body is kept; 0 means all
	// KeepTotal limits how many bytes are kept, separately for calls, deliveries and sessions. 0 means no limit, so all
	// sessions are kept.
	KeepTotal int
	Called    func(Request)  // called after each API call, concurrently
	Delivered func(Delivery) // called after each delivery, concurrently
	Seed      uint64         // seed of all random choices
}

// DefaultMethods returns the default methods with Smart Routing: card, pix (not available) and upi.
func DefaultMethods() []ecomtrade24.Method {
	return []ecomtrade24.Method{
		{ID: "card", Label: "Card", Available: true},
		{ID: "pix", Label: "Pix"},
		{ID: "upi", Label: "UPI", Available: true},
	}
}

// Gateway is one merchant's gateway. It is safe for concurrent use.
type Gateway struct {
	config   Config
	plays    *wire.Deployment
	pages    http.Handler
	sdk      *ecomtrade24.Client // used to check requests; sends nothing
	inMemory *Server             // serves this gateway without a socket
	closing  chan struct{}       // closed by Close
	ending   chan struct{}       // closed by EndRequests
	endOnce  sync.Once
	bell     bell            // rung after each change
	sending  tasks           // a task for each batch of webhooks being sent
	ctx      context.Context //nolint:containedctx // a delivery outlives the request that caused it
	cancel   func()          // cancels ctx

	mu       sync.Mutex // guards the fields below, and the plan in config
	closed   bool
	healed   chan struct{} // closed and replaced by Heal
	sessions []*session
	byID     map[string]*session

	sessionBytes int

	nextSession int64             // the next session's ID
	lookups     map[string]lookup // responses by session ID, set by SetLookupResponse
	rewrite     func(body string) string
	requests    newest[*Request]
	moves       newest[Moved]
	faults      []fault // faults of the next API calls, in sequence

	targets    map[string]*target // webhook targets by domain; "" is for all other domains
	handlers   []*Server
	webhooks   int // number of webhooks so far
	deliveries newest[*attempt]
	spoiled    spoiled
	random     *rand.Rand
	held       []message         // held back by FaultReorder
	later      map[*delayed]bool // delayed webhooks
	abandoned  int               // number of webhooks that Close interrupted
}

// Transport returns a RoundTripper that reaches the gateway without a socket, with any host in the request.
func (g *Gateway) Transport() http.RoundTripper { return g.inMemory.Transport() }

// New returns a gateway, or an error if the configuration is invalid. Call Close when you are done.
func New(c Config) (*Gateway, error) {
	switch {
	case c.APIKey == "" || c.WebhookSecret == "" || c.BaseURL == "":
		return nil, errors.New("the settings BaseURL, APIKey and WebhookSecret must not be empty")
	case c.Keep < 0 || c.KeepBytes < 0 || c.KeepTotal < 0:
		return nil, errors.New("the limits Keep, KeepBytes and KeepTotal must not be negative")
	case c.FirstSession < 0:
		return nil, errors.New("the first session's id must not be negative")
	case c.Attempts < 0 || c.Backoff < 0:
		return nil, errors.New("the number of attempts and the pause between them must not be negative")
	}
	c.Mode = cmp.Or(c.Mode, ecomtrade24.ModeHostedCheckout)
	if err := knownMode(c.Mode); err != nil {
		return nil, err
	}
	c.Deployment = cmp.Or(c.Deployment, ecomtrade24.FiavexPay)
	plays := wire.FindDeployment(string(c.Deployment))
	if plays == nil {
		return nil, fmt.Errorf("no such deployment: choose %s", strings.Join(wire.DeploymentNames(), " or "))
	}
	c.SignatureHeader = cmp.Or(c.SignatureHeader, webhook.SignatureHeaders()[0])
	if known := webhook.SignatureHeaders(); !slices.Contains(known, http.CanonicalHeaderKey(c.SignatureHeader)) {
		return nil, fmt.Errorf("no such signature header: choose one of %s", strings.Join(known, ", "))
	}
	if c.Methods == nil && c.Mode == ecomtrade24.ModeSmartRouting {
		c.Methods = DefaultMethods()
	}
	c.SignatureHeader = http.CanonicalHeaderKey(c.SignatureHeader)
	c.FirstSession = cmp.Or(c.FirstSession, 12345)
	c.Keep = cmp.Or(c.Keep, 10_000)
	c.Attempts = cmp.Or(c.Attempts, 5)
	c.Backoff = cmp.Or(c.Backoff, 20*time.Millisecond)
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	g := &Gateway{
		config: c, plays: plays, closing: make(chan struct{}), ending: make(chan struct{}), healed: make(chan struct{}),
		byID: map[string]*session{}, nextSession: c.FirstSession, lookups: map[string]lookup{},
		later: map[*delayed]bool{}, targets: map[string]*target{}, random: newRandom(c.Seed),
	}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	g.sending.init()
	g.requests.Most, g.moves.Most, g.deliveries.Most = c.Keep, c.Keep, c.Keep
	g.requests.Bytes, g.moves.Bytes, g.deliveries.Bytes = c.KeepTotal, c.KeepTotal, c.KeepTotal
	var err error
	g.sdk, err = ecomtrade24.NewClient("https://pay.example", "the-sandbox-itself",
		ecomtrade24.WithDeployment(c.Deployment), ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxAttempts: 1}),
		ecomtrade24.WithHTTPClient(&http.Client{Transport: nowhere{}}))
	if err != nil {
		return nil, err
	}
	g.inMemory = ServeInMemory(g)
	g.pages = g.ownHost(http.NewCrossOriginProtection().Handler(g.routes()))
	return g, nil
}

// secretOf returns the webhook secret of a domain.
func (g *Gateway) secretOf(domain string) string {
	return cmp.Or(g.config.DomainSecrets[domain], g.config.WebhookSecret)
}

func newRandom(seed uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // deterministic on purpose, not used for security
}

// routes returns the routes of the checkout page, the workbench and its API; /gateway/ is the merchant API.
func (g *Gateway) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /pay.php", g.showCheckout)
	mux.HandleFunc("POST /pay.php", g.decideCheckout)
	mux.HandleFunc("GET /{$}", g.showActivity)
	mux.HandleFunc("GET /sessions", g.showSessions)
	mux.HandleFunc("GET /sessions/{id}", g.showSession)
	mux.HandleFunc("GET /calls/{number}", g.showCall)
	mux.HandleFunc("GET /deliveries/{number}", g.showDelivery)
	mux.HandleFunc("GET /faults", g.showFaults)
	mux.HandleFunc("GET /page/{file}", servePart)
	mux.HandleFunc("GET /sandbox/events", g.watch)
	mux.HandleFunc("GET /sandbox/sessions", g.listSessions)
	mux.HandleFunc("POST /sandbox/sessions", g.makeSession)
	mux.HandleFunc("GET /sandbox/sessions/{id}", g.readOne)
	mux.HandleFunc("POST /sandbox/sessions/{id}/{action}", g.act)
	mux.HandleFunc("GET /sandbox/calls", g.listCalls)
	mux.HandleFunc("GET /sandbox/deliveries", g.listDeliveries)
	mux.HandleFunc("POST /sandbox/deliveries/{number}/resend", g.resend)
	mux.HandleFunc("POST /sandbox/test", g.test)
	mux.HandleFunc("GET /sandbox/faults", g.listFaults)
	mux.HandleFunc("POST /sandbox/faults/{name}", g.turnFault)
	return mux
}

// ownHost rejects requests for another host name.
func (g *Gateway) ownHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.named(r) {
			next.ServeHTTP(w, r)
			return
		}
		http.Error(w, elsewhere, http.StatusMisdirectedRequest)
	})
}

const elsewhere = "this host is not the sandbox: use its address or localhost; " +
	"to accept any host name, listen on all addresses, such as 0.0.0.0:8024"

// named reports whether the request is for one of the gateway's own names. Another site can make its own host name
// resolve to this machine, but its requests then carry that name, not an IP address.
func (g *Gateway) named(r *http.Request) bool {
	own, _ := url.Parse(g.config.BaseURL)
	name := (&url.URL{Host: r.Host}).Hostname()
	_, err := netip.ParseAddr(name)
	return err == nil || name == "localhost" || strings.HasSuffix(name, ".localhost") ||
		own != nil && strings.EqualFold(name, own.Hostname())
}

// mayCall reports whether the request may use the API. A sandbox open to other machines accepts any host name, such as
// its container's. So does an in-memory sandbox, since no other machine can reach it.
func (g *Gateway) mayCall(r *http.Request) bool {
	_, tcp := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return !tcp || g.config.Open || g.named(r)
}

// ServeHTTP serves the API and the pages.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/gateway/") {
		g.serveAPI(w, r)
		return
	}
	g.pages.ServeHTTP(w, r)
}

// EndRequests ends requests that would delay a server's Shutdown: event streams of open workbench pages, and calls that
// a fault delays. Close also does this.
func (g *Gateway) EndRequests() { g.endOnce.Do(func() { close(g.ending) }) }

// Close stops the gateway. It waits up to 11 seconds for deliveries in progress, and up to 11 more for handlers. Its
// error reports undelivered webhooks and handlers that did not return.
func (g *Gateway) Close() error {
	g.EndRequests()
	waiting, open := g.close()
	if !open {
		return nil
	}
	g.sending.waitFor(grace)
	g.cancel()
	g.sending.waitFor(Grace)
	g.mu.Lock()
	unfinished := waiting + g.abandoned
	handlers := g.handlers
	g.mu.Unlock()
	var errs []error
	if unfinished > 0 {
		errs = append(errs, fmt.Errorf("undelivered webhooks: %d", unfinished))
	}
	for _, server := range handlers {
		if err := server.Close(grace); err != nil {
			errs = append(errs, fmt.Errorf("deliver: %w", err))
		}
	}
	return errors.Join(append(errs, g.inMemory.Close(Grace))...)
}

// close ends timers and pauses, and abandons the waiting webhooks. It returns the number of those webhooks, and whether
// the gateway was open.
func (g *Gateway) close() (waiting int, open bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return 0, false
	}
	g.closed = true
	waiting = g.waiting()
	close(g.closing)
	for _, s := range g.sessions {
		s.timer.Stop()
	}
	for d := range g.later {
		d.timer.Stop()
	}
	clear(g.later)
	g.held = nil
	return waiting, true
}
