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

// server holds the functions that a replica runs.
type server struct {
	handle handler
	// reconcile is nil for a control, which makes no lookups.
	reconcile func(context.Context, *ecomtrade24.Client) error
	drain     func() // finishes work that was acknowledged before it was done; nil if there is no such work
}

// variant is a way to handle events: the inbox, or a control with a known bug that the harness must detect.
type variant struct {
	name  string
	wrong string              // its bug; "" for the inbox
	fails func(c counts) bool // reports whether the counts show the bug
	lost  bool                // some payments have no webhook
	start func(shop) server
}

// shop is the database that a handler works with.
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

// often is an inbox option for frequent lookups: of each session every 100 ms, and of a dead replica's sessions after 3
// seconds. It embeds inbox.Option, which other packages cannot implement. No exported option sets the lease.
type often struct{ inbox.Option }

// Set sets the shorter spacing and lease.
func (often) Set(o *ledger.Options) {
	o.Spacing = func(time.Duration, bool) time.Duration { return 100 * time.Millisecond }
	o.Lease = 3 * time.Second
}

func (s shop) inbox() *inbox.Inbox {
	return inbox.New(s.db, s.dialect, func(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
		return s.fulfil(ctx, sqlTx{tx}, c)
	}, often{})
}

// onSQL returns a server with the inbox on database/sql.
func onSQL(s shop) server {
	box := s.inbox()
	return server{handle: box.Handle, reconcile: box.Reconcile}
}

// onPgx returns a server with the inbox on pgx, without database/sql.
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
				for err != nil { // it retries until Handle succeeds
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

// keyFirst commits the event's key before the work: if the process dies in between, the work is never done.
func (s shop) keyFirst(ctx context.Context, ev *ecomtrade24.Event) error {
	if fresh, err := changes(ctx, s.db, insertKey, ev.Key()); err != nil || !fresh {
		return err
	}
	return s.inbox().Handle(ctx, ev)
}

const insertKey = `INSERT INTO shop_keys VALUES ($1) ON CONFLICT DO NOTHING`

// The helper changes reports whether a statement changed a row. The parameter on is a *sql.DB or a *sql.Tx.
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

// noState survives crashes and repeated deliveries, but always replaces the order's state: a late event undoes a
// payment, and a second payment ships again.
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

// lastWriteWins lets the newest sent_at win, but a redelivery has a new sent_at.
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
