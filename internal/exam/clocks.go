package exam

import (
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
)

const paidStays = "Compare statuses by PaymentStatus.Rank, never by sent_at: a redelivery can have any sent_at."

// dates returns scenarios with a payment that has an unusual sent_at.
func dates() []Scenario {
	return advised(paidStays,
		dated("a payment dated three days ago is accepted", -72*time.Hour),
		dated("a payment dated ten minutes ahead is accepted", 10*time.Minute),
		dated("a payment dated next year is accepted", 366*24*time.Hour),
		shaped("a payment without sent_at is accepted", replacing(`,"sent_at":"[^"]*"`, ``)),
		shaped("a payment with a null sent_at is accepted", replacing(`"sent_at":"[^"]*"`, `"sent_at":null`)),
		shaped("a payment with sent_at in another time zone is accepted",
			replacing(`"sent_at":"[^"]*"`, `"sent_at":"2026-01-02T03:04:05+05:30"`)),
		shaped("a payment with sent_at in UTC with fractional seconds is accepted",
			replacing(`"sent_at":"[^"]*"`, `"sent_at":"2026-01-02T03:04:05.678901Z"`)),
		shaped("a payment with a numeric sent_at is accepted", replacing(`"sent_at":"[^"]*"`, `"sent_at":1767323045`)),
		shaped("a payment with sent_at in MySQL's format is accepted",
			replacing(`"sent_at":"[^"]*"`, `"sent_at":"2026-01-02 03:04:05"`)),
	)
}

// sequences returns scenarios in which webhooks do not arrive in the sequence of their sent_at.
func sequences() []Scenario {
	return advised(paidStays,
		plain("a payment dated before the previous webhook is accepted", func(x *exam, p ecomtrade24.Payment) {
			x.happensAt(p, "processing", time.Minute)
			x.happensAt(p, "paid", -time.Minute)
			x.paid(p)
		}),
		plain("a payment dated in the same second as the previous webhook is accepted", func(x *exam, p ecomtrade24.Payment) {
			now := time.Now()
			same := func(w *delivery.Webhook) { w.SentAt = now }
			x.says(x.gateway.EditPayment(p.SessionID, becomes("processing")), same)
			x.says(x.gateway.EditPayment(p.SessionID, paying()), same)
			x.paid(p)
		}),
		plain("a later webhook with status expired does not undo an earlier payment", func(x *exam, p ecomtrade24.Payment) {
			x.happensAt(p, "paid", -time.Minute)
			x.lateAt(p, "expired", time.Minute)
			x.paid(p)
		}),
		plain("a later webhook with status pending does not undo an earlier payment", func(x *exam, p ecomtrade24.Payment) {
			x.happensAt(p, "paid", -time.Hour)
			x.lateAt(p, "pending", time.Hour)
			x.paid(p)
		}),
		plain("a repeated payment with a newer sent_at ships nothing more", func(x *exam, p ecomtrade24.Payment) {
			x.happensAt(p, "paid", -time.Hour)
			x.lateAt(p, "paid", 0)
			x.lateAt(p, "paid", time.Hour)
			x.paid(p)
		}, counts),
	)
}

// expiries returns scenarios with a payment in an expired session.
func expiries() []Scenario {
	return advised(paidStays,
		plain("a session that is paid while it expires marks the order paid", func(x *exam, p ecomtrade24.Payment) {
			expired := x.body(with(p, becomes("expired")))
			x.atOnce(expired, x.body(x.gateway.EditPayment(p.SessionID, paying())), expired)
			x.note("webhooks, at the same time: expired, paid, expired")
			x.paid(p)
		}),
		plain("a payment after the session expired marks the order paid", func(x *exam, p ecomtrade24.Payment) {
			x.happens(p, becomes("expired"))
			x.settle()
			x.happensAt(p, "paid", time.Hour)
			x.paid(p)
		}),
	)
}

func (x *exam) happensAt(p ecomtrade24.Payment, status ecomtrade24.PaymentStatus, after time.Duration) {
	x.says(x.gateway.EditPayment(p.SessionID, becomes(status)), at(after))
}

func (x *exam) lateAt(p ecomtrade24.Payment, status ecomtrade24.PaymentStatus, after time.Duration) {
	x.says(with(p, becomes(status)), at(after))
}

// at returns a function that sets sent_at relative to now.
func at(after time.Duration) func(*delivery.Webhook) {
	return func(w *delivery.Webhook) { w.SentAt = time.Now().Add(after) }
}

// dated returns a scenario with a full payment whose sent_at is relative to now.
func dated(name string, after time.Duration) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		x.happensAt(p, "paid", after)
		x.paid(p)
	})
}
