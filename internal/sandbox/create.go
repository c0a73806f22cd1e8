package sandbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"mime"
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox/php"
)

// createSession checks the request like the real gateway and opens the session.
func (g *Gateway) createSession(ctx context.Context, h http.Header, body []byte) *response {
	contentType, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	if contentType != "application/json" && h.Get("Content-Type") != "" {
		return refuse(http.StatusUnsupportedMediaType, "invalid_content_type",
			"send JSON, with Content-Type: application/json")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return refuse(http.StatusBadRequest, "invalid_json", "the body must be one JSON object")
	}
	if refused := refuseProvider(members, ""); refused != nil {
		return refused
	}
	s, refused := g.readSession(members, body)
	if refused != nil {
		return refused
	}
	warnings := g.warn(ctx, s)
	if len(warnings) > 0 && g.config.Strict {
		return invalid("warned", "%s", strings.Join(warnings, "; "))
	}
	order := s.payment.OrderID
	id, expiresAt := g.open(s)
	return &response{
		status: http.StatusOK, warnings: warnings, sessionID: id, orderID: order,
		body: php.Object{
			"ok", true,
			"session_id", php.Number(id),
			"checkout_url", g.config.BaseURL + "/pay.php?session=" + id,
			"expires_at", expiresAt.Format(time.DateTime),
		},
	}
}

// warn returns warnings about what the gateway accepts but a shop should avoid; each says what to do instead. It
// removes an ignored method from the session.
func (g *Gateway) warn(ctx context.Context, s *session) (warnings []string) {
	if mode, _ := g.Plan(); s.request.Method != "" && mode == ecomtrade24.ModeHostedCheckout {
		s.request.Method = ""
		warnings = append(warnings,
			"method is ignored: remove it, since with hosted checkout the buyer chooses the method on the gateway's page")
	}
	if p := s.payment; word(p.Currency) == "USD" && p.Amount.Cmp("10.00") < 0 {
		warnings = append(warnings, "amount is below 10.00 USD, which the gateway reportedly rejects")
	}
	return append(warnings, g.unlikeTheSDK(ctx, s)...)
}

// word returns a currency's code in uppercase and without spaces around it.
func word(s string) string { return strings.ToUpper(strings.TrimSpace(s)) }

// unlikeTheSDK returns warnings about each field that the SDK would reject before it sends the request.
func (g *Gateway) unlikeTheSDK(ctx context.Context, s *session) (warnings []string) {
	params := s.request
	params.OrderID, params.Metadata = cmp.Or(params.OrderID, "none"), s.payment.Metadata
	_, err := g.sdk.CreateSession(ctx, params)
	var invalid *ecomtrade24.ValidationError
	if errors.As(err, &invalid) {
		for _, f := range invalid.Fields {
			warnings = append(warnings, strings.NewReplacer("(", "", ")", "").Replace(f.Reason))
		}
	}
	return warnings
}

// nowhere is an http.RoundTripper that sends nothing.
type nowhere struct{}

func (nowhere) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("nothing is sent")
}

// refuseProvider rejects any member whose name contains "provider", since only the gateway chooses a provider. In its
// message, the value of within precedes the member's name.
func refuseProvider(members map[string]json.RawMessage, within string) *response {
	for _, key := range slices.Sorted(maps.Keys(members)) {
		if strings.Contains(strings.ToLower(key), "provider") {
			return invalid("provider_not_allowed",
				"remove %s: the gateway chooses the provider", within+key)
		}
	}
	return nil
}

func invalid(code ecomtrade24.ErrorCode, format string, args ...any) *response {
	return refuse(http.StatusUnprocessableEntity, code, format, args...)
}

// readSession reads the session, or rejects the first invalid member. For unlikeTheSDK, it also reads fields that only
// the SDK knows, by their names in the SDK.
func (g *Gateway) readSession(members map[string]json.RawMessage, body []byte) (*session, *response) {
	text := map[string]string{}
	names := append([]string{
		"domain", "amount", "currency", "order_id", "return_url", "cancel_url", "method",
	}, g.plays.EmailFields...)
	for _, name := range names {
		var refused *response
		if text[name], refused = g.readText(name, members[name]); refused != nil {
			return nil, refused
		}
	}
	meta, refused := readMeta(members["meta"])
	if refused != nil {
		return nil, refused
	}
	var p ecomtrade24.SessionParams
	_ = json.Unmarshal(body, &p) // an unreadable field stays empty
	p.Domain, p.Amount, p.Currency = text["domain"], twoDecimals(text["amount"]), text["currency"]
	p.OrderID, p.CustomerEmail, p.Method, p.Metadata = text["order_id"], g.buyer(text), text["method"], nil
	p.ReturnURL, p.CancelURL = text["return_url"], text["cancel_url"]
	s := &session{request: p, payment: ecomtrade24.Payment{
		OrderID: p.OrderID, Amount: p.Amount, Currency: p.Currency, CustomerEmail: p.CustomerEmail, Domain: p.Domain,
		Metadata: meta,
	}}
	if refused := g.checkSession(s); refused != nil {
		return nil, refused
	}
	return s, nil
}

