package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/callback"
)

// Deliver is like ServeHTTP, but for servers that are not net/http: it returns the status to respond with. The body
// must be the raw bytes of a POST. Header names may be in any case. Deliver keeps neither header nor body, so a server
// may reuse its buffers. Pass a ctx that does not end when the sender hangs up. Otherwise, work that takes longer than
// the sender's timeout could never finish. The status is 503 if ctx has already ended, or if the function fails after
// ctx or the time of WithTimeout has ended.
func (h *Handler) Deliver(ctx context.Context, header http.Header, body []byte) (status int) {
	d := handling{start: time.Now()}
	found, status, err := h.admit(header, int64(len(body)))
	d.status, d.err = status, err
	if err == nil {
		d.event, d.status, d.err = h.parse(found, body)
	}
	h.finish(ctx, &d)
	return d.status
}

// handling holds the state of one delivery while a Handler processes it.
type handling struct {
	start  time.Time
	event  *ecomtrade24.Event // nil if the delivery cannot be trusted or read
	status int
	err    error
	notes  []string

	overHTTP bool // true if the context ends when the sender hangs up
}

// finish runs all steps after the verification and decides the response.
func (h *Handler) finish(ctx context.Context, d *handling) {
	h.work.begin()
	defer h.work.end()
	var end func(Result)
	if h.observer != nil {
		ctx, end = h.observer(ctx, Delivery{Start: d.start, Event: d.event})
	}
	if d.err == nil {
		if d.overHTTP { // otherwise a sender that always hangs up early would roll back slow work every time
			ctx = context.WithoutCancel(ctx)
		}
		h.dispatch(ctx, d)
	}
	h.log(ctx, d)
	if end != nil {
		end(d.result())
	}
}

// dispatch runs the merchant's function, unless ctx has ended. It collects the function's notes if a logger or an
// observer uses them.
func (h *Handler) dispatch(ctx context.Context, d *handling) {
	if ctx.Err() != nil {
		d.status, d.err = http.StatusServiceUnavailable, ctx.Err()
		return
	}
	ctx, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	var words *callback.Words
	if h.observer != nil || h.logger.Enabled(ctx, slog.LevelError) {
		ctx, words = callback.BeginWords(ctx)
	}
	d.status, d.err = h.call(ctx, d.event)
	d.notes = words.List()
}

// call runs the merchant's function and turns its result into a response. A panic, including http.ErrAbortHandler,
// becomes an error, so that the gateway delivers the event again.
func (h *Handler) call(ctx context.Context, ev *ecomtrade24.Event) (status int, err error) {
	defer func() {
		if p := recover(); p != nil {
			status, err = http.StatusInternalServerError, fmt.Errorf("webhook: %w", callback.PanicError(p))
		}
	}()
	err = h.handle(ctx, ev)
	switch {
	case err == nil || Discarded(err):
		return http.StatusOK, err
	case ctx.Err() != nil:
		return http.StatusServiceUnavailable, err
	default:
		return http.StatusInternalServerError, err
	}
}
