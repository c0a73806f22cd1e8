package sandbox

import (
	"cmp"
	"crypto/subtle"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/php"
)

// Request is one call of the merchant's API and the status of its response.
type Request struct {
	Method string
	Path   string
	Query  string
	Header http.Header
	Body   []byte
	Status int // of the response; 0 means that the connection was dropped
	Time   time.Time
}

// response is one response of the API: an HTTP status and a JSON body.
type response struct {
	status int
	body   php.Object
}

// refuse returns a response that says no: which error, as a code, and why, as a message.
func refuse(status int, code ecomtrade24.ErrorCode, format string, args ...any) *response {
	return &response{status, php.Object{"ok", false, "error", string(code), "message", fmt.Sprintf(format, args...)}}
}

const (
	sessionPath = "/gateway/session.php"
	mePath      = "/gateway/me.php"
	maxRequest  = 1 << 20
)

// serveAPI records the call, applies the fault that was asked for, if any, and answers.
func (g *Gateway) serveAPI(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	f, index := g.record(r, body)
	if f.slow > 0 && !g.sleep(r.Context().Done(), f.healed, f.slow) {
		drop(w)
	}
	var a *response
	switch {
	case f.status != 0:
		a = nil
	case err != nil:
		a = refuse(http.StatusRequestEntityTooLarge, "body_too_large",
			"the request's body ended early or is over %d bytes", maxRequest)
	default:
		a = g.respond(r, body)
	}
	if f.drop || f.late > 0 && !g.sleep(r.Context().Done(), f.healed, f.late) {
		drop(w)
	}
	if a == nil {
		g.setStatus(index, f.status)
		f.respond(w)
		return
	}
	g.setStatus(index, a.status)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if a.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", methodOf(r.URL.Path))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(php.Encode(a.body))
}

// record keeps the call and takes the fault that is due. The number it returns is for setStatus.
func (g *Gateway) record(r *http.Request, body []byte) (fault, int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.requests = append(g.requests, Request{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Header: r.Header.Clone(), Body: body, Time: time.Now(),
	})
	var f fault
	if len(g.faults) > 0 {
		f, g.faults = g.faults[0], g.faults[1:]
	}
	f.healed = g.healed
	return f, len(g.requests) - 1
}

func (g *Gateway) setStatus(index, status int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.requests[index].Status = status
}

// Requests returns every call of the API so far, including the refused ones.
func (g *Gateway) Requests() []Request {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.requests)
}

// Deployment returns the deployment that the gateway plays.
func (g *Gateway) Deployment() ecomtrade24.Deployment { return g.config.Deployment }

func (g *Gateway) respond(r *http.Request, body []byte) *response {
	path := r.URL.Path
	switch {
	case path != sessionPath && path != mePath && path != g.plays.statusPath:
		return refuse(http.StatusNotFound, "not_found",
			"no such endpoint: there are %s, %s and %s", sessionPath, mePath, g.plays.statusPath)
	case !g.authorised(r):
		return refuse(http.StatusUnauthorized, ecomtrade24.CodeUnauthorized,
			"send the merchant's key as Authorization: Bearer KEY")
	case r.Method != methodOf(path):
		return refuse(http.StatusMethodNotAllowed, "method_not_allowed", "use %s for %s", methodOf(path), path)
	case path == sessionPath:
		return g.createSession(r.Header, body)
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

// authorised reports whether the request carries the merchant's key.
func (g *Gateway) authorised(r *http.Request) bool {
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok && g.plays.keyHeader != "" {
		key, ok = r.Header.Get(g.plays.keyHeader), true
	}
	return ok && subtle.ConstantTimeCompare([]byte(key), []byte(g.config.APIKey)) == 1
}

func (g *Gateway) me() *response {
	shape := cmp.Or(g.config.Shape, g.plays.shape)
	mode, methods := g.Plan()
	return &response{http.StatusOK, g.plays.me(mode == ecomtrade24.ModeSmartRouting, shape.write(methods))}
}

func (g *Gateway) status(id string) *response {
	if id == "" {
		return refuse(http.StatusUnprocessableEntity, "missing_session_id", "name the session in ?session_id=")
	}
	s, ok := g.snapshot(id)
	if !ok {
		return refuse(http.StatusNotFound, "session_not_found", "this merchant has no session %q", id)
	}
	body := append(php.Object{"ok", true}, g.facts(s.payment)...)
	body = append(body,
		"shop_domain", s.payment.Domain,
		"expires_at", s.expiresAt.Format(time.DateTime),
		"test", false,
	)
	return &response{http.StatusOK, body}
}
