// Package foreignshop is a merchant's integration without the SDK, like those that run in production: raw bytes over
// net/http, written from the wire contract (docs/protocol.md) and not from this repository's code. Its tests show that
// such integrations can talk to the sandbox. Nothing of the SDK may be imported here, or they would prove nothing.
package foreignshop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Merchant is the shop's backend. Its fields are what it was given when it signed up, and what differs between the
// deployments.
type Merchant struct {
	BaseURL    string
	APIKey     string
	Secret     string // the webhook secret
	StatusPath string
	Header     string // the header in which it looks for a webhook's signature

	inbox inbox
}

// Answer is what the integration reads of the gateway's JSON, in every response.
type Answer struct {
	HTTPStatus      int             `json:"-"`
	OK              bool            `json:"ok"`
	Error           string          `json:"error"`
	SessionID       json.RawMessage `json:"session_id"` // a number or a string
	CheckoutURL     string          `json:"checkout_url"`
	OrderID         string          `json:"order_id"`
	Status          string          `json:"status"`
	Amount          string          `json:"amount"`
	Currency        string          `json:"currency"`
	Email           string          `json:"email"`
	TxID            string          `json:"txid"`
	IntegrationMode string          `json:"integration_mode"`
	CheckoutMode    string          `json:"checkout_mode"`
}

// Session returns the session's id as it goes into a URL.
func (a *Answer) Session() string { return strings.Trim(string(a.SessionID), `"`) }

// CreateSession posts body, byte for byte.
func (m *Merchant) CreateSession(ctx context.Context, body string) (*Answer, error) {
	return m.call(ctx, http.MethodPost, "/gateway/session.php", []byte(body))
}

// Me asks for the merchant's package.
func (m *Merchant) Me(ctx context.Context) (*Answer, error) {
	return m.call(ctx, http.MethodGet, "/gateway/me.php", nil)
}

// AskStatus asks for a session's payment.
func (m *Merchant) AskStatus(ctx context.Context, session string) (*Answer, error) {
	return m.call(ctx, http.MethodGet, m.StatusPath+"?session_id="+url.QueryEscape(session), nil)
}

func (m *Merchant) call(ctx context.Context, method, path string, body []byte) (*Answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, m.BaseURL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+m.APIKey)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := new(http.Client).Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	answer := &Answer{HTTPStatus: resp.StatusCode}
	if err := json.Unmarshal(text, answer); err != nil {
		return nil, fmt.Errorf("%s %s: %w in %s", method, path, err, text)
	}
	return answer, nil
}
