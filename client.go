package ecomtrade24

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
	"github.com/ecomtrade24/ecomtrade24-go/internal/neterr"
	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
)

// Version is the SDK's version, as sent in the User-Agent header.
const Version = "0.1.0"

const (
	defaultTimeout     = 15 * time.Second
	defaultMerchantTTL = 5 * time.Minute
	maxConns           = 64              // the maximum number of connections, which stay open between calls
	maxIdle            = 4 * time.Second // how long an idle connection stays open
	pingAfter          = 5 * time.Second // time without data before an HTTP/2 ping; also the ping's timeout
)

// Client talks to one gateway with one merchant's key. Create one with NewClient and share it: it is safe for
// concurrent use and keeps its connections open. The zero Client is not usable. Printing a Client never shows the key.
type Client struct {
	baseURL     string // without a trailing slash
	plainHTTP   bool   // allows http for any host
	deployment  *wire.Deployment
	userAgent   string
	bearer      func() string // a closure, so that printing a Client never reaches the key
	redact      func(string) string
	http        *http.Client
	netHTTP     bool // true if the transport seems to run only net/http's code
	timeout     time.Duration
	retry       RetryPolicy
	logger      *slog.Logger
	observer    Observer // nil if there is no observer
	middleware  []func(next http.RoundTripper) http.RoundTripper
	merchantTTL time.Duration
	plan        planMemory
}

// NewClient returns a client for the gateway at baseURL. The URL must use https (http is allowed only for a loopback
// host or with WithPlainHTTP) and may have a path prefix. apiKey is the merchant's secret key; keep it on your server.
// There is no default host, so the key only goes to a host that you named. NewClient returns an error if an argument or
// option is invalid. No error repeats the URL or the key.
func NewClient(baseURL, apiKey string, opts ...Option) (*Client, error) {
	c := &Client{
		deployment:  &wire.Deployments[0],
		userAgent:   "ecomtrade24-go/" + Version,
		http:        &http.Client{},
		timeout:     defaultTimeout,
		retry:       defaultRetry(),
		logger:      slog.New(slog.DiscardHandler),
		merchantTTL: defaultMerchantTTL,
	}
	for _, opt := range opts {
		if opt == nil {
			continue
		}
		if err := opt(c); err != nil {
			return nil, fmt.Errorf("ecomtrade24: new client: %w", err)
		}
	}
	var err error
	if c.baseURL, err = checkBaseURL(baseURL, c.plainHTTP); err != nil {
		return nil, fmt.Errorf("ecomtrade24: new client: %w", err)
	}
	if err := checkAPIKey(apiKey); err != nil {
		return nil, fmt.Errorf("ecomtrade24: new client: %w", err)
	}
	bearer := "Bearer " + apiKey
	c.bearer, c.redact = func() string { return bearer }, guard.RedactKey(apiKey)
	if _, standard := http.DefaultTransport.(*http.Transport); c.http.Transport == nil && standard {
		c.http.Transport = NewTransport() // not if http.DefaultTransport was replaced by a value of another type
	}
	for _, wrap := range slices.Backward(c.middleware) {
		c.http.Transport = wrap(cmp.Or(c.http.Transport, http.DefaultTransport))
		if c.http.Transport == nil {
			return nil, errors.New("ecomtrade24: new client: WithMiddleware: it returned no transport")
		}
	}
	c.netHTTP = onlyNetHTTP(c.http.Transport)
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c, nil
}

// String returns the client's base URL. It never shows the key.
func (c *Client) String() string { return "ecomtrade24.Client(" + c.baseURL + ")" }

// GoString returns the same as String, so %#v does not show the key either.
func (c *Client) GoString() string { return c.String() }

// CloseIdleConnections closes the connections that no call is using. You can keep using the client. If WithHTTPClient
// set a transport that you share, its other idle connections are closed too.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

