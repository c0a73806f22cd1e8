package inbox_test

import (
	"context"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// A Func continues although one of its statements has ended the transaction. The commit would succeed and store
// nothing, so Handle must fail and the gateway must deliver again.
func TestInbox_Handle_undone(t *testing.T) {
	t.Parallel()
	for name, statements := range map[string][]string{
		"PostgreSQL": {`INSERT INTO no_such_table VALUES (1)`, `ROLLBACK`},
		"pgx":        {`INSERT INTO no_such_table VALUES (1)`, `ROLLBACK`},
		"MariaDB":    {`ROLLBACK`},
		"SQLite":     {`ROLLBACK`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stores[name](t)
			for _, statement := range statements {
				box := s.inbox(func(ctx context.Context, tx tx, _ inbox.Change) error {
					_ = tx.exec(ctx, statement)
					return nil
				})
				require.Error(t, box.Handle(t.Context(), event(t, paid)), statement)
				for _, table := range []string{"ecomtrade24_orders", "ecomtrade24_facts"} {
					assert.Zero(t, s.count(table), "%s: %s", statement, table)
				}
			}
			require.NoError(t, s.replica().Handle(t.Context(), event(t, paid)), "the redelivery")
			assert.Equal(t, []string{"paid paid"}, s.log())
		})
	}
}

// Two Funcs lock the same rows in opposite sequence, and one of them ignores its deadlock error: MariaDB has rolled
// back its transaction (error 1213), or PostgreSQL has aborted the transaction.
func TestInbox_Handle_deadlockIgnored(t *testing.T) {
	t.Parallel()
	on(t, []string{"PostgreSQL", "pgx", "MariaDB"}, func(s *store) { // SQLite has no deadlocks
		s.addStock()
		var both sync.WaitGroup
		both.Add(2)
		errs, ignored := make([]error, 2), make([]error, 2)
		at(2, func(i int) {
			box := s.inbox(func(ctx context.Context, tx tx, c inbox.Change) error {
				if err := s.take(ctx, tx, i); err != nil {
					return err
				}
				both.Done()
				both.Wait()
				ignored[i] = s.take(ctx, tx, 1-i)
				if ignored[i] == nil {
					return s.logChange(ctx, tx, c)
				}
				return nil
			})
			errs[i] = box.Handle(s.Context(), eventOf(s, strconv.Itoa(i), paid))
		})
		victim := 0
		if ignored[1] != nil {
			victim = 1
		}
		require.Error(s, ignored[victim], "there was no deadlock")
		require.NoError(s, ignored[1-victim])
		require.Error(s, errs[victim], "the gateway got 200 for a lost payment")
		require.NoError(s, errs[1-victim])
		assert.Equal(s, 1, s.count("ecomtrade24_orders"))

		again := eventOf(s, strconv.Itoa(victim), paid)
		require.NoError(s, s.replica().Handle(s.Context(), again), "the redelivery")
		assert.Equal(s, 2, s.count("ecomtrade24_orders"))
	})
}
