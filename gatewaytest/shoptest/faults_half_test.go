package shoptest_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// halfFaults are about work that stops in the middle, and about what outlives the process.
var halfFaults = ofKind(
	"failing statements",
	fault{
		name:   "a webhook is acknowledged before it is stored",
		source: "https://github.com/Vets-Who-Code/vets-who-code-app/pull/1259",
		found:  "a webhook that could not be stored is not acknowledged",
		also:   []string{"a webhook that could not be stored three times ships once"},
		plant: func(s *smallShop) {
			s.respond = func(w http.ResponseWriter, _ message, err error) {
				if statusOf(err) < http.StatusInternalServerError {
					w.WriteHeader(statusOf(err))
				}
			}
		},
	},
	fault{
		name:  "the shop marks a webhook as seen first, and stops the work if the sender disconnects",
		found: "a sender that disconnects early loses no payment",
		plant: func(s *smallShop) {
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
		},
	},
	fault{
		name:  "payments are kept in memory",
		found: "a restart loses no payment",
		also:  []string{"a restart right after the response loses no payment"},
		plant: forgets(func(_ *tables, o *order) { o.paid, o.fulfilled = false, 0 }),
	},
	fault{
		name:  "a restart loses unpaid orders",
		found: "a restart loses no order",
		also:  []string{"a restart during a webhook loses no payment"},
		plant: func(s *smallShop) {
			forgets(func(t *tables, o *order) {
				if !o.paid {
					delete(t.orders, o.id)
				}
			})(s)
			s.state = s.stateOrNone
		},
	},
	fault{
		name:   "the shop stores a webhook's key first and keeps it if the work fails",
		source: "https://github.com/Ixotic27/The-Leetcode-City/issues/894",
		found:  "a payment ships once, whichever statement fails",
		also:   []string{"a very long amount does not fail"},
		plant: func(s *smallShop) {
			s.handle = func(ctx context.Context, m message) error {
				if seen, err := s.marks(m.key()); seen || err != nil {
					return err
				}
				return s.commits(ctx, m)
			}
		},
	},
	fault{
		name:   "the shop stores a failed webhook as processed",
		source: "https://github.com/AI-Shipping-Labs/website/issues/285",
		found:  "a webhook that could not be stored is not acknowledged",
		plant: func(s *smallShop) {
			failed := map[string]bool{} // another table, on another disk
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
		},
	},
	fault{
		name:   "the shop never retries a webhook that is marked as running",
		source: "https://github.com/PAYONE-GmbH/magento-1/issues/119",
		found:  "a payment ships once, whichever statement fails",
		plant: func(s *smallShop) {
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
		},
	},
	fault{
		name:   "paid is committed before the shipment",
		source: "https://github.com/mollie/PrestaShop/pull/1441",
		found:  "a payment ships once, whichever statement fails",
		also:   []string{"a payment found by a lookup and a webhook ships once, whichever statement fails"},
		plant: func(s *smallShop) {
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
		},
	},
	fault{
		name:   "the shop records the payment before the order, and skips recorded payments",
		source: "https://github.com/BoltApp/bolt-magento2/pull/736",
		found:  "a payment ships once, whichever statement fails",
		plant: func(s *smallShop) {
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
		},
	},
	fault{
		name:  "the shop ships before it records the payment",
		found: "a payment ships once, whichever statement fails",
		plant: func(s *smallShop) {
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
		},
	},
	fault{
		name:   "the shop detects a duplicate only after booking it",
		source: "https://github.com/fedealvz/WHMCS-MercadoPago/issues/51",
		found:  "a repeated webhook is acknowledged",
		plant: func(s *smallShop) {
			s.inTwo(
				func(t *tables, o *order, _ message) error {
					o.paid = true
					return s.ship(t, o)
				},
				func(t *tables, _ *order, m message) error {
					if t.seen[m.text("txid")] {
						return errors.New("duplicate key")
					}
					t.seen[m.text("txid")] = true
					return nil
				},
			)
		},
	},
	fault{
		name:  "the shop responds 200 after a panic",
		found: "a payment ships once, whichever statement fails",
		also: []string{
			"a payment after another status ships once, whichever statement fails",
			"a correct payment after an underpayment ships once, whichever statement fails",
			"a payment in a second session ships once, whichever statement fails",
		},
		plant: func(s *smallShop) {
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
		},
	},
	fault{
		name:   "the shop only logs an error while saving the order",
		source: "https://github.com/mollie/magento2/issues/142",
		found:  "a payment ships once, whichever statement fails",
		plant: func(s *smallShop) {
			s.ship = func(t *tables, o *order) error {
				if err := ships(t, o); err != nil {
					s.log.printf("order %s: %v", o.id, err)
				}
				return nil
			}
		},
	},
	fault{
		name:   "the shop's error for a wrong amount rolls back its review",
		source: "https://github.com/saleor/saleor/issues/18196",
		found:  "an underpayment goes to manual review",
		plant: func(s *smallShop) {
			s.apply = func(t *tables, m message) error {
				o := s.find(t, m)
				if o != nil && !s.isTest(m) && s.isPaid(m) && !s.settles(o, m) {
					o.review = true
					return errMalformed
				}
				return s.applies(t, m)
			}
		},
	},
	fault{
		name:  "the shop ignores an error while storing the review of a wrong amount",
		found: "an underpayment goes to manual review, whichever statement fails",
		plant: func(s *smallShop) {
			s.mismatch = func(o *order, _ message) { o.review = o.review || s.disk.statement() == nil }
		},
	},
	fault{
		name:  "the shop ignores an error while storing the review of a second payment",
		found: "a second payment goes to manual review, whichever statement fails",
		plant: func(s *smallShop) {
			s.claim = func(t *tables, o *order, m message) error {
				if !o.paid || o.knows(m.payment()) {
					return s.claims(t, o, m)
				}
				o.payments = append(o.payments, m.payment())
				o.review = o.review || t.exec() == nil
				return nil
			}
		},
	},
	fault{
		name:  "the shop acknowledges a failed webhook and keeps it in memory",
		found: "a webhook acknowledged while the database fails survives a restart",
		plant: func(s *smallShop) {
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
		},
	},
)
