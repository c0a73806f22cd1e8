package sandbox

import (
	"fmt"
	"net/http"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// fault is what one call of the API meets. The zero fault is none.
type fault struct {
	status int           // answered instead of the call being looked at
	drop   bool          // the call has its effect, and its answer is lost
	slow   time.Duration // before anything else
}

// FailNext answers the next n API calls with status, unseen by the rest of the gateway: with a proxy's HTML page for
// 502, 503 and 504, and with the gateway's JSON otherwise; 200 gives ok:false in a 200. Faults are met in the order
// of asking.
func (g *Gateway) FailNext(n, status int) { g.ask(n, fault{status: status}) }

// DropNext closes the connection instead of answering the next n API calls. They have had their effect by then.
func (g *Gateway) DropNext(n int) { g.ask(n, fault{drop: true}) }

// SlowNext lets the next n API calls wait for d before they are looked at.
func (g *Gateway) SlowNext(n int, d time.Duration) { g.ask(n, fault{slow: d}) }

func (g *Gateway) ask(n int, f fault) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for range n {
		g.faults = append(g.faults, f)
	}
}

// answer writes what a failing gateway, or the proxy before it, would.
func (f fault) answer(w http.ResponseWriter) {
	contentType, body := "application/json; charset=utf-8", encode(refuse(0, f.code(), "this failure was asked for").body)
	switch f.status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		title := fmt.Sprintf("%d %s", f.status, http.StatusText(f.status))
		contentType = "text/html"
		body = []byte("<html><head><title>" + title + "</title></head>" +
			"<body><center><h1>" + title + "</h1></center></body></html>\r\n")
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(f.status)
	_, _ = w.Write(body)
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

// drop ends the connection and the handler. On a socket the start of an answer goes out first: net/http would quietly
// send a GET again after a kept connection ended without a byte, and the caller would never meet the fault.
func drop(w http.ResponseWriter) {
	if conn, buffer, err := http.NewResponseController(w).Hijack(); err == nil {
		_, _ = buffer.WriteString("HTTP/1.1 ")
		_ = buffer.Flush()
		_ = conn.Close()
	}
	panic(http.ErrAbortHandler)
}

// sleep waits for d. It returns false if the gateway closes or done is closed first.
func (g *Gateway) sleep(done <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-done:
	case <-g.closing:
	}
	return false
}
