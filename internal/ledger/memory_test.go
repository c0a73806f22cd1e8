package ledger_test

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// memory is a ledger.Store in memory, with one transaction at a time.
type memory struct {
	turn  chan struct{} // held by the running transaction
	fail  func(step string) error
	ahead time.Duration // how far the store's clock is ahead of the process's clock

	mu     sync.Mutex // guards the fields below
	stored map[string]*order
	leases map[ledger.Session]int64
	began  int
}

// order holds the contents of both tables for one order.
type order struct {
	paid bool
	rows map[rowKey]ledger.Row
}

type rowKey struct{ session, fact string }

// tx is a transaction, and holds a copy of each order that the transaction uses. Other transactions see the copy after
// the commit.
type tx struct {
	stored, touched map[string]*order
	done            bool
}

func (tx *tx) order(id string) *order {
	if o := tx.touched[id]; o != nil {
		return o
	}
	o := &order{rows: map[rowKey]ledger.Row{}}
	if old := tx.stored[id]; old != nil {
		o.paid = old.paid
		maps.Copy(o.rows, old.rows)
	}
	tx.touched[id] = o
	return o
}

var errBusy = errors.New("lost a race")

func newMemory() *memory {
	return &memory{turn: make(chan struct{}, 1), stored: map[string]*order{}, leases: map[ledger.Session]int64{}}
}

func (s *memory) step(name string) error {
	if s.fail == nil {
		return nil
	}
	return s.fail(name)
}

func (s *memory) Begin(ctx context.Context) (*tx, error) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.began++
	if err := s.step("begin"); err != nil {
		<-s.turn
		return nil, err
	}
	return &tx{stored: s.stored, touched: map[string]*order{}}, nil
}

func (s *memory) End(_ context.Context, tx *tx) {
	if !tx.done {
		tx.done = true
		<-s.turn
	}
}

func (s *memory) commit(tx *tx) error {
	if err := s.step("commit"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(s.stored, tx.touched)
	tx.done = true
	<-s.turn
	return nil
}

func (s *memory) Look(_ context.Context, tx *tx, m ledger.Message) (ledger.Lock, []ledger.Row, error) {
	o := tx.order(m.Order)
	l := ledger.Lock{Paid: o.paid}
	o.paid = o.paid || m.Pays() == 1
	var rows []ledger.Row
	for at, row := range o.rows {
		if m.Session == "" || at.session == m.Session || at.session == "" {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b ledger.Row) int {
		return cmp.Or(cmp.Compare(a.Session, b.Session), cmp.Compare(a.Fact, b.Fact))
	})
	return l, rows, s.step("look")
}

func (s *memory) Keep(_ context.Context, tx *tx, m ledger.Message, _ ledger.Lock, rows []ledger.Row) error {
	o := tx.order(m.Order)
	for _, row := range rows {
		at := rowKey{row.Session, row.Fact}
		old, found := o.rows[at]
		if found && row.NextCheck <= 0 {
			row.Since = old.Since
		}
		if found && row.NextCheck < 0 {
			row.NextCheck = old.NextCheck
		}
		o.rows[at] = row
	}
	return s.step("keep")
}

func (s *memory) KeepAndCommit(ctx context.Context, tx *tx, m ledger.Message, l ledger.Lock, rows []ledger.Row) error {
	return errors.Join(s.Keep(ctx, tx, m, l, rows), s.commit(tx))
}

func (s *memory) Expect(_ context.Context, tx *tx, id, session string, since, next, ended int64) error {
	rows, at := tx.order(id).rows, rowKey{session, ""}
	row, found := rows[at]
	switch {
	case found && row.NextCheck >= 0:
		return nil
	case row.Rank >= ecomtrade24.StatusExpired.Rank():
		next = ended
	}
	row.Session, row.Since, row.NextCheck = session, since, next
	rows[at] = row
	return s.step("expect")
}

func (s *memory) now() int64 { return time.Now().Add(s.ahead).UnixMilli() }

func (s *memory) Now(context.Context, *tx) (int64, error) { return s.now(), s.step("now") }

func (s *memory) Scheduled(context.Context) ([]ledger.Check, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	ahead := now + time.Hour.Milliseconds()
	all := make([]ledger.Check, 0, len(s.stored)) // a test may have thousands of sessions
	for id, o := range s.stored {
		for at, row := range o.rows {
			if at.fact != "" || row.NextCheck <= 0 || row.NextCheck > now && row.Since <= ahead {
				continue
			}
			session := ledger.Session{Order: id, ID: at.session}
			if lease := s.leases[session]; lease <= now || lease > ahead {
				all = append(all, ledger.Check{
					Session: session, Rank: row.Rank, Since: row.Since, NextCheck: row.NextCheck, LeaseUntil: lease, Now: now,
				})
			}
		}
	}
	slices.SortFunc(all, func(a, b ledger.Check) int {
		return cmp.Or(cmp.Compare(waitsSince(a), waitsSince(b)), cmp.Compare(a.ID, b.ID))
	})
	return all[:min(len(all), 16)], s.step("scheduled")
}

func waitsSince(c ledger.Check) int64 {
	if c.NextCheck > c.Now {
		return c.LeaseUntil
	}
	return max(c.NextCheck, c.LeaseUntil)
}

func (s *memory) Lease(ctx context.Context, c ledger.Check, until int64) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if s.row(c).NextCheck != c.NextCheck || s.leases[c.Session] != c.LeaseUntil {
		return false, nil
	}
	s.leases[c.Session] = until
	return true, s.step("lease")
}