// twoDecimals returns the amount with at least two decimals, as the gateway writes it in lookups and webhooks.
func twoDecimals(amount string) ecomtrade24.Amount {
	whole, decimals, _ := strings.Cut(amount, ".")
	if !ecomtrade24.Amount(amount).Valid() || len(decimals) >= 2 {
		return ecomtrade24.Amount(amount)
	}
	return ecomtrade24.Amount(whole + "." + (decimals + "00")[:2])
}

func (g *Gateway) buyer(text map[string]string) (address string) {
	for _, field := range g.plays.EmailFields {
		address = cmp.Or(address, text[field])
	}
	return address
}

// readText reads one member. It accepts a string or a number, since PHP reads both as text, and keeps the number's
// digits; only FiavexPay's amount must be a string. A required member must not be absent or blank.
func (g *Gateway) readText(name string, raw json.RawMessage) (string, *response) {
	var text *string
	var number json.Number
	switch {
	case raw == nil || json.Unmarshal(raw, &text) == nil:
	case name == "amount" && !g.plays.AmountNumber:
		return "", invalid("invalid_amount", "amount must be a JSON string, in quotes, not %.32s", raw)
	case json.Unmarshal(raw, &number) == nil:
		text = (*string)(&number)
	default:
		return "", invalid(ecomtrade24.ErrorCode("invalid_"+name),
			"%s must be a JSON string, in quotes, not %.32s", name, raw)
	}
	required := slices.Contains(g.plays.Required, name)
	switch {
	case required && (text == nil || strings.TrimSpace(*text) == ""):
		return "", invalid(ecomtrade24.ErrorCode("missing_"+name), "%s is required", name)
	case text == nil:
		return "", nil
	default:
		return *text, nil
	}
}

// readMeta returns the flat map that status lookups and webhooks contain. It treats [] as an empty map, since PHP
// writes an empty map as [].
func readMeta(raw json.RawMessage) (map[string]string, *response) {
	var members map[string]json.RawMessage
	if raw == nil || string(raw) == "[]" {
		return nil, nil
	}
	if json.Unmarshal(raw, &members) != nil {
		return nil, invalid("invalid_meta", "meta must be a flat object of strings")
	}
	if refused := refuseProvider(members, "meta."); refused != nil {
		return nil, refused
	}
	var meta map[string]string
	if json.Unmarshal(raw, &meta) != nil {
		return nil, invalid("invalid_meta", "meta must be a flat object of strings")
	}
	return meta, nil
}

// checkSession rejects only what the contract forbids: it does not check currencies and URLs.
func (g *Gateway) checkSession(s *session) *response {
	p := s.payment
	mode, methods := g.Plan()
	switch {
	case strings.ContainsAny(p.Domain, "/:?#@ \\"):
		return invalid(ecomtrade24.CodeInvalidDomain,
			"domain %q is not a bare host name: send %s", p.Domain, g.approvedDomains())
	case len(g.config.Domains) > 0 && !slices.Contains(g.config.Domains, p.Domain):
		return refuse(http.StatusForbidden, ecomtrade24.CodeDomainNotAllowed,
			"domain %q is not approved: send %s", p.Domain, g.approvedDomains())
	case !p.Amount.Valid() || p.Amount.Equal("0"):
		return invalid("invalid_amount", `amount must be a decimal above zero, such as "49.95", not %q`, p.Amount)
	case g.config.RequireEmail && !emailAddress(p.CustomerEmail):
		return invalid(ecomtrade24.CodeCustomerEmailRequired,
			"%s must be the buyer's address, such as buyer@example.com", g.plays.EmailFields[0])
	case s.request.Method != "" && mode == ecomtrade24.ModeSmartRouting && !offers(methods, s.request.Method):
		return invalid("method_not_available", "method %q is not available according to me.php", s.request.Method)
	case g.config.NoPayoutWallet:
		return invalid(ecomtrade24.CodeNoPayoutWallet, "set a payout wallet in the merchant's dashboard")
	}
	return nil
}

// approvedDomains lists the approved domains for a message.
func (g *Gateway) approvedDomains() string {
	if len(g.config.Domains) == 0 {
		return "any bare host name, without scheme, port or path"
	}
	return "exactly one of " + strings.Join(g.config.Domains, ", ")
}

func offers(methods []ecomtrade24.Method, id string) bool {
	return slices.ContainsFunc(methods, func(m ecomtrade24.Method) bool { return m.ID == id && m.Available })
}

func emailAddress(s string) bool {
	address, err := mail.ParseAddress(s)
	return err == nil && address.Address == s
}

// webURL reports whether s is an absolute http or https URL.
func webURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}
