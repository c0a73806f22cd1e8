package main

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/inbox/pgxinbox"
	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

type handler = func(context.Context, *ecomtrade24.Event) error

// server is what a replica runs.
type server struct {
	handle handler
	// reconcile is nil for a control, which looks nothing up.
	reconcile func(context.Context, *ecomtrade24.Client) error
	drain     func() // waits for work that was acknowledged but not done; nil for none
}

// variant is a way of handling events: the inbox, or one with a known bug that shows that the harness detects it.
type variant struct {
	name  string
	wrong string              // its bug; "" for the inbox
	fails func(c counts) bool // how its bug must show
	lost  bool                // some payments are not reported by any webhook
	start func(shop) server
}

// shop is what a handler works with.
type shop struct {
	driver  string
	dsn     string
	db      *sql.DB
	dialect inbox.Dialect
}

// variants returns all variants, the inbox first.
func variants() []variant {
	return []variant{
		{name: "inbox", lost: true, start: onSQL},
		{name: "pgxinbox", lost: true, start: onPgx},
		{
			name: "no-lookups", wrong: "the inbox without Reconcile", lost: true,
			fails: func(c counts) bool { return c.lostForGood > 0 },
			start: func(s shop) server { return server{handle: s.inbox().Handle} },
		},
		{
			name: "ack-first", wrong: "acknowledged first, applied from memory afterwards",
			fails: func(c counts) bool { return c.lost > 0 },
			start: ackFirst,
		},
		{
			name: "key-first", wrong: "event key committed before the work",
			fails: func(c counts) bool { return c.lostForGood > 0 },
			start: func(s shop) server { return server{handle: s.keyFirst} },
		},
		{
			name: "no-state", wrong: "event key and work in one transaction, no order state",
			fails: func(c counts) bool { return c.unpaid > 0 && c.twice > 0 },
			start: func(s shop) server { return server{handle: s.noState} },
		},
		{
			name: "last-write-wins", wrong: "the newest sent_at wins, the amount is ignored",
			fails: func(c counts) bool { return c.unpaid > 0 && c.wrong > 0 },
			start: func(s shop) server { return server{handle: s.lastWriteWins} },
		},
	}
}

// often makes Reconcile look up each session as fast as the pace allows, and a dead replica's sessions after seconds.
// It embeds an Option because there is no other way to implement one, and no option sets the lease.
type often struct{ inbox.Option }

// Set is for package ledger.
func (often) Set(o *ledger.Options) {
	o.Spacing = func(time.Duration, bool) time.Duration { return 100 * time.Millisecond }
	o.Lease = 3 * time.Second
}

func (s shop) inbox() *inbox.Inbox {
	return inbox.New(s.db, s.dialect, func(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
		return s.fulfil(ctx, sqlTx{tx}, c)
	}, often{})
}

// onSQL is the inbox on database/sql.
func onSQL(s shop) server {
	box := s.inbox()
	return server{handle: box.Handle, reconcile: box.Reconcile}
}

// onPgx is the inbox on pgx itself.
func onPgx(s shop) server {
	pool, err := pgxpool.New(context.Background(), s.dsn+" pool_max_conns=16")
	if err != nil {
		return server{handle: func(context.Context, *ecomtrade24.Event) error { return err }}
	}
	box := pgxinbox.New(pool, func(ctx context.Context, tx pgx.Tx, c inbox.Change) error {
		return s.fulfil(ctx, pgxTx{tx}, c)
	}, often{})
	return server{handle: box.Handle, reconcile: box.Reconcile, drain: pool.Close}
}

// ackFirst does everything right, but after the response: if the process dies, work in memory is lost.
func ackFirst(s shop) server {
	box, queue := s.inbox(), make(chan *ecomtrade24.Event, 1<<20)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for ev := range queue {
				err := box.Handle(context.Background(), ev)
				for err != nil { // it never gives up
					err = box.Handle(context.Background(), ev)
				}
			}
		})
	}
	return server{handle: func(_ context.Context, ev *ecomtrade24.Event) error {
		queue <- ev
		return nil
	}, drain: func() {
		close(queue)
		workers.Wait()
	}}
}

// keyFirst does everything right too, but if the process dies after the first statement, the work is never done.
func (s shop) keyFirst(ctx context.Context, ev *ecomtrade24.Event) error {
	if fresh, err := changes(ctx, s.db, insertKey, ev.Key()); err != nil || !fresh {
		return err
	}
	return s.inbox().Handle(ctx, ev)
}

const insertKey = `INSERT INTO shop_keys VALUES ($1) ON CONFLICT DO NOTHING`

// changes reports whether a statement changed a row. on is a *sql.DB or a *sql.Tx.
func changes(ctx context.Context, on interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}, query string, args ...any,
) (bool, error) {
	result, err := on.ExecContext(ctx, query, args...)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// noState survives crashes and copies, but always replaces the order's state: it lets a late event undo a payment and a
// second payment ship again.
func (s shop) noState(ctx context.Context, ev *ecomtrade24.Event) error {
	if ev.Test {
		return nil
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		fresh, err := changes(ctx, tx, insertKey, ev.Key())
		switch {
		case err != nil || !fresh:
			return err
		case ev.Paid():
			return s.settle(ctx, sqlTx{tx}, &ev.Payment, false)
		}
		return s.progress(ctx, sqlTx{tx}, &ev.Payment, "")
	})
}

// lastWriteWins sorts events by a time that changes with a redelivery.
func (s shop) lastWriteWins(ctx context.Context, ev *ecomtrade24.Event) error {
	if ev.Test {
		return nil
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		const update = `UPDATE shop_orders SET state = $1, sent_at = $2 WHERE id = $3 AND sent_at < $4`
		at := ev.SentAt.Unix()
		newer, err := changes(ctx, tx, update, string(ev.Status), at, ev.OrderID, at)
		if err != nil || !newer || !ev.Paid() {
			return err
		}
		return s.ship(ctx, sqlTx{tx}, &ev.Payment)
	})
}
