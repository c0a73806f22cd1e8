package main

import (
	"context"
	"embed"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

//go:embed static
var static embed.FS

const (
	maxForm   = 16 << 10         // bytes
	bodyLasts = 15 * time.Second // how long a request's body may take to arrive
)

// routes serves the shop. A browser's POST from another site is refused; the gateway's webhooks carry no browser's
// headers and are known by their signature.
func (s *shop) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.showCatalogue)
	mux.HandleFunc("GET /basket", func(w http.ResponseWriter, r *http.Request) { s.showBasket(w, r, "") })
	mux.HandleFunc("POST /basket", s.changeBasket)
	mux.HandleFunc("POST /orders", s.placeOrder)
	mux.Handle("GET /orders", http.RedirectHandler("/basket", http.StatusSeeOther)) // where a refused form can be reloaded
	mux.HandleFunc("GET /orders/{id}", s.returned)
	mux.HandleFunc("GET /orders/{id}/events", s.watchOrder)
	mux.HandleFunc("POST /orders/{id}/pay", s.payAgain)
	mux.HandleFunc("GET /orders/{id}/pay", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/orders/"+url.PathEscape(r.PathValue("id")), http.StatusSeeOther)
	})
	mux.Handle("POST /api/webhook", s.hook)
	mux.Handle("GET /static/", cached(http.FileServerFS(static)))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", s.readiness)
	mux.Handle("GET /metrics", s.metrics())
	if s.adminPassword != "" {
		mux.Handle("/admin/", s.guarded(&s.guesses, s.adminRoutes()))
		mux.Handle("/admin", s.guarded(&s.guesses, s.adminRoutes()))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.showMessage(w, r, http.StatusNotFound, noPage) })
	return s.logged(limited(s.sameOrigin().Handler(mux), bodyLasts))
}

// sameOrigin takes a browser's POST from the shop's own pages only: those of PUBLIC_URL, whatever Host a proxy sends.
func (s *shop) sameOrigin() *http.CrossOriginProtection {
	protection := http.NewCrossOriginProtection()
	if u, err := url.Parse(s.publicURL); err == nil {
		_ = protection.AddTrustedOrigin(u.Scheme + "://" + u.Host) // PUBLIC_URL was looked at when the shop began
	}
	return protection
}

// isPublic tells whether buyers reach the shop by https.
func (s *shop) isPublic() bool { return strings.HasPrefix(s.publicURL, "https://") }

// readiness is for the load balancer: 503 before the shop serves, while it ends, and while its database does not
// answer. That a process is alive, at /healthz, does not depend on the database: a restart would not fix that.
func (s *shop) readiness(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if !s.ready.Load() || s.db.PingContext(ctx) != nil {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}

func cached(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=300")
		h.ServeHTTP(w, r)
	})
}

// limited bounds a body in time, and that of a form in size, and says what a page may do: nothing but show itself. The
// webhook's handler has a limit of its own, and reads the body as it came: nothing before it may decode or change it.
func limited(next http.Handler, lasts time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			// net/http ends the limit once all of the body is there: what the handler does then may take longer.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(lasts))
		}
		if r.URL.Path != "/api/webhook" {
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		}
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; "+
			"connect-src 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "same-origin") // an order's URL is for its buyer alone
		h.Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// logged writes a line for each request: the route, not the URL, whose query could hold anything. Order ids are in the
// log all the same, where the webhook's handler and the errors name them, so that a person can follow an order: whoever
// reads the log can open its page, with what was bought, the amount and the state, and nothing about the buyer.
func (s *shop) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		response, start := &statusWriter{ResponseWriter: w, status: http.StatusOK}, time.Now()
		next.ServeHTTP(response, r)
		level := slog.LevelDebug
		if response.status >= http.StatusInternalServerError {
			level = slog.LevelError
		}
		s.log.Log(r.Context(), level, "request", "route", r.Pattern, "response", response.status, "took", time.Since(start))
	})
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter

	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
