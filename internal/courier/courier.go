// Package courier carries webhooks from the sandbox to a merchant: it signs them, tries again until they are taken, and
// lets happen to them on the way what happens on a real network.
package courier

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
	"github.com/ecomtrade24/ecomtrade24-go/internal/inmemory"
	"github.com/ecomtrade24/ecomtrade24-go/internal/newest"
)

// Config says how webhooks are carried. Secret and Header are required.
type Config struct {
	Secret    func(domain string) string // that signs the webhooks of a domain
	Header    string                     // that the signature is in
	Naming    Naming                     // of the event in each webhook
	Prefix    bool                       // sign with "sha256=" before the hex digits; both forms are the contract's
	Attempts  int                        // of one webhook; 0 means 5
	Backoff   time.Duration              // before the second attempt, doubled for each one after; 0 means 20 ms
	Changed   func()                     // called when there is something new. It must not wait
	Delivered func(Delivery)             // called after each attempt to deliver, on several goroutines at once
	Keep      int                        // how many deliveries are kept, the newest; 0 means 10,000
	KeepBytes int                        // how much of each body is kept; 0 means all
	KeepTotal int                        // how many bytes of deliveries are kept; 0 means any number
	Seed      uint64                     // of all random choices
}

// Courier carries the webhooks of one merchant. It is safe for concurrent use.
type Courier struct {
	config  Config
	sending tasks         // one for each webhook on its way
	closing chan struct{} // closed by Close

	mu         sync.Mutex // guards what follows
	closed     bool
	target     *target
	webhooks   int // sent so far
	deliveries newest.List[*delivery]
	chaos      chaos
	random     *rand.Rand
	held       []message         // by FaultReorder
	later      map[*delayed]bool // by a delay
	abandoned  int               // webhooks that Close cut short
	handlers   []*inmemory.Server
}

// New returns a courier that delivers nothing until DeliverTo or DeliverToHandler. Close it at the end.
func New(c Config) *Courier {
	if c.Attempts == 0 {
		c.Attempts = 5
	}
	if c.Backoff == 0 {
		c.Backoff = 20 * time.Millisecond
	}
	if c.Changed == nil {
		c.Changed = func() {}
	}
	k := &Courier{
		deliveries: newest.List[*delivery]{Most: cmp.Or(c.Keep, 10_000), Bytes: c.KeepTotal},
		config:     c, closing: make(chan struct{}), later: map[*delayed]bool{},
		random: newRandom(c.Seed),
	}
	k.sending.init()
	return k
}

func newRandom(seed uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // repeatable on purpose, it guards nothing
}

// ErrClosed is what a courier says that is closed.
var ErrClosed = errors.New("sandbox: the gateway is closed")

// target is where webhooks go.
type target struct {
	url    *url.URL
	client *http.Client
}

// DeliverTo sends every webhook from now on to rawURL. One that is not an absolute http or https URL is an error.
func (k *Courier) DeliverTo(rawURL string) error {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("sandbox: cannot deliver webhooks: their URL is not an absolute http or https URL")
	}
	k.setTarget(u, &http.Transport{DisableKeepAlives: true})
	return nil
}

// DeliverToHandler calls handler for every webhook from now on, without a socket. path is what the handler sees.
func (k *Courier) DeliverToHandler(handler http.Handler, path string) {
	server := inmemory.Serve(handler)
	k.setTarget(&url.URL{Scheme: "https", Host: "merchant.example", Path: path}, server.Transport())
	k.mu.Lock()
	defer k.mu.Unlock()
	k.handlers = append(k.handlers, server)
}

func (k *Courier) setTarget(u *url.URL, transport *http.Transport) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.target = &target{url: u, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       attemptTimeout,
	}}
}

// Target is where webhooks go, without what may be secret in it, and "" for nowhere.
func (k *Courier) Target() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.target == nil {
		return ""
	}
	return guard.URL(k.target.url.String())
}

// Close stops the courier. It waits up to 11 seconds for deliveries on their way, and as long again for handlers. Its
// error says what was left behind: webhooks that were held back, delayed or to be sent again, and handlers that do not
// return.
func (k *Courier) Close() error {
	k.mu.Lock()
	if k.closed {
		k.mu.Unlock()
		return nil
	}
	k.closed = true
	close(k.closing)
	unfinished := len(k.held)
	for d := range k.later {
		d.timer.Stop()
		unfinished += len(d.batch)
	}
	clear(k.later)
	k.mu.Unlock()
	k.sending.waitFor(grace)
	k.mu.Lock()
	defer k.mu.Unlock()
	var errs []error
	if unfinished += k.abandoned; unfinished > 0 {
		errs = append(errs, fmt.Errorf("sandbox: webhooks that were not delivered yet: %d", unfinished))
	}
	for _, server := range k.handlers {
		if err := server.Close(grace); err != nil {
			errs = append(errs, fmt.Errorf("sandbox: deliver: %w", err))
		}
	}
	return errors.Join(errs...)
}

// sleep waits for d and returns true, or false if the courier closes first.
func (k *Courier) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-k.closing:
		return false
	}
}
