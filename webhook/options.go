package webhook

import (
	"log/slog"
	"math"
	"time"
)

// HandlerOption changes a default of NewHandler.
type HandlerOption func(*Handler)

// WithMaxBody sets the largest body accepted, in bytes. The default, also for 0 and less, is 64 KiB.
func WithMaxBody(n int64) HandlerOption {
	return func(h *Handler) {
		if n > 0 {
			h.maxBody = min(n, math.MaxInt64-1) // one byte more is read, to see that a body is too large
		}
	}
}

// WithLogger logs one line for each delivery: Info if it was handled, Warn if it was refused, discarded or
// interrupted, Error if handle failed. The default, also for nil, is silent. No line holds a body, a secret or a
// signature; the text of the error that handle returned is in it, so keep them out of that too.
func WithLogger(l *slog.Logger) HandlerOption {
	return func(h *Handler) {
		if l != nil {
			h.logger = l
		}
	}
}

// WithMaxAge refuses events whose signed sent_at is absent, older than d, or more than 5 minutes ahead. It is off by
// default, also for 0 and less: whether a redelivery is stamped anew is not documented, and a refused event is a lost
// one.
func WithMaxAge(d time.Duration) HandlerOption {
	return func(h *Handler) { h.maxAge = d }
}
