package webhook

import (
	"cmp"
	"log/slog"
	"math"
	"time"
)

// HandlerOption changes a default of NewHandler. A nil HandlerOption and the zero value of each option's argument (nil
// or 0) mean the default. A negative number makes NewHandler panic.
type HandlerOption func(*Handler)

// WithMaxBody sets the size of the largest accepted body in bytes. The default is 64 KiB.
func WithMaxBody(n int64) HandlerOption {
	return func(h *Handler) {
		mustNotBeNegative("WithMaxBody", n)
		h.maxBody = min(cmp.Or(n, defaultMaxBody), math.MaxInt64-1) // one extra byte is read to detect a larger body
	}
}

// WithTimeout limits the context of the merchant's function. The default is 30 seconds. If the function returns an
// error after that time, the response is 503. If it returns nil, the response is still 200. http.Server.Shutdown may
// have to wait that long.
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
// interrupted, at Error if handle failed. The default is no logging. No line contains a body, a secret or a signature.
// But a line contains the text of handle's error and the words passed to Note, so keep secrets out of both.
func WithLogger(l *slog.Logger) HandlerOption {
	return func(h *Handler) {
		h.logger = l
		if l == nil {
			h.logger = slog.New(slog.DiscardHandler)
		}
	}
}

// WithObserver calls o for every delivery, once it is verified or rejected. The merchant's function gets the context
// that o returns, with the time limit that NewHandler describes. Once the response is decided, the Handler calls the
// function that o returned. The default is no observer. If you use the option several times, the last one counts;
// ecomtrade24otel.Webhook uses this option too.
func WithObserver(o Observer) HandlerOption {
	return func(h *Handler) { h.observer = o }
}

// WithMaxAge rejects events whose signed sent_at is absent, older than d, or more than 5 minutes in the future. The
// default accepts any age. The gateway does not document whether a redelivery gets a new sent_at, and an event that is
// rejected every time is lost.
func WithMaxAge(d time.Duration) HandlerOption {
	return func(h *Handler) {
		mustNotBeNegative("WithMaxAge", int64(d))
		h.maxAge = d
	}
}
