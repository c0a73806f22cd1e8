package sandbox

import (
	"cmp"
	"crypto/subtle"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox/php"
)

// Request is an API call and its response.
type Request struct {
	Record

	Number   int    // the call's number, from 1
	Response []byte // the response's body
	Took     time.Duration

	SessionID, OrderID string // of the call; "" if there is none
}

// Record has the fields of gatewaytest.Request.
type Record struct {
	Method   string
	Path     string
	Query    string
	Header   http.Header
	Body     []byte
	Status   int      // status of the response; 0 if the connection was dropped
	Rejected string   // why it was rejected; "" if it was not
	Warnings []string // what the shop should avoid in the request
	Time     time.Time
}

// response is a response of the API: an HTTP status, a JSON body, and what to record about the call.
type response struct {
	status int
	body   php.Object

	why                string
	warnings           []string
	sessionID, orderID string
}

// refuse returns a response that rejects a call with a status, code and message.
func refuse(status int, code ecomtrade24.ErrorCode, format string, args ...any) *response {
	why := fmt.Sprintf(format, args...)
	return &response{status: status, why: why, body: php.Object{"ok", false, "error", string(code), "message", why}}
}

const (
	sessionPath = "/gateway/session.php"
	mePath      = "/gateway/me.php"
	maxRequest  = 1 << 20
)

// serveAPI records the call, applies its fault, if any, and responds.
func (g *Gateway) serveAPI(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	f, call := g.record(r, body, g.mayCall(r))
	f = g.aboutLookup(r, f)
	defer g.called(call) // deferred, since drop panics
	if f.slow > 0 && !g.sleep(r.Context().Done(), f.healed, f.slow) {
		drop(w)
	}
	var a *response
	switch {
	case f.status != 0:
		a = &response{status: f.status, why: askedFor}
	case err != nil:
		a = refuse(http.StatusRequestEntityTooLarge, "body_too_large",
			"the request body ended early or is over %d bytes", maxRequest)
	default:
		a = g.respond(r, body)
	}
	if f.drop || f.late > 0 && !g.sleep(r.Context().Done(), f.healed, f.late) {
		g.answered(call, a, 0, nil)
		drop(w)
	}
	contentType, content := "application/json; charset=utf-8", g.rewritten(php.Encode(a.body))
	if f.status != 0 {
		contentType, content = f.response()
	}
	g.answered(call, a, a.status, content)
	w.Header().Set("Content-Type", contentType)
	if a.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", methodOf(r.URL.Path))
	}
	if f.cut {
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		content = content[:len(content)/2]
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(content) //nolint:gosec // content is JSON, or a proxy's fixed page
}

// record stores the call and returns the next fault.
func (g *Gateway) record(r *http.Request, body []byte, counts bool) (fault, *Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	call := &Request{SessionID: r.URL.Query().Get("session_id"), Record: Record{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Header: r.Header.Clone(), Body: g.kept(body),
		Time: time.Now(),
	}}
	call.Number = g.requests.Add(call, headerSize(call.Header)+len(call.Path)+len(call.Query)+len(call.Body)+
		g.config.KeepBytes) // the largest size of the recorded response
	g.bell.ring()
	if s := g.byID[call.SessionID]; s != nil {
		call.OrderID = g.short(s.payment.OrderID)
	}
	var f fault
	if counts && len(g.faults) > 0 {
		f, g.faults = g.faults[0], g.faults[1:]
	}
	f.healed = g.healed
	return f, call
}

// short returns a text truncated to KeepBytes.
func (g *Gateway) short(s string) string { return string(g.kept([]byte(s))) }

// answered records the response to a call before sending it, so that a client that has the response also finds the
// record.
func (g *Gateway) answered(call *Request, a *response, status int, body []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	call.Status, call.Rejected, call.Response = status, g.short(a.why), g.kept(body)
	for _, warning := range a.warnings {
		call.Warnings = append(call.Warnings, g.short(warning))
	}
	call.SessionID = g.short(cmp.Or(a.sessionID, call.SessionID))
	call.OrderID = g.short(cmp.Or(a.orderID, call.OrderID))
	call.Took = time.Since(call.Time)
	g.bell.ring()
}

func (g *Gateway) called(call *Request) {
	if g.config.Called == nil {
		return
	}
	g.mu.Lock()
	done := *call
	g.mu.Unlock()
	g.config.Called(done)
}

// Requests returns the kept API calls, including rejected ones.
func (g *Gateway) Requests() []Request {
	g.mu.Lock()
	defer g.mu.Unlock()
	calls := make([]Request, 0, len(g.requests.All()))
	for _, call := range g.requests.All() {
		calls = append(calls, *call)
	}
	return calls
}

// Deployment returns the gateway's deployment.
func (g *Gateway) Deployment() ecomtrade24.Deployment { return g.config.Deployment }

func (g *Gateway) respond(r *http.Request, body []byte) *response {
	path := r.URL.Path
	switch {
	case !g.mayCall(r):
		return refuse(http.StatusMisdirectedRequest, "misdirected_request", elsewhere)
	case path != sessionPath && path != mePath && path != g.plays.StatusPath:
		return refuse(http.StatusNotFound, "not_found",
			"unknown endpoint: use %s, %s or %s", sessionPath, mePath, g.plays.StatusPath)
	case !g.authorised(r):
		return refuse(http.StatusUnauthorized, ecomtrade24.CodeUnauthorized,
			"send the merchant's key as Authorization: Bearer KEY")
	case r.Method != methodOf(path):
		return refuse(http.StatusMethodNotAllowed, "method_not_allowed", "use %s for %s", methodOf(path), path)
	case path == sessionPath:
		return g.createSession(r.Context(), r.Header, body)
	case path == mePath:
		return g.me()
	default:
		return g.status(r.URL.Query().Get("session_id"))
	}
}

func methodOf(path string) string {
	if path == sessionPath {
		return http.MethodPost
	}
	return http.MethodGet
}

// authorised reports whether the request has the merchant's key.
func (g *Gateway) authorised(r *http.Request) bool {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	ok := strings.EqualFold(scheme, "Bearer")
	if !ok && g.plays.KeyHeader != "" {
		key, ok = r.Header.Get(g.plays.KeyHeader), true
	}
	return ok && subtle.ConstantTimeCompare([]byte(key), []byte(g.config.APIKey)) == 1
}

func (g *Gateway) me() *response {
	shape := g.config.Shape
	if shape == 0 && g.plays.MethodsMap {
		shape = ShapeMap
	}
	mode, methods := g.Plan()
	return &response{
		status: http.StatusOK, body: g.plays.Me(mode == ecomtrade24.ModeSmartRouting, shape.write(methods)),
	}
}

func (g *Gateway) status(id string) *response {
	if id == "" {
		return refuse(http.StatusUnprocessableEntity, "missing_session_id", "set the session's ID in ?session_id=")
	}
	s, ok := g.snapshot(id)
	if !ok {
		return refuse(http.StatusNotFound, "session_not_found", "this merchant has no session %q", id)
	}
	body := append(php.Object{"ok", true}, delivery.Facts(s.payment)...)
	body = append(body,
		"shop_domain", s.payment.Domain,
		"expires_at", s.expiresAt.Format(time.DateTime),
		"test", s.payment.Test,
	)
	return &response{status: http.StatusOK, body: body, orderID: s.payment.OrderID}
}
