package ecomtrade24

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
)

// SessionParams describes the checkout session to create. Domain, Amount, Currency and OrderID are required; empty
// optional fields are not sent. Domain is a bare host name, without scheme, port or path. There is no field for a
// provider, since the gateway chooses the provider.
//
// These limits keep the webhook readable: OrderID is not "0", Amount has no more decimal places than the currency,
// Metadata values are text, and OrderID and Metadata fit a webhook of 64 KiB.
type SessionParams struct {
	Domain        string            `json:"domain"`                   // an approved domain, spelled exactly
	Amount        Amount            `json:"amount"`                   // in major units, more than zero: "49.95"
	Currency      string            `json:"currency"`                 // upper-case code: "USD"
	OrderID       string            `json:"order_id"`                 // your own order ID, unique for each order
	ReturnURL     string            `json:"return_url,omitempty"`     // where the buyer returns; a visit proves no payment
	CancelURL     string            `json:"cancel_url,omitempty"`     // where the gateway sends a buyer who cancels
	CustomerEmail string            `json:"customer_email,omitempty"` // the buyer's email address; some routes require it
	Method        string            `json:"method,omitempty"`         // for Smart Routing: an ID from Merchant.Methods
	Metadata      map[string]string `json:"meta,omitempty"`           // returned in status responses and webhooks
}

// Session is a checkout session that the gateway created and the buyer can pay.
type Session struct {
	ID          string
	CheckoutURL string          // where the buyer pays: redirect there without changing it
	ExpiresAt   time.Time       // in UTC; the zero time means not set
	Raw         json.RawMessage // the response as received; see Event
}

// CreateSession checks every field of p and sends a session request with exactly these fields. Most merchants should
// use Checkout instead.
//
// Errors: *ValidationError (nothing was sent), *APIError, ErrOutcomeUnknown (a session may have been created),
// *DecodeError (with ErrOutcomeUnknown), or a transport error.
func (c *Client) CreateSession(ctx context.Context, p SessionParams) (*Session, error) {
	if err := p.validate(c.deployment); err != nil {
		return nil, err
	}
	return c.createSession(ctx, p)
}

// createSession sends p, which is already validated.
func (c *Client) createSession(ctx context.Context, p SessionParams) (*Session, error) {
	body, err := sessionBody(p, c.deployment)
	if err != nil {
		return nil, fmt.Errorf("ecomtrade24: create session: %w", err)
	}
	var s Session
	if err := c.do(ctx, request{op: "create session", path: "/gateway/session.php", body: body}, &s); err != nil {
		c.plan.doubt(err)
		return nil, err
	}
	return &s, nil
}

// sessionBody encodes the request. It names the field for the buyer's email address as the deployment does.
func sessionBody(p SessionParams, d *wire.Deployment) ([]byte, error) {
	body, err := json.Marshal(p)
	// the JSON name in SessionParams is already right
	if err != nil || p.CustomerEmail == "" || d.EmailFields[0] == "customer_email" {
		return body, err
	}
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, err
	}
	delete(members, "customer_email")
	members[d.EmailFields[0]] = p.CustomerEmail
	return json.Marshal(members)
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
			f.ID(&s.ID, key, v)
		case "checkout_url":
			f.Text(&s.CheckoutURL, key, v)
		case "expires_at":
			s.ExpiresAt = v.Time()
		}
	}
	s.Raw = raw
	code, _ := reason(o, unchanged)
	switch {
	case f.Err() != nil:
		return f.Err()
	case s.ID == "" && s.CheckoutURL == "" && sentinels[code] != nil:
		return errComplaint
	case s.ID == "":
		return errors.New("no session_id in it")
	case wire.Flaw(s.ID) != "":
		return errors.New("session_id is not an ID that Status accepts")
	case s.CheckoutURL == "":
		return errors.New("no checkout_url in it")
	case !webURL(s.CheckoutURL):
		return errors.New("checkout_url is not an absolute http or https URL")
	}
	return nil
}

