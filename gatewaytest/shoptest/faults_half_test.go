package shoptest_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// halfFaults are bugs in work that stops halfway, and in data that must survive a restart.
var halfFaults = []fault{
	bug("the shop acknowledges a webhook before storing it",
		"a webhook that could not be stored is not acknowledged", func(s *smallShop) {
			s.respond = func(w http.ResponseWriter, _ message, err error) {
				if statusOf(err) < http.StatusInternalServerError {
					w.WriteHeader(statusOf(err))
				}
			}
		}).reported("https://github.com/Vets-Who-Code/vets-who-code-app/pull/1259").
		also("a webhook that is stored after three failures ships once"),
	bug("the shop marks a webhook as seen, then stops its work if the sender disconnects",
		"a payment is not lost if the sender disconnects early", func(s *smallShop) {
			s.handle = func(ctx context.Context, m message) error {
				if seen, err := s.marks(m.key()); seen || err != nil {
					return err
				}
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(10 * time.Millisecond):
				}
				return s.commits(ctx, m)
			}
		}),
	bug("the shop keeps payments in memory",
		"a restart loses no payment", forgets(func(_ *tables, o *order) { o.paid, o.fulfilled = false, 0 })).
		also("a restart right after the response loses no payment"),
	bug("a restart loses unpaid orders", "a restart loses no order", func(s *smallShop) {
		forgets(func(t *tables, o *order) {
			if !o.paid {
				delete(t.orders, o.id)
			}
		})(s)
		s.state = s.stateOrNone
	}).also("a restart during a webhook loses no payment"),
	bug("the shop stores a webhook's key before the work, and keeps the key if the work fails",
		"a payment ships once even if a database statement fails", func(s *smallShop) {
			s.handle = func(ctx context.Context, m message) error {
				if seen, err := s.marks(m.key()); seen || err != nil {
					return err
				}
				return s.commits(ctx, m)
			}
		}).reported("https://github.com/Ixotic27/The-Leetcode-City/issues/894").
		also("a very long amount causes no server error"),
	bug("the shop stores a failed webhook as processed",
		"a webhook that could not be stored is not acknowledged", func(s *smallShop) {
			failed := map[string]bool{} // stands for another table on another disk
			var mu sync.Mutex
			s.handle = func(ctx context.Context, m message) error {
				mu.Lock()
				defer mu.Unlock()
				if failed[m.key()] {
					return nil
				}
				err := s.commits(ctx, m)
				failed[m.key()] = statusOf(err) >= http.StatusInternalServerError
				return err
			}
		}).reported("https://github.com/AI-Shipping-Labs/website/issues/285"),
	bug("the shop never retries a webhook that is marked as running",
		"a payment ships once even if a database statement fails", func(s *smallShop) {
			s.handle = func(ctx context.Context, m message) error {
				running, err := s.marks("running " + m.key())
				if running || err != nil {
					return err
				}
				if err := s.commits(ctx, m); statusOf(err) >= http.StatusInternalServerError {
					return err
				}
				return s.disk.tx(func(t *tables) error {
					delete(t.seen, "running "+m.key())
					return nil
				})
			}
		}).reported("https://github.com/PAYONE-GmbH/magento-1/issues/119"),
	bug("the shop marks the order paid in one transaction and ships in the next",
		"a payment ships once even if a database statement fails", func(s *smallShop) {
			s.inTwo(
				func(_ *tables, o *order, m message) error {
					if o.paid {
						return secondOf(o, m)
					}
					o.paid = true
					o.payments = append(o.payments, m.payment())
					return nil
				},
				func(t *tables, o *order, _ message) error { return s.ship(t, o) },
			)
		}).reported("https://github.com/mollie/PrestaShop/pull/1441").
		also("a payment reported by a lookup and a webhook ships once even if a database statement fails"),
	bug("the shop records the payment before the order, and skips recorded payments",
		"a payment ships once even if a database statement fails", func(s *smallShop) {
			s.inTwo(
				func(_ *tables, o *order, m message) error {
					if o.knows(m.payment()) {
						return errDone
					}
					o.payments = append(o.payments, m.payment())
					return nil
				},
				func(t *tables, o *order, _ message) error {
					if o.paid {
						o.review = true
						return nil
					}
					o.paid = true
					return s.ship(t, o)
				},
			)
		}).reported("https://github.com/BoltApp/bolt-magento2/pull/736"),
	bug("the shop ships before it records the payment",
		"a payment ships once even if a database statement fails", func(s *smallShop) {
			s.inTwo(
				func(t *tables, o *order, m message) error {
					if o.paid {
						return secondOf(o, m)
					}
					return s.ship(t, o)
				},
				func(_ *tables, o *order, m message) error {
					o.paid = true
					o.payments = append(o.payments, m.payment())
					return nil
				},
			)
		}),
	bug("the shop ships before it detects a duplicate payment", "a repeated webhook is acknowledged", func(s *smallShop) {
		s.inTwo(
			func(t *tables, o *order, _ message) error {
				o.paid = true
				return s.ship(t, o)
			},
			func(t *tables, _ *order, m message) error {
				if !t.first(m.text("txid")) {
					return errors.New("duplicate key")
				}
				return nil
			},
		)
	}).reported("https://github.com/fedealvz/WHMCS-MercadoPago/issues/51"),
	bug("the shop responds 200 after a panic",
		"a payment ships once even if a database statement fails", func(s *smallShop) {
			s.ship = func(t *tables, o *order) error {
				if err := ships(t, o); err != nil {
					panic(err)
				}
				return nil
			}
			s.serve = func(w http.ResponseWriter, r *http.Request) {
				defer func() { _ = recover() }()
				s.webhook(w, r)
			}
		}).also("a payment that follows another status ships once even if a database statement fails",
		"a correct payment after an underpayment ships once even if a database statement fails",
		"a payment in a second session ships once even if a database statement fails"),
	bug("the shop only logs an error that occurs while saving the order",
		"a payment ships once even if a database statement fails", func(s *smallShop) {
			s.ship = func(t *tables, o *order) error {
				if err := ships(t, o); err != nil {
					s.log.printf("order %s: %v", o.id, err)
				}
				return nil
			}
		}).reported("https://github.com/mollie/magento2/issues/142"),
	bug("an error for a wrong amount rolls back the order's manual review",
		"an underpayment goes to manual review", func(s *smallShop) {
			s.apply = func(t *tables, m message) error {
				o := s.find(t, m)
				if o != nil && !s.isTest(m) && s.isPaid(m) && !s.settles(o, m) {
					o.review = true
					return errMalformed
				}
				return s.applies(t, m)
			}
		}).reported("https://github.com/saleor/saleor/issues/18196"),
	bug("the shop ignores an error that occurs while storing the review of a wrong amount",
		"an underpayment goes to manual review even if a database statement fails", func(s *smallShop) {
			s.mismatch = func(o *order, _ message) { o.review = o.review || s.disk.statement() == nil }
		}),
	bug("the shop ignores an error that occurs while storing the review of a second payment",
		"a second payment goes to manual review even if a database statement fails", func(s *smallShop) {
			s.claim = func(t *tables, o *order, m message) error {
				if !o.paid || o.knows(m.payment()) {
					return s.claims(t, o, m)
				}
				o.payments = append(o.payments, m.payment())
				o.review = o.review || t.exec() == nil
				return nil
			}
		}),
	bug("the shop acknowledges a failed webhook and keeps it in memory",
		"a webhook that is acknowledged while the database fails survives a restart", func(s *smallShop) {
			var ended atomic.Bool
			var later func(m message)
			later = func(m message) {
				time.AfterFunc(100*time.Millisecond, func() {
					if !ended.Load() && statusOf(s.commits(context.Background(), m)) >= http.StatusInternalServerError {
						later(m)
					}
				})
			}
			s.handle = func(ctx context.Context, m message) error {
				err := s.commits(ctx, m)
				if statusOf(err) < http.StatusInternalServerError {
					return err
				}
				later(m)
				return nil
			}
			s.restart = func() *smallShop {
				ended.Store(true)
				return s.nextProcess()
			}
		}),
}
