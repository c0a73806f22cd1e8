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

// routes returns the shop's handler. It rejects a browser's POST from another site. Webhooks from the gateway have no
// browser headers; their signature identifies them.
func (s *shop) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.showCatalogue)
	mux.HandleFunc("GET /basket", func(w http.ResponseWriter, r *http.Request) { s.showBasket(w, r, "") })
	mux.HandleFunc("POST /basket", s.changeBasket)
	mux.HandleFunc("POST /orders", s.placeOrder)
	mux.Handle("GET /orders", http.RedirectHandler("/basket", http.StatusSeeOther)) // for a reload after a rejected form
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

// sameOrigin accepts a browser's POST only from the shop's own pages. It accepts pages at PUBLIC_URL even if a proxy
// sends another Host.
func (s *shop) sameOrigin() *http.CrossOriginProtection {
	protection := http.NewCrossOriginProtection()
	if u, err := url.Parse(s.publicURL); err == nil {
		_ = protection.AddTrustedOrigin(u.Scheme + "://" + u.Host) // checkPublic has already checked PUBLIC_URL
	}
	return protection
}

// isPublic reports whether buyers use https.
func (s *shop) isPublic() bool { return strings.HasPrefix(s.publicURL, "https://") }

// readiness serves /readyz for the load balancer: 503 before the shop serves, while it shuts down, and while its
// database does not respond. /healthz does not check the database, because a restart would not fix it.
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

// limited wraps next: it limits how long a body may take to arrive and how large a form may be, and sets headers that
// restrict what a page may load. The webhook's handler limits the size itself; nothing in front of it may decode or
// change the body.
func limited(next http.Handler, lasts time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			// net/http lifts the deadline once the body has arrived, so the handler may take longer.
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

// logged wraps next: it logs each request's route, not its URL, because the query could contain anything. The webhook's
// log lines and errors still have order IDs, so that you can trace an order. Anyone who reads the log can open the
// order's page, which shows the items, amount and state but nothing about the buyer.
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

// Unwrap returns the wrapped writer, for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
