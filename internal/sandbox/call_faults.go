package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox/php"
)

// fault is a simulated failure of one API call. The zero value is no fault.
type fault struct {
	name   string        // the name of the control that turned it on
	does   string        // what the call will do, in the words of Faults
	status int           // if not 0, the call is not processed and gets this response status
	drop   bool          // the call takes effect, but its response is lost
	cut    bool          // the call takes effect, and half of its response arrives
	slow   time.Duration // the delay before the call is processed
	late   time.Duration // the delay of the response, after the call's effect
	body   *string       // if not nil, the body of the response, sent with status
	healed chan struct{} // closed when Heal ends the delays
}

// FailCalls makes the next n API calls fail with status, without any effect. With 502, 503 and 504 the body is a
// proxy's HTML page; with any other status, even 200, it is the gateway's JSON error with ok:false. Each call gets one
// fault, in the sequence in which the faults were set.
func (g *Gateway) FailCalls(n, status int) {
	does := strings.TrimSpace(fmt.Sprintf("get %d %s", status, http.StatusText(status)))
	g.ask(n, fault{name: "fail", does: does, status: status})
}

// DropResponses closes the connection instead of responding to the next n API calls. The calls still take effect.
func (g *Gateway) DropResponses(n int) {
	g.ask(n, fault{name: "drop", does: "get no response", drop: true})
}

// CutResponses sends half of the response to the next n API calls. The calls take effect.
func (g *Gateway) CutResponses(n int) {
	g.ask(n, fault{name: "cut", does: "get half a response", cut: true})
}

// SlowCalls delays the next n API calls by d before the gateway processes them.
func (g *Gateway) SlowCalls(n int, d time.Duration) {
	g.ask(n, fault{name: "slow", does: fmt.Sprintf("wait %v", d), slow: d})
}

// DelayResponses delays the responses to the next n API calls by d. The calls take effect immediately.
func (g *Gateway) DelayResponses(n int, d time.Duration) {
	g.ask(n, fault{name: "late", does: fmt.Sprintf("get a response %v late", d), late: d})
}

// lookup holds the response to the status lookups of one session.
type lookup struct {
	status int // 0 means no response
	body   string
}

// SetLookupResponse sets the response to every status lookup of the session until Heal. With status 0 the lookups get
// no response.
func (g *Gateway) SetLookupResponse(session string, status int, body string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lookups[session] = lookup{status, body}
}

// aboutLookup returns the fault set by SetLookupResponse if the call is a lookup of that session, and otherwise f.
func (g *Gateway) aboutLookup(r *http.Request, f fault) fault {
	g.mu.Lock()
	defer g.mu.Unlock()
	l, asked := g.lookups[r.URL.Query().Get("session_id")]
	switch {
	case !asked || r.URL.Path != g.plays.StatusPath:
		return f
	case l.status == 0:
		return fault{slow: hangs, healed: f.healed}
	}
	return fault{status: l.status, body: &l.body, healed: f.healed}
}

// RewriteResponses changes the body of every API response until Heal, to test other variants of the JSON.
func (g *Gateway) RewriteResponses(change func(body string) string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rewrite = change
}

func (g *Gateway) rewritten(body []byte) []byte {
	g.mu.Lock()
	change := g.rewrite
	g.mu.Unlock()
	if change == nil {
		return body
	}
	return []byte(change(string(body)))
}

// Heal ends the effects of SetLookupResponse and RewriteResponses, and the remaining faults of FailCalls,
// DropResponses, CutResponses, SlowCalls and DelayResponses. Waiting calls continue.
func (g *Gateway) Heal() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.faults = nil
	g.rewrite = nil
	clear(g.lookups)
	close(g.healed)
	g.healed = make(chan struct{})
	g.bell.ring()
}

const mostFaults = 100_000 // maximum number of pending faults

func (g *Gateway) ask(n int, f fault) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for range min(n, mostFaults-len(g.faults)) {
		g.faults = append(g.faults, f)
	}
	g.bell.ring()
}

// askedFor is the recorded reason for the failure of a call that got a fault.
const askedFor = "simulated failure"

// response returns the error response of the gateway, or of a proxy in front of it.
func (f fault) response() (contentType string, body []byte) {
	contentType = "application/json; charset=utf-8"
	if f.body != nil {
		return contentType, []byte(*f.body)
	}
	body = php.Encode(refuse(0, f.code(), askedFor).body)
	switch f.status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		title := fmt.Sprintf("%d %s", f.status, http.StatusText(f.status))
		contentType = "text/html"
		body = []byte("<html><head><title>" + title + "</title></head>" +
			"<body><center><h1>" + title + "</h1></center></body></html>\r\n")
	}
	return contentType, body
}

func (f fault) code() ecomtrade24.ErrorCode {
	switch f.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return ecomtrade24.CodeUnauthorized
	case http.StatusTooManyRequests:
		return ecomtrade24.CodeRateLimited
	default:
		return "temporary_error"
	}
}

// drop ends the connection and the handler. On a socket it sends the start of a response first. Without that, net/http
// would repeat a GET whose reused connection ended without a byte, and the caller would not see the fault.
func drop(w http.ResponseWriter) {
	if conn, buffer, err := http.NewResponseController(w).Hijack(); err == nil {
		_, _ = buffer.WriteString("HTTP/1.1 ")
		_ = buffer.Flush()
		_ = conn.Close()
	}
	panic(http.ErrAbortHandler)
}

// sleep waits for d, or until healed is closed, and returns true. It returns false if the gateway closes or done is
// closed first.
func (g *Gateway) sleep(done, healed <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-healed:
		return true
	case <-done:
	case <-g.ending:
	}
	return false
}
