package delivery

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox/php"
)

// Webhook is the content of a webhook.
type Webhook struct {
	Naming

	Payment    ecomtrade24.Payment // Status is written unchanged; nil Metadata is omitted
	MerchantID int
	Provider   string
	SentAt     time.Time
}

// Naming says how a webhook names its event. The zero value means the live gateway's names.
type Naming struct {
	Type  ecomtrade24.EventType // "" means payment.session
	Older bool                  // in the member "type", as in an older version, instead of "event"
}

// Of returns the webhook that the gateway sends for a payment.
func Of(p ecomtrade24.Payment, sentAt time.Time) Webhook {
	return Webhook{Payment: p, MerchantID: 175, Provider: "ecomtrade24", SentAt: sentAt}
}

// Test returns the payment of the dashboard's test webhook, which never marks an order paid.
func Test(orderID, domain string) ecomtrade24.Payment {
	return ecomtrade24.Payment{
		SessionID: "0", OrderID: orderID, Status: ecomtrade24.StatusTest, Amount: "0.00", Currency: "USD", Domain: domain,
		Test: true,
	}
}

// Body returns the webhook's body as the gateway writes it.
func (w Webhook) Body() []byte {
	const atom = "2006-01-02T15:04:05-07:00" // PHP's DATE_ATOM
	member := "event"
	if w.Older {
		member = "type"
	}
	body := append(php.Object{member, string(cmp.Or(w.Type, ecomtrade24.EventPaymentSession))}, Facts(w.Payment)...)
	return php.Encode(append(body,
		"merchant_id", w.MerchantID,
		"shop_domain", w.Payment.Domain,
		"sent_at", w.SentAt.UTC().Format(atom),
		"provider", w.Provider,
		"test", w.Payment.Test,
	))
}

// Facts returns the members that status lookups and webhooks have in common.
func Facts(p ecomtrade24.Payment) php.Object {
	facts := php.Object{
		"session_id", php.Number(p.SessionID),
		"order_id", p.OrderID,
		"status", string(p.Status),
		"amount", string(p.Amount),
		"currency", p.Currency,
		"email", php.OrNull(p.CustomerEmail),
		"txid", php.OrNull(p.TxID),
	}
	if p.Metadata == nil {
		return facts
	}
	meta := php.Object{}
	for _, key := range slices.Sorted(maps.Keys(p.Metadata)) {
		meta = append(meta, key, p.Metadata[key])
	}
	return append(facts, "meta", meta)
}