// Option changes a default of NewClient. A nil Option, and the zero value of each option's argument (nil, "" or 0),
// mean the default. NewClient returns an error for a negative number or another invalid value.
type Option func(*Client) error

// WithHTTPClient sends requests with hc's transport, cookie jar and timeout. The client copies hc and never changes it.
// The client ignores CheckRedirect and follows no redirects, since a redirect could send the key to another host.
// Without this option, or if hc has no transport, the client uses NewTransport. A custom transport should not repeat
// requests and should notice dead connections: start with NewTransport.
func WithHTTPClient(hc *http.Client) Option {
	return func(c *Client) error {
		c.http = &http.Client{}
		if hc != nil {
			*c.http = *hc
		}
		return nil
	}
}

// WithMiddleware wraps the client's transport, for example to log or trace. Each attempt goes through the RoundTripper
// that wrap returns. This RoundTripper passes the attempt to next and must not send it twice. If you use the option
// several times, the first one is outermost.
func WithMiddleware(wrap func(next http.RoundTripper) http.RoundTripper) Option {
	return func(c *Client) error {
		if wrap != nil {
			c.middleware = append(c.middleware, wrap)
		}
		return nil
	}
}

// WithTimeout limits each attempt, from dialing to the last byte of the response. The default is 15 seconds. To limit a
// call with all its retries, set a deadline on its context.
func WithTimeout(d time.Duration) Option {
	return func(c *Client) error {
		if d < 0 {
			return errors.New("WithTimeout: the timeout must not be negative")
		}
		c.timeout = cmp.Or(d, defaultTimeout)
		return nil
	}
}

// WithRetry sets how often and when to retry: see RetryPolicy. Zero fields mean their defaults.
// RetryPolicy{MaxAttempts: 1} turns retries off.
func WithRetry(p RetryPolicy) Option {
	return func(c *Client) (err error) {
		c.retry, err = p.normal()
		return err
	}
}

// WithLogger logs each attempt, at Debug if it succeeded and at Warn if it failed. The default is no logging. No log
// line contains a key, a body or a query.
func WithLogger(l *slog.Logger) Option {
	return func(c *Client) error {
		c.logger = l
		if l == nil {
			c.logger = slog.New(slog.DiscardHandler)
		}
		return nil
	}
}

// WithObserver invokes o once for each "create session", "me" or "status" call that sends a request, however many
// attempts it makes. The default is no observer, which costs nothing. If you use the option several times, the last one
// counts; ecomtrade24otel.Client uses this option too.
func WithObserver(o Observer) Option {
	return func(c *Client) error {
		c.observer = o
		return nil
	}
}

// WithPlainHTTP allows an http base URL for any host, such as a sandbox in another container. The key, the buyer's
// email address and the checkout URL then travel unencrypted, so use it only in tests. By default http works only for a
// loopback host.
func WithPlainHTTP() Option {
	return func(c *Client) error {
		c.plainHTTP = true
		return nil
	}
}

// WithUserAgent puts product, such as "shop/1.4", before the SDK's name in the User-Agent header. The default is the
// SDK's name alone.
func WithUserAgent(product string) Option {
	return func(c *Client) error {
		if strings.TrimSpace(product) != product || !printable(product) {
			return errors.New("WithUserAgent: the product must be printable ASCII, such as shop/1.4")
		}
		c.userAgent = strings.TrimSpace(product + " ecomtrade24-go/" + Version)
		return nil
	}
}

// WithMerchantTTL sets how long Checkout uses a result of Me before it requests a new one. The default is 5 minutes.
func WithMerchantTTL(d time.Duration) Option {
	return func(c *Client) error {
		if d < 0 {
			return errors.New("WithMerchantTTL: the duration must not be negative")
		}
		c.merchantTTL = cmp.Or(d, defaultMerchantTTL)
		return nil
	}
}

