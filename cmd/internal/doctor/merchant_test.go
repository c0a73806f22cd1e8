package doctor_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/cmd/internal/diagnose"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

const secret = "whsec_4f1d0c7a9be2"

// sdk returns an endpoint that uses the SDK.
func sdk() http.Handler {
	verifier, err := webhook.NewVerifier(secret)
	if err != nil {
		panic(err)
	}
	return webhook.NewHandler(verifier, func(context.Context, *ecomtrade24.Event) error { return nil })
}

// merchant is an endpoint written without the SDK. Each field plants a fault; the zero value has no fault.
type merchant struct {
	takesUnsigned bool                // accepts a delivery without a signature
	takesForged   bool                // accepts any signature
	remembers     bool                // accepts a signature that was right for another body
	takesGarbage  bool                // accepts a body that it cannot decode
	lengthOnly    bool                // limits only Content-Length, not the bytes read
	twice         int                 // the response to a repetition; 0 means 200
	refusal       int                 // the response to a wrong signature; 0 means 401
	tooLarge      int                 // the response to a large body; 0 means 413
	odd           int                 // the response to an unknown member; 0 means 200
	limit         int64               // size limit in bytes; 0 means 64 KiB
	key           string              // "" means the right secret, "none" an empty one
	headers       []string            // signature headers to read; nil means all three
	form          func(string) string // extracts the digits from a header's value
	reencode      func([]byte) []byte // changes the body before verifying
	compares      func(given, right string) bool
	unknown       int // the response to an unknown order; 0 means 200

	mu    sync.Mutex
	seen  map[string]bool
	right map[string]bool
}

func (m *merchant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	limit := cmp.Or(m.limit, 64<<10)
	if m.lengthOnly {
		limit = 1 << 30
	}
	body, _ := io.ReadAll(io.LimitReader(r.Body, limit+1))
	switch {
	case int64(len(body)) > limit || m.lengthOnly && r.ContentLength > 64<<10:
		w.WriteHeader(cmp.Or(m.tooLarge, http.StatusRequestEntityTooLarge))
	case !m.verifies(r.Header, body):
		w.WriteHeader(cmp.Or(m.refusal, http.StatusUnauthorized))
	case m.unknown != 0:
		w.WriteHeader(m.unknown)
	case m.odd != 0 && bytes.Contains(body, []byte(`"note"`)):
		w.WriteHeader(m.odd)
	default:
		w.WriteHeader(m.handle(body))
	}
}

func (m *merchant) verifies(h http.Header, body []byte) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	value := m.signature(h)
	switch {
	case value == "":
		return m.takesUnsigned
	case m.takesForged || m.remembers && m.right[value]:
		return true
	}
	digits := strings.TrimPrefix(value, "sha256=")
	if m.form != nil {
		digits = m.form(value)
	}
	if m.reencode != nil {
		body = m.reencode(body)
	}
	key := cmp.Or(m.key, secret)
	if key == "none" {
		key = ""
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(body)
	right := hex.EncodeToString(mac.Sum(nil))
	ok := hmac.Equal([]byte(digits), []byte(right))
	if m.compares != nil {
		ok = m.compares(digits, right)
	}
	if ok && m.right != nil {
		m.right[value] = true
	}
	return ok
}

func (m *merchant) signature(h http.Header) string {
	names := m.headers
	if names == nil {
		names = webhook.SignatureHeaders()
	}
	for _, name := range names {
		if h.Get(name) != "" {
			return h.Get(name)
		}
	}
	return ""
}

func (m *merchant) handle(body []byte) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ev struct {
		OrderID string `json:"order_id"`
	}
	if json.Unmarshal(body, &ev) != nil && !m.takesGarbage {
		return http.StatusBadRequest
	}
	if m.twice != 0 && m.seen[ev.OrderID] {
		return m.twice
	}
	if m.seen == nil {
		m.seen = map[string]bool{}
	}
	m.seen[ev.OrderID] = true
	return http.StatusOK
}

// answers returns an endpoint that always responds with status.
func answers(status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
}

func hangUp(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength > 64<<10 || r.ContentLength < 0 {
		panic(http.ErrAbortHandler)
	}
	new(merchant).ServeHTTP(w, r)
}

func silent(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // the server notices a closed connection only after the body is read
	<-r.Context().Done()
}

func login(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Signature") == "" {
		http.Redirect(w, r, "/login", http.StatusFound)
		return
	}
	new(merchant).ServeHTTP(w, r)
}

// digits returns the header's value unchanged.
func digits(value string) string { return value }

// prefixed removes the prefix sha256=. For a value without the prefix, it returns "".
func prefixed(value string) string {
	digits, ok := strings.CutPrefix(value, "sha256=")
	if !ok {
		return ""
	}
	return digits
}

// The ways in which programs re-encode decoded JSON.

// goMap sorts the members.
func goMap(body []byte) []byte {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return body
	}
	encoded, _ := json.Marshal(v)
	return encoded
}

// php keeps the sequence of members, and escapes like the gateway.
func php(body []byte) []byte {
	return compact(body, `\/`, `\/`, `/`, `\/`, `é`, `\u00e9`, `1.50`, `1.5`)
}

// node keeps the sequence of members and escapes nothing.
func node(body []byte) []byte { return compact(body, `\/`, `/`, `\u00e9`, `é`, `1.50`, `1.5`) }

// python keeps the sequence of members, and puts spaces after commas and colons.
func python(body []byte) []byte {
	return diagnose.Spaced(compact(body, `\/`, `/`, `é`, `\u00e9`, `1.50`, `1.5`))
}

func compact(body []byte, replace ...string) []byte {
	var b bytes.Buffer
	if json.Compact(&b, body) != nil {
		return body
	}
	return []byte(strings.NewReplacer(replace...).Replace(b.String()))
}

// goStruct keeps only known members, in the gateway's sequence.
func goStruct(body []byte) []byte {
	var ev struct {
		Event      string  `json:"event"`
		SessionID  int     `json:"session_id"`
		OrderID    string  `json:"order_id"`
		Status     string  `json:"status"`
		Amount     string  `json:"amount"`
		Currency   string  `json:"currency"`
		Email      *string `json:"email"`
		TxID       *string `json:"txid"`
		MerchantID int     `json:"merchant_id"`
		ShopDomain string  `json:"shop_domain"`
		SentAt     string  `json:"sent_at"`
		Provider   string  `json:"provider"`
		Test       bool    `json:"test"`
	}
	if json.Unmarshal(body, &ev) != nil {
		return body
	}
	encoded, _ := json.Marshal(ev)
	return encoded
}
