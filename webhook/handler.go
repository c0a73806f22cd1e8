package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const (
	defaultMaxBody = 64 << 10
	maxAhead       = 5 * time.Minute // how far a signed sent_at may lie in the future, for clocks that differ
)

// Handler is an http.Handler that verifies, decodes and hands on one event for each delivery.
type Handler struct {
	verifier *Verifier
	handle   func(context.Context, *ecomtrade24.Event) error
	logger   *slog.Logger
	maxBody  int64
	maxAge   time.Duration
	buffers  sync.Pool // of *bytes.Buffer
}

// HandlerOption changes a default of NewHandler.
type HandlerOption func(*Handler)

// WithMaxBody sets the largest body accepted, in bytes. The default, also for 0 and less, is 64 KiB.
func WithMaxBody(n int64) HandlerOption {
	return func(h *Handler) {
		if n > 0 {
			h.maxBody = n
		}
	}
}

// WithLogger logs one line for each delivery: Info if it was handled, Warn if it was refused or discarded, Error if handle
// failed. The default, also for nil, is silent. No line holds a body, a secret or a signature.
func WithLogger(l *slog.Logger) HandlerOption {
	return func(h *Handler) {
		if l != nil {
			h.logger = l
		}
	}
}

// WithMaxAge refuses events whose signed sent_at is absent, older than d, or more than 5 minutes ahead. It is off by
// default, also for 0 and less: whether a redelivery is stamped anew is not documented, and a refused event is a lost one.
func WithMaxAge(d time.Duration) HandlerOption {
	return func(h *Handler) { h.maxAge = d }
}

// NewHandler returns a Handler that gives each verified event to handle, with the request's context. What handle returns
// decides the answer: nil is 200, an error 500 (503 if the request's context ended), so that the gateway delivers again;
// an error wrapped in Discard is 200. A panic is a 500. It panics if v or handle is nil.
func NewHandler(v *Verifier, handle func(context.Context, *ecomtrade24.Event) error, opts ...HandlerOption) *Handler {
	if v == nil || handle == nil {
		panic("webhook: NewHandler needs a Verifier and a function")
	}
	h := &Handler{verifier: v, handle: handle, logger: slog.New(slog.DiscardHandler), maxBody: defaultMaxBody}
	h.buffers.New = func() any { return new(bytes.Buffer) }
	for _, opt := range opts {
		opt(h)
	}
	return h
}

// Discard wraps an error that a redelivery cannot mend, such as an unknown order: the Handler logs it and answers 200.
// Discard(nil) is nil.
func Discard(err error) error {
	if err == nil {
		return nil
	}
	return &discardError{err}
}

type discardError struct{ err error }

func (e *discardError) Error() string { return e.err.Error() }
func (e *discardError) Unwrap() error { return e.err }

// errStale: the signed time is outside of WithMaxAge's window.
var errStale = errors.New("webhook: sent_at is absent, too old or in the future")

// ServeHTTP answers a delivery: 200, or 400, 401, 405, 413, 500 or 503 without a reason. See the package documentation.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	ev, status, err := h.receive(r)
	if err == nil {
		status, err = h.dispatch(r.Context(), ev)
	}
	if status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	w.WriteHeader(status)
	h.log(r.Context(), ev, status, err, time.Since(start))
}

// receive reads and verifies the request; its status counts only with an error. A request without a usable signature is
// refused before its body is read.
func (h *Handler) receive(r *http.Request) (*ecomtrade24.Event, int, error) {
	if r.Method != http.MethodPost {
		return nil, http.StatusMethodNotAllowed, errors.New("webhook: method " + http.MethodPost + " only")
	}
	var c candidates
	if c.collect(r.Header); !c.usable() {
		return nil, http.StatusUnauthorized, ErrNoSignature
	}
	buf := h.buffers.Get().(*bytes.Buffer)
	defer h.buffers.Put(buf)
	buf.Reset()
	if status, err := h.readBody(r, buf); err != nil {
		return nil, status, err
	}
	ev, err := h.verifier.Parse(r.Header, buf.Bytes())
	switch {
	case errors.Is(err, ErrMalformed):
		return nil, http.StatusBadRequest, err
	case err != nil:
		return nil, http.StatusUnauthorized, err
	case !h.fresh(ev.SentAt):
		return ev, http.StatusBadRequest, errStale
	}
	return ev, 0, nil
}

// readBody reads at most the limit and one byte.
func (h *Handler) readBody(r *http.Request, buf *bytes.Buffer) (int, error) {
	tooLarge := errors.New("webhook: body too large")
	if r.ContentLength > h.maxBody {
		return http.StatusRequestEntityTooLarge, tooLarge
	}
	_, err := buf.ReadFrom(io.LimitReader(r.Body, h.maxBody+1))
	switch {
	case int64(buf.Len()) > h.maxBody:
		return http.StatusRequestEntityTooLarge, tooLarge
	case err != nil && r.Context().Err() != nil:
		return http.StatusServiceUnavailable, r.Context().Err()
	case err != nil:
		return http.StatusBadRequest, errors.New("webhook: the body ended early")
	}
	return 0, nil
}

func (h *Handler) fresh(sentAt time.Time) bool {
	if h.maxAge <= 0 {
		return true
	}
	age := time.Since(sentAt)
	return !sentAt.IsZero() && age <= h.maxAge && age >= -maxAhead
}

// dispatch runs the merchant's function and turns its result into an answer.
func (h *Handler) dispatch(ctx context.Context, ev *ecomtrade24.Event) (int, error) {
	if ctx.Err() != nil {
		return http.StatusServiceUnavailable, ctx.Err()
	}
	err := h.call(ctx, ev)
	var discarded *discardError
	switch {
	case err == nil || errors.As(err, &discarded):
		return http.StatusOK, err
	case ctx.Err() != nil:
		return http.StatusServiceUnavailable, err
	default:
		return http.StatusInternalServerError, err
	}
}

// call turns a panic of the merchant's function into an error, so that the event is delivered again.
func (h *Handler) call(ctx context.Context, ev *ecomtrade24.Event) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("webhook: panic: %v\n%s", p, debug.Stack())
		}
	}()
	return h.handle(ctx, ev)
}

func (h *Handler) log(ctx context.Context, ev *ecomtrade24.Event, status int, err error, took time.Duration) {
	level := slog.LevelInfo
	switch {
	case status == http.StatusInternalServerError:
		level = slog.LevelError
	case err != nil:
		level = slog.LevelWarn
	}
	if !h.logger.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 7)
	attrs = append(attrs, slog.Int("answer", status), slog.Duration("took", took))
	if ev != nil {
		attrs = append(attrs, slog.String("event", string(ev.Type)), slog.String("session", ev.SessionID),
			slog.String("order", ev.OrderID), slog.String("status", string(ev.Status)))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	h.logger.LogAttrs(ctx, level, "webhook: delivery", attrs...)
}