// NewTransport returns a new transport with the settings that a Client uses by default. Use it if you need to change
// something, such as the root certificates or the proxy. It is a clone of http.DefaultTransport with these differences:
//
//   - It has at most 64 connections to a host and keeps them all open. Over HTTP/1 a 65th concurrent call waits for a
//     free connection.
//   - It closes a connection after 4 idle seconds, before the server does: many servers close idle connections after 5
//     seconds. A request sent just as the server closes its connection is lost, and a session request cannot be sent
//     again.
//   - It drops an HTTP/2 connection that stops responding: after 5 seconds of silence it sends a ping and waits 5 more
//     seconds. Otherwise every call would use that connection until the operating system drops it.
//   - If a proxy rejects the connection, the error names the status.
func NewTransport() *http.Transport {
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second,
	}
	if standard, ok := http.DefaultTransport.(*http.Transport); ok {
		transport = standard.Clone()
	}
	// Without MaxConnsPerHost, net/http dials too many connections while the pool fills: it starts to dial for a call, and
	// then the call takes an older connection that becomes free first.
	transport.MaxIdleConnsPerHost, transport.MaxConnsPerHost = maxConns, maxConns
	transport.IdleConnTimeout = maxIdle
	transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingAfter}
	if transport.OnProxyConnectResponse == nil {
		transport.OnProxyConnectResponse = checkProxy
	}
	return transport
}

// onlyNetHTTP reports whether rt is an *http.Transport that has only the protocols that net/http itself registers.
func onlyNetHTTP(rt http.RoundTripper) bool {
	transport, ok := rt.(*http.Transport)
	if !ok {
		return false
	}
	for protocol := range transport.TLSNextProto {
		if protocol != "h2" && protocol != "unencrypted_http2" { // net/http itself registers these two protocols
			return false
		}
	}
	return true
}

// checkProxy returns an error if the proxy rejects the CONNECT request.
func checkProxy(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	text := fmt.Sprintf("the proxy answered %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	if resp.StatusCode == http.StatusProxyAuthRequired {
		text += ": check the user name and password in HTTPS_PROXY"
	}
	return neterr.Plain(text)
}

// checkBaseURL returns the URL without a trailing slash. Its errors never repeat the argument: it might be the key.
func checkBaseURL(raw string, plainHTTP bool) (string, error) {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return "", errors.New("the base URL is empty: set it to your gateway's, such as https://pay.example")
	case err != nil || u.Scheme == "" || u.Hostname() == "" || strings.TrimSpace(raw) != raw:
		return "", errors.New("the base URL is not an absolute URL such as https://pay.example: are URL and key swapped?")
	case u.Scheme != "https" && u.Scheme != "http":
		return "", errors.New("the base URL must start with https://")
	case u.Scheme == "http" && !plainHTTP && !guard.Loopback(u.Hostname()):
		return "", errors.New("the base URL must start with https://, since the key must not be sent in the clear; " +
			"http:// is for a loopback host or, with WithPlainHTTP, for a sandbox in another container")
	case u.User != nil:
		return "", errors.New("the base URL must not carry a user name or password")
	case strings.ContainsAny(raw, "?#"):
		return "", errors.New("the base URL must not carry a query or fragment")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// checkAPIKey rejects text that cannot be a key. Its errors never repeat the argument.
func checkAPIKey(key string) error {
	switch {
	case key == "":
		return errors.New("the API key is empty: is its environment variable set?")
	case strings.Contains(key, "://"):
		return errors.New("the API key looks like a URL: are URL and key swapped?")
	case strings.Contains(key, " ") || !printable(key):
		return errors.New("the API key holds a space, a line break or another character that no key has: remove it")
	case strings.Trim(key, "\"'`") != key:
		return errors.New("the API key has quotation marks around it: remove them where it is set")
	case strings.Contains(key, "${") || strings.HasPrefix(key, "{{") || strings.HasPrefix(key, "<"):
		return errors.New("the API key is an unfilled placeholder: replace it with the key itself")
	}
	return nil
}

// printable reports whether s is ASCII without control characters.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
