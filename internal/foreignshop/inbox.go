package foreignshop

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"sync"
)

// inbox keeps the webhooks that were accepted.
type inbox struct {
	mu       sync.Mutex
	webhooks []Webhook
}

// Webhook is what the integration reads of a webhook's body.
type Webhook struct {
	Event      string          `json:"event"`
	SessionID  json.RawMessage `json:"session_id"`
	OrderID    string          `json:"order_id"`
	Status     string          `json:"status"`
	Amount     string          `json:"amount"`
	Currency   string          `json:"currency"`
	Email      string          `json:"email"`
	TxID       string          `json:"txid"`
	ShopDomain string          `json:"shop_domain"`
	Test       bool            `json:"test"`
}

// ServeHTTP takes a webhook whose signature header is, letter for letter, the bare lower-case hex of the HMAC over the
// raw body. A prefix is refused, as the integrations in production refuse it.
func (m *Merchant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
	if err != nil {
		http.Error(w, "unreadable", http.StatusBadRequest)
		return
	}
	mac := hmac.New(sha256.New, []byte(m.Secret))
	mac.Write(raw)
	want := hex.EncodeToString(mac.Sum(nil))
	if !hmac.Equal([]byte(want), []byte(r.Header.Get(m.Header))) {
		http.Error(w, "bad signature", http.StatusUnauthorized)
		return
	}
	var webhook Webhook
	if err := json.Unmarshal(raw, &webhook); err != nil {
		http.Error(w, "bad JSON", http.StatusBadRequest)
		return
	}
	m.inbox.mu.Lock()
	defer m.inbox.mu.Unlock()
	m.inbox.webhooks = append(m.inbox.webhooks, webhook)
}

// Webhooks returns the webhooks that were accepted, in the order in which they came.
func (m *Merchant) Webhooks() []Webhook {
	m.inbox.mu.Lock()
	defer m.inbox.mu.Unlock()
	return slices.Clone(m.inbox.webhooks)
}
