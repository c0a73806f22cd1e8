package webhook

import (
	"cmp"
	"log/slog"
	"math"
	"time"
)

// HandlerOption changes a default of NewHandler. The default is also what a nil HandlerOption and the zero value of
// each option mean: nil and 0. A negative number makes NewHandler panic.
type HandlerOption func(*Handler)

// WithMaxBody sets the size of the largest body that is accepted, in bytes. The default is 64 KiB.
func WithMaxBody(n int64) HandlerOption {
	return func(h *Handler) {
		mustNotBeNegative("WithMaxBody", n)
		h.maxBody = min(cmp.Or(n, defaultMaxBody), math.MaxInt64-1) // one more byte is read, to notice one that is too large
	}
}

// WithTimeout limits the context of the merchant's function. The default is 30 seconds. A function that returns an
// error after that is answered 503. One that returns nil is answered 200 all the same. http.Server.Shutdown waits for
// as long.
func WithTimeout(d time.Duration) HandlerOption {
	return func(h *Handler) {
		mustNotBeNegative("WithTimeout", int64(d))
		h.timeout = cmp.Or(d, defaultTimeout)
	}
}

func mustNotBeNegative(option string, n int64) {
	if n < 0 {
		panic("webhook: NewHandler: " + option + " must not be negative")
	}
}

// WithLogger logs one line for each delivery: at Info if it was handled, at Warn if it was rejected, discarded or
// interrupted, at Error if handle failed. By default nothing is logged. No line holds a body, a secret or a signature.
// A line does hold the text of the error that handle returned and the words of Note, so keep them out of those too.
func WithLogger(l *slog.Logger) HandlerOption {
	return func(h *Handler) {
		h.logger = l
		if l == nil {
			h.logger = slog.New(slog.DiscardHandler)
		}
	}
}

// WithObserver calls o for every delivery, as soon as it is verified or rejected. handle gets the context that o
// returns, with its own limits (see NewHandler), and the function that o returns is called when the response is
// decided. The default is no observer.
func WithObserver(o Observer) HandlerOption {
	return func(h *Handler) { h.observer = o }
}

// WithMaxAge rejects events whose signed sent_at is absent, older than d, or more than 5 minutes ahead. By
// default an event of any age is accepted: it is not documented whether a redelivery gets a new sent_at, and an event
// that is rejected each time is lost.
func WithMaxAge(d time.Duration) HandlerOption {
	return func(h *Handler) {
		mustNotBeNegative("WithMaxAge", int64(d))
		h.maxAge = d
	}
}
