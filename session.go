package ecomtrade24

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
)

// SessionParams asks for a checkout session. Domain, Amount, Currency and OrderID are required; an empty optional field is
// not sent. There is no field for a provider: the gateway chooses it.
type SessionParams struct {
	Domain        string            `json:"domain"`   // an approved domain, letter for letter: a bare host name
	Amount        Amount            `json:"amount"`   // in major units, more than zero: "49.95"
	Currency      string            `json:"currency"` // upper-case code: "USD"
	OrderID       string            `json:"order_id"` // the merchant's own, unique for each order
	ReturnURL     string            `json:"return_url,omitempty"`
	CancelURL     string            `json:"cancel_url,omitempty"`
	CustomerEmail string            `json:"customer_email,omitempty"`
	Method        string            `json:"method,omitempty"` // for Smart Routing: one of Merchant.Methods
	Metadata      map[string]string `json:"meta,omitempty"`   // echoed in status and webhooks
}

// Session is a checkout that waits for its buyer.
type Session struct {
	ID          string
	CheckoutURL string          // where the buyer pays: use it exactly as it is
	ExpiresAt   time.Time       // UTC; the zero time means not given
	Raw         json.RawMessage // the answer as received
}

// CreateSession sends one session request, exactly as asked, after checking every field. Most merchants want Checkout.
//
// Errors: *ValidationError (nothing was sent), *APIError, ErrOutcomeUnknown (a session may or may not have been made),
// *DecodeError (with ErrOutcomeUnknown), or a transport error.
func (c *Client) CreateSession(ctx context.Context, p SessionParams) (*Session, error) {
	if err := p.validate(); err != nil {
		return nil, err
	}
	body, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("ecomtrade24: create session: %w", err)
	}
	var s Session
	if err := c.do(ctx, call{op: "create session", path: "/gateway/session.php", body: body}, &s); err != nil {
		return nil, err
	}
	return &s, nil
}

// Checkout creates a session by the rules of the merchant's plan, which it reads with Me and remembers for the
// merchant TTL. Hosted checkout sends no method, whatever p says. Smart Routing sends p.Method, which must be one of the
// available ones: a *MethodError names them. Its other errors are those of Me and CreateSession.
func (c *Client) Checkout(ctx context.Context, p SessionParams) (*Session, error) {
	if err := p.validate(); err != nil {
		return nil, err
	}
	m, err := c.cachedMe(ctx)
	if err != nil {
		return nil, err
	}
	if !m.SmartRouting() {
		p.Method = ""
	} else if !m.Offers(p.Method) {
		return nil, &MethodError{Method: p.Method, Available: m.available()}
	}
	return c.CreateSession(ctx, p)
}

// Redirect sends the buyer to the checkout with 303 See Other, which turns the form's POST into a GET.
func (s *Session) Redirect(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, s.CheckoutURL, http.StatusSeeOther)
}

func (s *Session) decode(o wire.Object, raw []byte) error {
	var f wire.Fields
	for key, v := range o.Members() {
		switch key {
		case "session_id":
			f.Text(&s.ID, key, v)
		case "checkout_url":
			f.Text(&s.CheckoutURL, key, v)
		case "expires_at":
			s.ExpiresAt = v.Time()
		}
	}
	s.Raw = raw
	switch {
	case f.Err() != nil:
		return f.Err()
	case s.ID == "":
		return errors.New("no session_id in it")
	case s.CheckoutURL == "":
		return errors.New("no checkout_url in it")
	case !webURL(s.CheckoutURL):
		return errors.New("checkout_url is not an absolute http or https URL")
	}
	return nil
}

// webURL tells whether s is an absolute http or https URL. The usual one needs no parser to be seen as such.
func webURL(s string) bool {
	if rest, https := strings.CutPrefix(s, "https://"); https && plainURL(rest) {
		return true
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != ""
}

// plainURL tells whether rest begins with a letter or digit and holds only characters that no part of a URL forbids.
func plainURL(rest string) bool {
	for i := range len(rest) {
		switch c := rest[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case i == 0 || strings.IndexByte("./-_?=&", c) < 0:
			return false
		}
	}
	return rest != ""
}
