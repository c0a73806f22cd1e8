package exam

import (
	"net/http"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
)

const discarded = "Return webhook.Discard(err) for a webhook that no retry can fix: err is logged, the response is 200."

// unusableWebhooks returns scenarios with webhooks that no retry can make acceptable.
func unusableWebhooks() []Scenario {
	return advised(discarded,
		unknown("a webhook for an unknown order causes no server error", "NO-SUCH-ORDER"),
		unknown("a webhook without an order ID causes no server error", ""),
		unknown("an order ID with quotes and markup causes no server error", `' OR 1=1; -- "<b>%00{{.}}`),
		unknown("an order ID in non-ASCII characters causes no server error", "Bestellung-ÄÖ-日本-😀"),
		unknown("a very long order ID causes no server error", strings.Repeat("A", 10_000)),
		unknown("the order ID __proto__ causes no server error", "__proto__"),
		unknown("a numeric order ID above 64 bits causes no server error", "99999999999999999999999"),
		useless("an unknown status causes no server error", becomes("archived")),
		useless("a very long status causes no server error", becomes(ecomtrade24.PaymentStatus(strings.Repeat("s", 5_000)))),
		useless("a very long amount causes no server error", paying(amount(ecomtrade24.Amount(strings.Repeat("9", 400))))),
		plain("the dashboard's test webhook is acknowledged", func(x *exam, p ecomtrade24.Payment) {
			if status := x.says(delivery.Test("TEST-WEBHOOK-7FE876BC42", p.Domain)); !acknowledged(status) {
				x.fails(Retries, "the dashboard's test webhook: expected 2xx; got %s", responded(status))
			}
			x.unpaid(p)
		}).fix("Respond 200 to a test webhook without looking for its order, as inbox and webhook.NewHandler do."),
	)
}

// acknowledgements returns scenarios with webhooks that a shop must acknowledge.
func acknowledgements() []Scenario {
	return advised(discarded,
		plain("a test webhook for a real order is acknowledged", func(x *exam, p ecomtrade24.Payment) {
			status := x.says(with(p, paying(), isTest))
			if !acknowledged(status) {
				x.fails(Retries, "a test webhook: expected 2xx; got %s", responded(status))
			}
			x.unpaid(p)
		}),
		plain("an unknown event type causes no server error", func(x *exam, p ecomtrade24.Payment) {
			x.note("the event type of the webhook is payment.updated")
			x.goesOn(p, x.says(with(p, becomes("processing")), func(w *delivery.Webhook) { w.Type = "payment.updated" }))
		}),
		plain("a webhook with any status is acknowledged", eachStatus),
		plain("a repeated webhook is acknowledged", func(x *exam, p ecomtrade24.Payment) {
			x.paysOnce(p)
			if status := x.pays(p); !acknowledged(status) {
				x.fails(Retries, "the second delivery of the payment's webhook: expected 2xx; got %s", responded(status))
			}
		}),
		plain("a webhook is acknowledged before the gateway times out", func(x *exam, p ecomtrade24.Payment) {
			body := x.body(x.gateway.EditPayment(p.SessionID, paying()))
			status := x.send(request{header: signature(x.shop.Secret, body), body: body, hangUp: 10 * time.Second})
			x.note("webhook → %s", responded(status))
			if status == 0 {
				x.fails(Retries, "a payment's webhook: expected a response within 10 s; got none")
			}
			x.paid(p)
		}).fix("Store the webhook and respond; do slow work such as sending email afterwards."),
		plain("a rejected webhook does not block the next one", func(x *exam, p ecomtrade24.Payment) {
			x.post(http.Header{}, []byte("{}"))
			x.post(header("X-Signature", "00"), x.body(with(p, paying())))
			x.note("two unsigned webhooks")
			x.paysOnce(p)
		}),
	)
}

// eachStatus delivers a webhook with each status except paid.
func eachStatus(x *exam, p ecomtrade24.Payment) {
	for _, status := range unfinished() {
		if got := x.happens(p, becomes(status)); !acknowledged(got) {
			x.fails(Retries, "a webhook with status %s: expected 2xx; got %s", status, responded(got))
		}
	}
	x.unpaid(p)
}

// The helper unknown returns a scenario with a payment for an order that the shop does not know.
func unknown(name, id string) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		x.goesOn(p, x.says(x.foreign(p, orderID(id))))
	})
}

// The helper useless returns a scenario with a webhook that the shop cannot use.
func useless(name string, c change) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		x.goesOn(p, x.says(with(p, paying(), c)))
	})
}

// goesOn fails if the shop responds 5xx to an unusable webhook, or if the webhook affects p.
func (x *exam) goesOn(p ecomtrade24.Payment, status int) {
	x.unpaid(p)
	if status >= 500 || status == 0 {
		x.fails(Retries, "a webhook that no retry can make acceptable, delivered %d times: expected 2xx or 4xx; got %s",
			attempts, responded(status))
	}
	x.paysOnce(p)
}
