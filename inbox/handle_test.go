package inbox_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

func ignore(context.Context, *sql.Tx, inbox.Change) error { return nil }

func panics(context.Context, *sql.Tx, inbox.Change) error { panic("nil map") }

func TestInbox_Handle_commitsNothing(t *testing.T) {
	t.Parallel()
	for want, row := range map[string]struct {
		d     *database
		apply func(context.CancelFunc)
		ev    *ecomtrade24.Event
	}{
		"the event is nil": {&database{}, func(context.CancelFunc) {}, nil},
		// The Func ignores the error that undid the transaction.
		"undone":           {&database{Undone: true}, func(context.CancelFunc) {}, paidEvent()},
		"nil map":          {&database{}, func(context.CancelFunc) { panic("nil map") }, paidEvent()},
		"context canceled": {&database{}, func(cancel context.CancelFunc) { cancel() }, paidEvent()},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			box := inbox.New(row.d.Open(t), inbox.SQLite, func(context.Context, *sql.Tx, inbox.Change) error {
				row.apply(cancel)
				return nil
			})
			require.ErrorContains(t, box.Handle(ctx, row.ev), want)
			assert.Zero(t, row.d.Commits())
			if want == "nil map" {
				assert.Equal(t, "rollback", row.d.Steps[len(row.d.Steps)-1])
			}
		})
	}
}

// If any step fails, Handle returns an error and commits nothing.
func TestInbox_Handle_failingStep(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	for step, name := range []string{
		"begin", "lock order", "apply", "check", "record fact", "commit",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &database{}
			d.Fail = func(n int) error {
				if n == step || name == "begin" && n < 3 { // Handle retries a failed begin, so each retry must fail too
					return broken
				}
				return nil
			}
			apply := func(ctx context.Context, tx *sql.Tx, _ inbox.Change) error {
				_, err := tx.ExecContext(ctx, "UPDATE shop_orders")
				return err
			}
			box := inbox.New(d.Open(t), inbox.SQLite, apply)
			err := box.Handle(t.Context(), paidEvent())
			require.ErrorIs(t, err, broken)
			require.ErrorContains(t, err, name)
			assert.Zero(t, d.Commits())
			require.NoError(t, box.Handle(t.Context(), paidEvent()), "the redelivery")
			assert.Equal(t, 1, d.Commits())
		})
	}
}

// The gateway must not get an error after a deadlock: the transaction runs again, but not forever.
func TestInbox_Handle_lostRace(t *testing.T) {
	t.Parallel()
	postgres := errors.New("ERROR: deadlock detected (SQLSTATE 40P01)")
	mysql := errors.New("Error 1213 (40001): Deadlock found when trying to get lock")
	german := fmt.Errorf("apply: %w", stateError("40P01"))
	for name, tt := range map[string]struct {
		dialect  inbox.Dialect
		err      error
		failures int // the number of transactions whose first statement fails
		begun    int
		wantErr  bool
	}{
		"a PostgreSQL deadlock":                                      {inbox.Postgres, postgres, 1, 2, false},
		"a deadlock error of lib/pq with a German text":              {inbox.Postgres, german, 1, 2, false},
		"a disk-full error, reported by SQLSTATE, is not retried":    {inbox.Postgres, stateError("53100"), 1, 1, true},
		"a MySQL deadlock":                                           {inbox.MySQL, mysql, 2, 3, false},
		"deadlocks that keep repeating end in an error":              {inbox.Postgres, postgres, 99, 4, true},
		"a disk-full error, reported as text, is not retried":        {inbox.Postgres, errors.New("ERROR: disk full (SQLSTATE 53100)"), 1, 1, true},
		"a deadlock error in another dialect's words is not retried": {inbox.SQLite, mysql, 1, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, begun := &database{}, 0
			d.Fail = func(n int) error {
				if d.Steps[n] == "begin" {
					begun++
				} else if d.Steps[n-1] == "begin" && begun <= tt.failures {
					return tt.err
				}
				return nil
			}
			err := inbox.New(d.Open(t), tt.dialect, ignore).Handle(t.Context(), paidEvent())
			assert.Equal(t, tt.wantErr, err != nil, "%v", err)
			assert.Equal(t, tt.begun, begun)
		})
	}
}

// stateError is an error like those of lib/pq and pgx: a SQLSTATE, and a text in the server's language.
type stateError string

func (e stateError) Error() string    { return "pq: Verklemmung entdeckt" }
func (e stateError) SQLState() string { return string(e) }

// Deliveries get free connections in the sequence in which they arrived. A delivery stops waiting if its caller hangs
// up.
func TestInbox_Handle_waitsInSequence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, release := new(database).Open(t), make(chan struct{})
		db.SetMaxOpenConns(1)
		var order []string
		box := inbox.New(db, inbox.SQLite, func(_ context.Context, _ *sql.Tx, c inbox.Change) error {
			<-release
			order = append(order, c.Payment.OrderID)
			return nil
		})
		ids := numbers(20)
		for _, id := range ids {
			ev := paidEvent()
			ev.OrderID = id
			go func() { assert.NoError(t, box.Handle(context.WithoutCancel(t.Context()), ev)) }()
			synctest.Wait()
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, box.Handle(gone, paidEvent()), context.Canceled)
		close(release)
		synctest.Wait()
		assert.Equal(t, ids, order)
	})
}

// An error from webhook.Discard normally prevents a redelivery. But if a Func returns it, the transaction is rolled
// back, so the gateway must deliver the event again.
func TestInbox_Handle_discardIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	d := &database{}
	box := inbox.New(d.Open(t), inbox.SQLite, func(context.Context, *sql.Tx, inbox.Change) error {
		return webhook.Discard(sql.ErrNoRows)
	})
	assert.InDelta(t, http.StatusInternalServerError, lineOf(t, box.Handle, paidBody)["response"], 0)
	assert.Zero(t, d.Commits())
	require.ErrorIs(t, box.Handle(t.Context(), paidEvent()), sql.ErrNoRows)
}

