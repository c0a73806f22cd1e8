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
	maxAhead       = 5 * time.Minute // how far in the future a signed sent_at may be, since clocks differ
)

// Handler is an http.Handler that verifies each delivery, decodes its event and passes it to your function. For servers
// that are not net/http, use its Deliver method. It is safe for concurrent use. The zero value is not usable: call
// NewHandler.
type Handler struct {
	verifier *Verifier
	handle   func(context.Context, *ecomtrade24.Event) error
	logger   *slog.Logger
	observer Observer // nil if there is no observer
	maxBody  int64
	maxAge   time.Duration
	timeout  time.Duration // the time limit of handle
	buffers  sync.Pool     // a pool of *bytes.Buffer
	work     work          // the deliveries that are running
}

// NewHandler returns a Handler that passes each verified event to handle. The context that handle gets has the
// request's values. The context does not end when the sender hangs up, only after the time of WithTimeout. The result
// of handle decides the response: 200 for nil, 200 for an error from Discard, and 500 for any other error (503 after
// the time of WithTimeout), so that the gateway delivers again. A panic in handle is recovered and gives 500. Several
// goroutines may run handle at the same time. NewHandler panics if v or handle is nil.
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

// Reasons for rejecting a delivery, apart from its signature. They are logged but never part of the response.
var (
	errMethod   = errors.New("webhook: the method is not POST")
	errTooLarge = errors.New("webhook: the body is too large")
	errCutShort = errors.New("webhook: the body ended early")
	errStale    = errors.New("webhook: sent_at is absent, too old or in the future")
)

// ServeHTTP responds to one delivery with 200, 400, 401, 405, 413, 500 or 503 and an empty body. The package
// documentation says what each status means.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d := handling{start: time.Now(), overHTTP: true}
	d.event, d.status, d.err = h.receive(r)
	h.finish(r.Context(), &d)
	if d.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	w.WriteHeader(d.status)
}

// receive reads and verifies the request. Like the functions below, it returns a nonzero status only together with an
// error.
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

// admit rejects a delivery before its body is read if there is no signature or the Content-Length is too large.
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

// readBody reads the body into buf, at most one byte beyond the limit. A nil body counts as empty.
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
