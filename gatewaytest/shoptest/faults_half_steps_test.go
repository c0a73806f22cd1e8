package shoptest_test

import (
	"context"
	"errors"
)

// forgets makes each restart invoke the function what for every order, so that some of the order's data is lost.
func forgets(what func(t *tables, o *order)) func(*smallShop) {
	return func(s *smallShop) {
		s.restart = func() *smallShop {
			err := s.disk.tx(func(t *tables) error {
				for _, o := range t.all() {
					what(t, o)
				}
				return nil
			})
			if err != nil {
				panic(errors.New("the fault could not be planted"))
			}
			return s.nextProcess()
		}
	}
}

var (
	errPays = errors.New("it pays")
	errDone = errors.New("done before") // the transaction has nothing to write
	errKept = errors.New("that is all") // commit this transaction, but do no further work
)

// inTwo makes the shop do the work of a payment in two transactions.
func (s *smallShop) inTwo(first, second func(t *tables, o *order, m message) error) {
	s.claim = func(*tables, *order, message) error { return errPays }
	s.work = func(ctx context.Context, m message) error {
		if err := s.commits(ctx, m); !errors.Is(err, errPays) {
			return err
		}
		for _, work := range []func(*tables, *order, message) error{first, second} {
			last := false
			err := s.disk.tx(func(t *tables) error {
				o := s.find(t, m)
				o.hears(m)
				err := work(t, o, m)
				if last = errors.Is(err, errKept); last {
					return nil
				}
				return err
			})
			if last && err == nil || errors.Is(err, errDone) {
				return nil
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// marks reports whether the key was already stored, and stores it otherwise, in a separate transaction.
func (s *smallShop) marks(key string) (seen bool, err error) {
	err = s.disk.tx(func(t *tables) error {
		seen = !t.first(key)
		return t.exec()
	})
	return seen, err
}

// key returns a string that identifies what a webhook reports.
func (m message) key() string {
	return m.text("order_id") + " " + m.session() + " " + m.text("status") + m.text("txid")
}

// secondOf applies a second payment to an order that is already paid.
func secondOf(o *order, m message) error {
	if o.knows(m.payment()) {
		return errDone
	}
	o.payments = append(o.payments, m.payment())
	o.review = true
	return errKept
}
