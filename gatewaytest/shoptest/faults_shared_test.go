package shoptest_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"
)

// sharedFaults are bugs that occur when two orders are paid at the same time.
var sharedFaults = []fault{
	bug("the shop reads stock, reduces it and writes it back",
		"totals change once for each of eight orders paid at the same time", readsFirst(
			func(t *tables) int { return t.stock },
			func(t *tables, o *order, read int) error {
				t.stock = read - 1
				o.invoice = strconv.Itoa(t.invoices)
				return nil
			})).reported("https://github.com/awesto/django-shop/issues/888"),
	bug("the shop reads the invoice counter, increments it and writes it back",
		"orders paid at the same time have different invoice numbers", readsFirst(
			func(t *tables) int { return t.invoices },
			func(t *tables, o *order, read int) error {
				t.invoices = read + 1
				o.invoice = strconv.Itoa(t.invoices)
				return nil
			})).reported("https://github.com/Paymenter/Paymenter/pull/1244"),
	bug("the shop uses the highest invoice number plus one as the next invoice number",
		"orders paid at the same time have different invoice numbers",
		readsFirst(highestInvoice, func(_ *tables, o *order, read int) error {
			o.invoice = strconv.Itoa(read + 1)
			return nil
		})).reported("https://github.com/PrestaShop/PrestaShop/issues/42821"),
	bug("an order silently stays unpaid if its invoice number is already in use",
		"sixteen orders paid at the same time are all marked paid",
		readsFirst(highestInvoice, func(t *tables, o *order, read int) error {
			if highestInvoice(t) > read {
				return errUnknownOrder // this error makes the endpoint respond 200
			}
			o.invoice = strconv.Itoa(read + 1)
			return nil
		})).reported("https://github.com/be-BOP-io-SA/be-BOP/issues/2743").
		also("two orders ship once each if their payments are delivered eight times in parallel"),
	bug("the shop chooses the invoice number when the order is placed",
		"orders paid at the same time have different invoice numbers", func(s *smallShop) {
			s.place = func(ctx context.Context) (string, error) {
				id, err := s.places(ctx)
				s.changes(id, func(t *tables, _ *order) { t.numbers["invoice "+id] = t.invoices + 1 })
				return id, err
			}
			s.ship = func(t *tables, o *order) error {
				err := ships(t, o)
				o.invoice = strconv.Itoa(t.numbers["invoice "+o.id])
				return err
			}
		}).reported("https://github.com/django-getpaid/django-plans/issues/118"),
	bug("the shop uses the number of orders as the invoice number",
		"orders paid at the same time have different invoice numbers", func(s *smallShop) {
			s.ship = func(t *tables, o *order) error {
				err := ships(t, o)
				o.invoice = strconv.Itoa(len(t.orders))
				return err
			}
		}).reported("https://github.com/django-oscar/django-oscar-invoices/issues/17"),
	bug("the shop keeps the order being invoiced in a global variable",
		"sixteen orders paid at the same time are all marked paid", func(s *smallShop) {
			current := make(chan string, 1)
			current <- ""
			s.work = func(ctx context.Context, m message) error {
				if s.paysNow(m) {
					<-current
					current <- s.orderID(m)
					<-time.After(time.Millisecond)
					id := <-current
					current <- id
					m = m.with("order_id", id)
				}
				return s.commits(ctx, m)
			}
		}).reported("https://github.com/Pinelab-studio/pinelab-vendure-plugins/issues/433"),
	bug("the shop finds the order by the buyer",
		"paying nine of ten orders marks only those nine paid", func(s *smallShop) {
			s.find = func(t *tables, m message) *order {
				if t.get(s.orderID(m)) == nil {
					return nil
				}
				for _, o := range t.all() { // the small shop has only one buyer
					if !o.paid {
						return o
					}
				}
				return t.get(s.orderID(m))
			}
		}).reported("https://github.com/Ixotic27/The-Leetcode-City/issues/344").
		also("an order that is paid while another order expires is marked paid",
			"a purchase while the database fails loses no payment",
			"a purchase with a failing database statement does not block later purchases"),
	bug("the shop keeps all orders in one document that it reads and writes back",
		"sixteen orders paid at the same time are all marked paid", func(s *smallShop) {
			s.work = func(ctx context.Context, m message) error {
				if !s.paysNow(m) {
					return s.commits(ctx, m)
				}
				before := s.disk.snapshot().orders
				<-time.After(time.Millisecond)
				return s.disk.tx(func(t *tables) error {
					for id, o := range before {
						t.orders[id] = o.clone()
					}
					return s.apply(t, m)
				})
			}
		}),
	bug("the shop drops a webhook if it cannot get the lock for all orders",
		"sixteen orders paid at the same time are all marked paid", func(s *smallShop) {
			var held atomic.Bool
			s.work = func(ctx context.Context, m message) error {
				if !held.CompareAndSwap(false, true) {
					return nil
				}
				defer held.Store(false)
				if s.paysNow(m) {
					<-time.After(time.Millisecond)
				}
				return s.commits(ctx, m)
			}
		}),
	bug("the shop keeps stock in a counter outside the transaction",
		"totals change once even if a database statement fails", func(s *smallShop) {
			s.ship = func(t *tables, o *order) error {
				s.disk.counts("sold", 1)
				return ships(t, o)
			}
			s.stock = func(*tables) int { return fullStock - s.disk.counts("sold", 0) }
		}),
}

func highestInvoice(t *tables) (highest int) {
	for _, o := range t.orders {
		n, _ := strconv.Atoi(o.invoice)
		highest = max(highest, n)
	}
	return highest
}

// readsFirst makes the shop read a shared value, wait, then mark the order paid and write a new value based on the
// value that it read.
func readsFirst(read func(t *tables) int, write func(t *tables, o *order, read int) error) func(*smallShop) {
	return func(s *smallShop) {
		s.work = func(ctx context.Context, m message) error {
			if !s.paysNow(m) {
				return s.commits(ctx, m)
			}
			before := read(s.disk.snapshot())
			<-time.After(time.Millisecond)
			return s.disk.tx(func(t *tables) error {
				o := s.find(t, m)
				first := !o.paid
				if err := s.apply(t, m); err != nil || !first {
					return err
				}
				o.invoice = "" // discards the number that s.apply chose
				return write(t, o, before)
			})
		}
	}
}

// paysNow reports whether the message would mark an unpaid order paid.
func (s *smallShop) paysNow(m message) bool {
	o := s.find(s.disk.snapshot(), m)
	return o != nil && !o.paid && !s.isTest(m) && s.isPaid(m) && s.settles(o, m)
}
