package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/panicked"
)

const (
	defaultMaxBody = 64 << 10
	maxAhead       = 5 * time.Minute // how far a signed sent_at may lie in the future, for clocks that differ
)

// Handler is an http.Handler that verifies each delivery, decodes its event and passes it to the merchant's function.
// It is safe for concurrent use. The zero value is not usable: call NewHandler.
type Handler struct {
	verifier *Verifier
	handle   func(context.Context, *ecomtrade24.Event) error
	logger   *slog.Logger
	observer ecomtrade24.Observer // nil for none
	maxBody  int64
	maxAge   time.Duration
	buffers  sync.Pool // of *bytes.Buffer
}

// NewHandler returns a Handler that passes each verified event to handle, with the request's context. What handle
// returns decides the answer: nil gives 200; an error gives 500 (503 if the request's context ended), so that the
// gateway delivers again; an error wrapped in Discard gives 200. A panic in handle gives 500 and does not go further.
// handle runs on several goroutines at once. NewHandler panics if v, handle or an option is nil.
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

// discarded reports whether err wraps a discarded error. It does not look into joined errors: a redelivery may still
// mend the others.
func discarded(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		if _, ok := err.(*discardError); ok { //nolint:errorlint // errors.As would look into joined errors
			return true
		}
	}
	return false
}

// Reasons for refusing a delivery, apart from its signature. The log gives the reason, the answer does not.
var (
	errMethod   = errors.New("webhook: the method is not POST")
	errTooLarge = errors.New("webhook: the body is too large")
	errCutShort = errors.New("webhook: the body ended early")
	errStale    = errors.New("webhook: sent_at is absent, too old or in the future")
)

// ServeHTTP answers one delivery with 200, 400, 401, 405, 413, 500 or 503 and an empty body. The package documentation
// says what each status means.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start, ctx := time.Now(), r.Context()
	ev, status, err := h.receive(r)
	var end func(ecomtrade24.Result)
	if h.observer != nil {
		ctx, end = h.observer(ctx, ecomtrade24.Operation{Name: "webhook", Start: start, Event: ev})
	}
	if err == nil {
		status, err = h.dispatch(ctx, ev)
	}
	if status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	w.WriteHeader(status)
	h.log(ctx, ev, status, err, time.Since(start))
	if end != nil {
		end(resultOf(ev, status, err))
	}
}

// receive reads and verifies the request. The status it returns is for an error only. A request without a plausible
// signature is refused before its body is read.
func (h *Handler) receive(r *http.Request) (*ecomtrade24.Event, int, error) {
	if r.Method != http.MethodPost {
		return nil, http.StatusMethodNotAllowed, errMethod
	}
	if err := plausible(r.Header); err != nil {
		return nil, http.StatusUnauthorized, err
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

// readBody reads the body into buf, at most one byte beyond the limit.
func (h *Handler) readBody(r *http.Request, buf *bytes.Buffer) (int, error) {
	if r.ContentLength > h.maxBody {
		return http.StatusRequestEntityTooLarge, errTooLarge
	}
	_, err := buf.ReadFrom(io.LimitReader(r.Body, h.maxBody+1))
	switch {
	case int64(buf.Len()) > h.maxBody:
		return http.StatusRequestEntityTooLarge, errTooLarge
	case err != nil && r.Context().Err() != nil:
		return http.StatusServiceUnavailable, r.Context().Err()
	case err != nil:
		return http.StatusBadRequest, errCutShort
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
	switch {
	case err == nil || discarded(err):
		return http.StatusOK, err
	case ctx.Err() != nil:
		return http.StatusServiceUnavailable, err
	default:
		return http.StatusInternalServerError, err
	}
}

// call turns a panic of the merchant's function, http.ErrAbortHandler included, into an error, so that the event is
// delivered again.
func (h *Handler) call(ctx context.Context, ev *ecomtrade24.Event) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("webhook: %w", panicked.Error(p))
		}
	}()
	return h.handle(ctx, ev)
}
