package webhook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const (
	defaultMaxBody = 64 << 10
	defaultTimeout = 30 * time.Second
	maxAhead       = 5 * time.Minute // how far a signed sent_at may lie in the future, for clocks that differ
)

// Handler is an http.Handler that verifies each delivery, decodes its event and passes it to the merchant's function.
// For a server that is not net/http, it has Deliver. It is safe for concurrent use. The zero value is not usable: call
// NewHandler.
type Handler struct {
	verifier *Verifier
	handle   func(context.Context, *ecomtrade24.Event) error
	logger   *slog.Logger
	observer Observer // nil for none
	maxBody  int64
	maxAge   time.Duration
	timeout  time.Duration // of handle
	buffers  sync.Pool     // of *bytes.Buffer
	work     work          // deliveries that are being handled
}

// NewHandler returns a Handler that passes each verified event to handle, with a context that has the values of the
// request's and goes on when the sender hangs up. It ends after the time of WithTimeout. What handle returns decides
// the response: nil gives 200; an error gives 500 (503 if that time was over), so that the gateway delivers again; an
// error wrapped in Discard gives 200. A panic in handle gives 500 and does not go further. handle runs on several
// goroutines at once. NewHandler panics if v or handle is nil.
func NewHandler(v *Verifier, handle func(context.Context, *ecomtrade24.Event) error, opts ...HandlerOption) *Handler {
	if v == nil || handle == nil {
		panic("webhook: NewHandler needs a Verifier and a function")
	}
	h := &Handler{
		verifier: v, handle: handle, logger: slog.New(slog.DiscardHandler), maxBody: defaultMaxBody, timeout: defaultTimeout,
	}
	h.buffers.New = func() any { return new(bytes.Buffer) }
	for _, opt := range opts {
		if opt != nil {
			opt(h)
		}
	}
	return h
}

// Reasons for rejecting a delivery, apart from its signature. The log gives the reason, the response does not.
var (
	errMethod   = errors.New("webhook: the method is not POST")
	errTooLarge = errors.New("webhook: the body is too large")
	errCutShort = errors.New("webhook: the body ended early")
	errStale    = errors.New("webhook: sent_at is absent, too old or in the future")
)

// ServeHTTP answers one delivery with 200, 400, 401, 405, 413, 500 or 503 and an empty body. The package documentation
// says what each status means.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d := handling{start: time.Now(), overHTTP: true}
	d.event, d.status, d.err = h.receive(r)
	h.finish(r.Context(), &d)
	if d.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	w.WriteHeader(d.status)
}

// receive reads and verifies the request. The status that it and the functions below return is for an error only.
func (h *Handler) receive(r *http.Request) (*ecomtrade24.Event, int, error) {
	if r.Method != http.MethodPost {
		return nil, http.StatusMethodNotAllowed, errMethod
	}
	found, status, err := h.admit(r.Header, r.ContentLength)
	if err != nil {
		return nil, status, err
	}
	buf := h.buffers.Get().(*bytes.Buffer)
	defer h.buffers.Put(buf)
	buf.Reset()
	if status, err := h.readBody(r, buf); err != nil {
		return nil, status, err
	}
	return h.parse(found, buf.Bytes())
}

// admit rejects what need not be read: a delivery without a signature, or a body of a size that is too large.
func (h *Handler) admit(header http.Header, size int64) (signatures, int, error) {
	found, err := findSignatures(header)
	switch {
	case err != nil:
		return found, http.StatusUnauthorized, err
	case size > h.maxBody:
		return found, http.StatusRequestEntityTooLarge, errTooLarge
	default:
		return found, 0, nil
	}
}

// readBody reads the body into buf, at most one byte beyond the limit. No body is an empty one.
func (h *Handler) readBody(r *http.Request, buf *bytes.Buffer) (int, error) {
	if r.Body == nil {
		return 0, nil
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

// parse verifies and decodes body.
func (h *Handler) parse(found signatures, body []byte) (*ecomtrade24.Event, int, error) {
	ev, err := h.verifier.parse(found, body)
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

func (h *Handler) fresh(sentAt time.Time) bool {
	if h.maxAge == 0 {
		return true
	}
	age := time.Since(sentAt)
	return !sentAt.IsZero() && age <= h.maxAge && age >= -maxAhead
}
