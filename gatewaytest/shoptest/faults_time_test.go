package shoptest_test

import (
	"context"
	"errors"
	"strings"
	"time"
)

// timeFaults are bugs in handling the time at which a message is sent or arrives.
var timeFaults = []fault{
	bug("the shop applies the webhook with the newest sent_at",
		"a later webhook with status expired does not undo an earlier payment", func(s *smallShop) {
			s.overtaken = func(o *order, m message) bool {
				if !sentAt(m).Before(sentAt(message{"sent_at": o.sent})) {
					o.paid = o.paid && s.isPaid(m)
					o.sent = m.text("sent_at")
				}
				return false
			}
		}),
	bug("the shop drops a webhook whose sent_at is older than the previous webhook's",
		"a payment dated before the previous webhook is accepted",
		ignores(func(_ *smallShop, o *order, m message) bool {
			late := sentAt(m).Before(sentAt(message{"sent_at": o.sent}))
			o.sent = m.text("sent_at")
			return late
		})).reported("https://github.com/paypal/paypal-checkout-components/issues/1299"),
	bug("the shop compares times as text, ignoring time zones",
		"a payment dated before the previous webhook is accepted",
		ignores(func(_ *smallShop, o *order, m message) bool {
			before := o.sent
			o.sent = max(o.sent, m.text("sent_at"))
			return m.text("sent_at") < before
		})),
	bug("the shop drops a payment that comes before any other status",
		"a payment marks the order paid", ignores(func(s *smallShop, o *order, m message) bool {
			first := o.status == ""
			if first {
				o.status = "created"
			}
			return first && s.isPaid(m)
		})).reported("https://github.com/Shopify/shopify-app-js/issues/603").
		also("the Statements hook counts the webhook's database statements"),
	bug("the shop rejects a payment after the reservation has ended",
		"a payment after the session expired marks the order paid",
		rejects(func(sent, now time.Time) bool { return sent.After(now.Add(15 * time.Minute)) })).
		reported("https://github.com/HiEventsDev/Hi.Events/issues/513").
		also("a payment dated next year is accepted"),
	bug("the shop rejects a webhook whose sent_at is five minutes old",
		"a payment dated three days ago is accepted",
		rejects(func(sent, now time.Time) bool { return sent.Before(now.Add(-5 * time.Minute)) })).
		reported("https://github.com/stripe/stripe-node/issues/1778"),
	bug("the shop rejects a webhook whose sent_at is in the future",
		"a payment dated ten minutes ahead is accepted",
		rejects(func(sent, now time.Time) bool { return sent.After(now.Add(2 * time.Second)) })),
	bug("the shop rejects a webhook without a sent_at",
		"a payment without sent_at is accepted", rejects(func(sent, _ time.Time) bool { return sent.IsZero() })).
		also("a payment with a null sent_at is accepted",
			"a payment with a numeric sent_at is accepted",
			"a payment with sent_at in MySQL's format is accepted"),
	bug("the shop's format for sent_at does not allow Z",
		"a payment with sent_at in UTC with fractional seconds is accepted", refuses(func(m message) error {
			_, err := time.Parse("2006-01-02T15:04:05+00:00", m.text("sent_at"))
			return err
		})),
	bug("the shop's format for sent_at does not allow fractional seconds",
		"a payment with sent_at in UTC with fractional seconds is accepted", refuses(func(m message) error {
			if strings.Contains(m.text("sent_at"), ".") {
				return errors.New("sent_at cannot be read")
			}
			return nil
		})),
	bug("the shop ignores the time zone of sent_at, so a payment looks expired",
		"a payment with sent_at in another time zone is accepted",
		fails(errMalformed, func(_ *smallShop, _ *tables, m message) bool {
			text := m.text("sent_at")
			clock, err := time.Parse("2006-01-02T15:04:05", text[:min(19, len(text))])
			return err == nil && clock.After(time.Now().UTC().Add(time.Hour))
		})).reported("https://github.com/libsv/payd/pull/118"),
	bug("the shop treats two webhooks with the same second in sent_at as duplicates",
		"a payment dated in the same second as the previous webhook is accepted",
		ignores(func(_ *smallShop, o *order, m message) bool {
			repeats := o.sent != "" && sentAt(m).Equal(sentAt(message{"sent_at": o.sent}))
			o.sent = m.text("sent_at")
			return repeats
		})),
	bug("a webhook with status expired overwrites the order with an old copy",
		"a session that is paid while it expires marks the order paid", func(s *smallShop) {
			read := make(chan struct{}, 1)
			s.work = func(ctx context.Context, m message) error {
				switch {
				case m.text("status") == "expired":
					before := s.disk.snapshot().orders[s.orderID(m)]
					select {
					case read <- struct{}{}:
					default:
					}
					s.awaitsPayment(m)
					return s.disk.tx(func(t *tables) error {
						t.put(before.clone())
						return s.apply(t, m)
					})
				case s.paysNow(m):
					select {
					case <-read:
					case <-time.After(time.Second):
					}
				}
				return s.commits(ctx, m)
			}
		}),
	bug("a late status reopens a finished order, so the next paid webhook ships again",
		"a later webhook with status pending does not undo an earlier payment",
		ignores(func(_ *smallShop, o *order, m message) bool {
			if r := rank(m.text("status")); r > 0 && r < 4 {
				o.paid, o.payments = false, nil
			}
			return false
		})).reported("https://github.com/mollie/Shopware6/issues/303").
		also("a payment followed by a webhook with status processing ships once",
			"a payment followed by a webhook with status pending ships once"),
}

// awaitsPayment waits up to a second for the message's order to be paid.
func (s *smallShop) awaitsPayment(m message) {
	for range 1000 {
		if o := s.disk.snapshot().orders[s.orderID(m)]; o.paid {
			return
		}
		<-time.After(time.Millisecond)
	}
}

// sentAt returns sent_at, or the zero time if it is missing.
func sentAt(m message) time.Time {
	sent, _ := time.Parse(time.RFC3339, m.text("sent_at"))
	return sent
}

// refuses makes the shop fail to process a webhook for which the function wrong returns an error.
func refuses(wrong func(m message) error) func(*smallShop) {
	return func(s *smallShop) {
		s.handle = func(ctx context.Context, m message) error {
			if err := wrong(m); err != nil {
				return err
			}
			return s.work(ctx, m)
		}
	}
}

// rejects makes the shop respond 400 if the function wrong returns true for sent_at.
func rejects(wrong func(sent, now time.Time) bool) func(*smallShop) {
	return refuses(func(m message) error {
		if wrong(sentAt(m), time.Now()) {
			return errMalformed
		}
		return nil
	})
}