const paidBody = `{"session_id":1,"order_id":"A","status":"paid","amount":"1.00","currency":"USD"}`

// A failed begin has changed nothing, so it is retried: first on the pool's idle connections, which a proxy may have
// lost too, and then on a new connection.
func TestInbox_Handle_failingBegin(t *testing.T) {
	t.Parallel()
	lost := errors.New("unexpected EOF")
	for name, tt := range map[string]struct {
		idle, failures int
		want           error
	}{
		"a begin that fails once is retried":                                 {0, 1, nil},
		"a begin that fails on all idle connections is retried on a new one": {5, 6, nil},
		"a begin that fails on a new connection too is an error":             {5, 99, lost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &database{}
			db := d.Open(t)
			db.SetMaxIdleConns(10)
			var waiting []*sql.Conn
			for range tt.idle {
				c, err := db.Conn(t.Context())
				require.NoError(t, err)
				waiting = append(waiting, c)
			}
			for _, c := range waiting {
				require.NoError(t, c.Close())
			}
			d.Fail = func(n int) error {
				tt.failures--
				if d.Steps[n] == "begin" && tt.failures >= 0 {
					return lost
				}
				return nil
			}
			require.ErrorIs(t, inbox.New(db, inbox.Postgres, ignore).Handle(t.Context(), paidEvent()), tt.want)
			if tt.want != nil {
				assert.Len(t, d.Steps, tt.idle+2)
			}
		})
	}
}

// Handle does not wait for a rollback once its context has ended.
func TestInbox_Handle_silentDatabase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &database{}
		silent := make(chan struct{})
		defer close(silent)
		box := inbox.New(d.Open(t), inbox.SQLite, func(context.Context, *sql.Tx, inbox.Change) error {
			d.Silent.Store(&silent)
			return errors.New("out of stock")
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		require.ErrorContains(t, box.Handle(ctx, paidEvent()), "out of stock")
		assert.Equal(t, time.Minute, time.Since(start), "before the rollback")

		box = inbox.New(d.Open(t), inbox.SQLite, ignore)
		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorIs(t, box.Handle(ctx, paidEvent()), context.DeadlineExceeded)
		assert.Equal(t, 2*time.Minute, time.Since(start), "before the commit")
	})
}

// HandleTx returns the changes that a commit will make. They appear in the log line only if the caller notes them.
func TestInbox_HandleTx(t *testing.T) {
	t.Parallel()
	for name, commits := range map[string]bool{"committed": true, "rolled back": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := new(database).Open(t)
			box := inbox.New(db, inbox.SQLite, func(ctx context.Context, _ *sql.Tx, _ inbox.Change) error {
				webhook.Note(ctx, "wrong_amount")
				return nil
			})
			line := lineOf(t, func(ctx context.Context, ev *ecomtrade24.Event) error {
				tx, err := db.BeginTx(ctx, nil)
				require.NoError(t, err)
				changes, err := box.HandleTx(ctx, tx, ev)
				require.NoError(t, err)
				if !commits {
					return tx.Rollback()
				}
				require.NoError(t, tx.Commit())
				for _, word := range changes {
					webhook.Note(ctx, word)
				}
				return nil
			}, paidBody)
			if commits {
				assert.Equal(t, "paid,wrong_amount", line["changes"])
			} else {
				assert.NotContains(t, line, "changes")
			}
			_, err := box.HandleTx(t.Context(), nil, paidEvent())
			require.ErrorContains(t, err, "the transaction is nil")
		})
	}
}

// A caller's transaction can be on another pool, which does not have Handle's prepared statements.
func TestInbox_HandleTx_onAnotherPool(t *testing.T) {
	t.Parallel()
	d := &database{Prepares: true}
	box := inbox.New(d.Open(t), inbox.SQLite, ignore)
	require.NoError(t, box.Handle(t.Context(), paidEvent()))
	tx, err := d.Open(t).BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = box.HandleTx(t.Context(), tx, paidEvent())
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
}

// A payment that is already stored is read back and changes nothing. An order for which MySQL's join returns no facts
// counts as new.
func TestInbox_Handle_knownOrder(t *testing.T) {
	t.Parallel()
	known := []driver.Value{int64(1), "12345", "", int64(30), "tx-1", "49.95", "USD", "", int64(0)}
	none := []driver.Value{int64(0), nil, nil, nil, nil, nil, nil, nil, nil}
	for name, dialect := range map[string]inbox.Dialect{
		"PostgreSQL": inbox.Postgres, "SQLite": inbox.SQLite, "MySQL": inbox.MySQL,
	} {
		d := &database{Facts: [][]driver.Value{known}}
		require.NoError(t, inbox.New(d.Open(t), dialect, panics).Handle(t.Context(), paidEvent()), name)
		assert.Zero(t, d.Commits())

		d = &database{Facts: [][]driver.Value{none}}
		box := inbox.New(d.Open(t), dialect, ignore)
		require.NoError(t, box.Handle(t.Context(), paidEvent()), name)
		assert.Equal(t, 1, d.Commits())
		noSession := paidEvent()
		noSession.SessionID = ""
		require.NoError(t, box.Handle(t.Context(), noSession), name)

		d.Fail = func(n int) error {
			if strings.Contains(d.Steps[n], "ecomtrade24_facts") {
				return errors.New("disk on fire")
			}
			return nil
		}
		require.ErrorContains(t, box.Handle(t.Context(), paidEvent()), "read facts: disk on fire")
	}
}