func (s *memory) Return(ctx context.Context, c, next ledger.Check) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.turn <- struct{}{} // waits for the running transaction, which may hold the row
	defer func() { <-s.turn }()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leases[c.Session] != c.LeaseUntil {
		return nil
	}
	if row := s.row(c); row.NextCheck == c.NextCheck {
		row.Since, row.NextCheck = next.Since, next.NextCheck
		s.stored[c.Order].rows[rowKey{c.ID, ""}] = row
	}
	s.leases[c.Session] = next.LeaseUntil
	return s.step("return")
}

func (s *memory) row(c ledger.Check) ledger.Row { return s.stored[c.Order].rows[rowKey{c.ID, ""}] }

func (s *memory) LostRace(err error) bool { return errors.Is(err, errBusy) }

// box is an inbox on a memory store that records the calls of its Func.
type box struct {
	*ledger.Engine[*tx]

	store *memory

	mu    sync.Mutex
	calls []call
	apply func(call) error // returns the Func's error; nil if there is none
}

type call struct {
	kind      string
	payment   ecomtrade24.Payment
	key       string
	completes []string
}

// option is an option of package inbox, in the form that this package uses.
type option func(*ledger.Options)

func (set option) Set(o *ledger.Options) { set(o) }

func newBox(opts ...option) *box {
	return onStore(newMemory(), opts...)
}

// onStore returns another replica of the inbox on the store s.
func onStore(s *memory, opts ...option) *box {
	b := &box{store: s}
	options, err := ledger.NewOptions(opts)
	b.Engine = &ledger.Engine[*tx]{Options: options, Err: err, Store: s, Joined: s}
	b.Apply = func(_ context.Context, _ *tx, ev *ecomtrade24.Event, m ledger.Message, d ledger.Decision) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		c := call{d.Kind, ev.Payment, m.Key, d.Completes}
		b.calls = append(b.calls, c)
		if b.apply != nil {
			return b.apply(c)
		}
		return nil
	}
	return b
}

// inTx runs f in a transaction and commits it.
func (b *box) inTx(ctx context.Context, f func(tx *tx) error) error {
	tx, err := b.store.Begin(ctx)
	if err != nil {
		return err
	}
	defer b.store.End(ctx, tx)
	return errors.Join(f(tx), b.store.commit(tx))
}

// kinds returns the Func's calls so far, each as a Kind and a status, such as "paid paid".
func (b *box) kinds() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []string
	for _, c := range b.calls {
		all = append(all, c.kind+" "+string(c.payment.Status))
	}
	return all
}