// unchanged returns s. It serves as the redact function for text that is not kept.
func unchanged(s string) string { return s }

// webURL reports whether s is an absolute http or https URL. It recognizes usual URLs without parsing them.
func webURL(s string) bool {
	if rest, https := strings.CutPrefix(s, "https://"); https && plainURL(rest) {
		return true
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != ""
}

// plainURL reports whether the rest of a URL, after its scheme, begins with a letter or digit and has only characters
// that are valid everywhere in a URL.
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

// These limits make sure that webhook.Handler accepts what the gateway sends back.
const (
	longestEcho    = 63 << 10 // bytes that a webhook sends back; webhook.Handler accepts 64 KiB
	longestOrderID = 59 << 10 // bytes; the domain and the email address take up to 4 KiB
	longestAmount  = 65       // characters: MySQL's DECIMAL has 65 digits
	longestEmail   = 254      // bytes: RFC 5321
)

// validate checks every field and returns all problems together.
func (p *SessionParams) validate(d *wire.Deployment) error {
	e := ValidationError{Op: "create session"}
	if !hostName(p.Domain) {
		e.add("Domain", "domain", `must be a bare host name such as "shop.example", without scheme, port or path`)
	}
	e.checkAmount(p.Amount, p.Currency)
	if !currencyCode(p.Currency) {
		e.add("Currency", "currency", `must be an upper-case code such as "USD"`)
	}
	switch {
	case p.OrderID == "":
		e.add("OrderID", "order_id", "must not be empty: it links the payment to its order")
	case p.OrderID == "0":
		e.add("OrderID", "order_id", "must not be 0, which PHP treats as not set, so the payment would not match its order")
	case escapedSize(p.OrderID) > longestOrderID:
		e.add("OrderID", "order_id", fmt.Sprintf("must have at most %d bytes in PHP's JSON spelling: the gateway "+
			"repeats it in its webhooks, and webhook.Handler takes a webhook of at most 64 KiB", longestOrderID))
	default:
		e.checkText("OrderID", "order_id", p.OrderID)
	}
	e.checkURL("ReturnURL", "return_url", p.ReturnURL)
	e.checkURL("CancelURL", "cancel_url", p.CancelURL)
	if p.CustomerEmail != "" && !emailAddress(p.CustomerEmail) {
		e.add("CustomerEmail", d.EmailFields[0],
			fmt.Sprintf(`must be a bare address of at most %d bytes, such as "buyer@example.com"`, longestEmail))
	}
	e.checkText("Method", "method", p.Method)
	e.checkMetadata(p.Metadata)
	if room := longestEcho - p.echoSize(); room > 0 && metadataSize(p.Metadata) > room {
		e.add("Metadata", "meta", fmt.Sprintf("is too long: with the other fields there is room for %d bytes, counted as "+
			"PHP spells JSON, since webhook.Handler takes a webhook of at most 64 KiB", room))
	}
	return e.orNil()
}

func (e *ValidationError) checkAmount(a Amount, currency string) {
	_, fraction, ok := a.split()
	exp, known := exponent(currency)
	switch {
	case !ok:
		e.add("Amount", "amount", `must be a decimal literal such as "49.95"`)
	case len(a) > longestAmount:
		e.add("Amount", "amount", fmt.Sprintf("must have at most %d characters, to fit a DECIMAL column", longestAmount))
	case a.Equal("0"):
		e.add("Amount", "amount", "must be more than zero")
	case known && exp == 0 && fraction != "":
		e.add("Amount", "amount", "must be a whole number: "+currency+" has no decimal places")
	case known && len(fraction) > exp:
		e.add("Amount", "amount", fmt.Sprintf("must have no more than the %d decimal places of %s", exp, currency))
	}
}

// checkText rejects text that the gateway might not return unchanged.
func (e *ValidationError) checkText(field, name, s string) {
	if flaw := wire.Flaw(s); flaw != "" {
		e.add(field, name, flaw)
	}
}

func (e *ValidationError) checkURL(field, wire, s string) {
	if s != "" && (!webURL(s) || !utf8.ValidString(s)) {
		e.add(field, wire, "must be an absolute http or https URL")
	}
}

// checkMetadata rejects control characters in values, since PostgreSQL cannot store NUL and the other characters do not
// belong in text.
func (e *ValidationError) checkMetadata(metadata map[string]string) {
	const field = "Metadata"
	first := len(e.Fields)
	for key, value := range metadata {
		wire := fmt.Sprintf("meta.%.64s", key)
		switch {
		case key == "" || !utf8.ValidString(key) || strings.ContainsFunc(key, unicode.IsControl):
			e.add(field, "meta", "must have keys of printable UTF-8 text")
		case namesProvider(key):
			e.add(field, wire, "must be removed or renamed: the gateway chooses the provider")
		case !utf8.ValidString(value):
			e.add(field, wire, "must be valid UTF-8")
		case strings.ContainsFunc(value, noText):
			e.add(field, wire, "must not hold control characters other than tabs and line breaks: "+
				"not every database stores them")
		}
	}
	slices.SortFunc(e.Fields[first:], func(a, b FieldError) int { return strings.Compare(a.Reason, b.Reason) })
}

// echoSize returns the maximum size of p's fields in a webhook, without the metadata.
func (p *SessionParams) echoSize() int {
	return escapedSize(p.OrderID) + escapedSize(p.CustomerEmail) + escapedSize(p.Domain) + len(p.Amount)
}

// noText reports whether r is a control character other than a tab or a line break.
func noText(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\t\n\r", r) }

func metadataSize(metadata map[string]string) (size int) {
	for key, value := range metadata {
		size += escapedSize(key) + escapedSize(value) + len(`"":"",`)
	}
	return size
}

// namesProvider reports whether key is a name that other integrations have used for a provider.
func namesProvider(key string) bool {
	switch lowerASCII(key) {
	case "provider", "payment_provider", "checkout_provider", "m_provider_name", "provider_mode", "fallback_provider":
		return true
	default:
		return false
	}
}

// escapedSize returns the maximum size of s in PHP's JSON, which writes / as \/, non-ASCII characters as \uXXXX and,
// with some flags, HTML's special characters as \uXXXX too.
func escapedSize(s string) (size int) {
	for _, r := range s {
		switch {
		case r >= 0x10000:
			size += len(`\ud83d\ude00`)
		case r < ' ' || r >= utf8.RuneSelf || strings.ContainsRune(`"<>&'`, r):
			size += len(`\u00e9`)
		case r == '/' || r == '\\':
			size += len(`\/`)
		default:
			size++
		}
	}
	return size
}

// currencyCode accepts ISO 4217 codes and the longer codes of stablecoins.
func currencyCode(s string) bool {
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return len(s) >= 3 && len(s) <= 5
}

// emailAddress accepts local@host, without a display name or comments.
func emailAddress(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && len(s) <= longestEmail && utf8.ValidString(s) && hostName(s[at+1:]) &&
		!strings.ContainsFunc(s[:at], func(r rune) bool {
			return !visible(r) || strings.ContainsRune(`@<>(),;:\"[]`, r)
		})
}

// visible reports whether a name may contain r. It accepts the two zero-width joiners, although they are invisible,
// since some writing systems need them between letters.
func visible(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	return unicode.IsGraphic(r) && !unicode.IsSpace(r) || r == nonJoiner || r == joiner
}

// hostName accepts labels of letters, digits, underscores and inner hyphens, separated by periods. It accepts any
// visible non-ASCII character, since the gateway compares domains exactly.
func hostName(s string) bool {
	if s == "" || utf8.RuneCountInString(s) > 253 || !utf8.ValidString(s) {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || utf8.RuneCountInString(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			ascii := r == '-' || r == '_' || unicode.In(r, unicode.Letter, unicode.Digit)
			if r < utf8.RuneSelf && !ascii || !visible(r) {
				return false
			}
		}
	}
	return true
}
