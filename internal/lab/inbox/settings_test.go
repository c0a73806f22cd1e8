package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/inbox/pgxinbox"
	"github.com/ecomtrade24/ecomtrade24-go/internal/lab/database"
)

// With each of these settings, some events would fail. Migrate returns an error that names the setting.
func TestInbox_Migrate_settings(t *testing.T) {
	t.Parallel()
	encoded := func(encoding string) func(*store) {
		return func(s *store) {
			s.name += encoding
			s.exec("CREATE DATABASE " + s.name + " ENCODING '" + encoding + "' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
			server, err := postgres.Get()
			require.NoError(s, err)
			s.dsn = server.DSN(strings.ToLower(s.name))
		}
	}
	with := func(more string) func(*store) { return func(s *store) { s.dsn += more } }
	for name, tt := range map[string]struct {
		store string
		set   func(*store)
		want  string
	}{
		"LATIN1":                 {"PostgreSQL", encoded("LATIN1"), "ENCODING 'UTF8'"},
		"LATIN1, pgx":            {"pgx", encoded("LATIN1"), "ENCODING 'UTF8'"},
		"read-only":              {"PostgreSQL", with(" default_transaction_read_only=on"), "transaction_read_only is on"},
		"read-only, pgx":         {"pgx", with(" default_transaction_read_only=on"), "transaction_read_only is on"},
		"'' is NULL":             {"MariaDB", with("?sql_mode=%27EMPTY_STRING_IS_NULL%27"), "take it out of sql_mode"},
		"no autocommit":          {"MariaDB", with("?autocommit=0"), "set autocommit=1"},
		"read-only transactions": {"MariaDB", with("?tx_read_only=1"), "tx_read_only is on"},
		"MariaDB with supported settings": {
			"MariaDB", with("?sql_mode=%27ANSI,STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES%27&interpolateParams=true"), "",
		},
		"SQL_ASCII": {"PostgreSQL", encoded("SQL_ASCII"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stores[tt.store](t)
			tt.set(s)
			box := s.inbox(ignore)
			if tt.want != "" {
				require.ErrorContains(t, box.Migrate(t.Context()), tt.want)
				return
			}
			require.NoError(t, box.Migrate(t.Context()))
			require.NoError(t, box.Handle(t.Context(), eventOf(t, "€-1", paid)))
		})
	}
}

// A shop whose schema comes first in the search path gets its own tables, even if later schemas contain the inbox's
// tables.
func TestInbox_Migrate_firstSchemaOnly(t *testing.T) {
	t.Parallel()
	on(t, []string{"PostgreSQL", "pgx"}, func(s *store) {
		require.NoError(s, s.replica().Handle(s.Context(), event(s, paid)))
		s.exec(`CREATE SCHEMA younger`)
		younger := *s
		younger.dsn += " search_path=younger,public"
		box := younger.replica()
		for range 2 {
			require.NoError(s, box.Migrate(s.Context()))
		}
		require.NoError(s, box.Handle(s.Context(), event(s, paid)), "the other shop's order has the same id")
		assert.Equal(s, []string{"paid paid", "paid paid"}, s.log())
		assert.Equal(s, 1, s.count("public.ecomtrade24_orders"))
		assert.Equal(s, 1, s.count("younger.ecomtrade24_orders"))
		nowhere := *s
		nowhere.dsn += " search_path=nowhere"
		require.Error(s, nowhere.replica().Migrate(s.Context()))
	})
}

// HandleTx works in a transaction of another pool, which does not have Handle's prepared statements.
func TestInbox_HandleTx_onAnotherPool(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		box, other := s.replica(), s.replica()
		require.NoError(s, box.Handle(s.Context(), event(s, `"status":"pending"`)))
		for range 2 {
			tx, err := other.begin(s.Context())
			require.NoError(s, err)
			_, err = box.handleTx(s.Context(), tx, event(s, paid))
			require.NoError(s, err)
			require.NoError(s, tx.commit(s.Context()))
		}
		assert.Equal(s, []string{"progress pending", "paid paid"}, s.log())
	})
}

// traced wraps a pool, as a tracing library does.
type traced struct{ *pgxpool.Pool }

// DB can also be a wrapper around a pool, a connection taken from a pool, or a single connection, which runs one
// statement at a time. No connection is lost.
func TestPgxinbox_DB(t *testing.T) {
	t.Parallel()
	s := stores["pgx"](t)
	pool, err := pgxpool.New(t.Context(), s.dsn+" pool_max_conns=4")
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	one, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer one.Release()
	single, err := pgx.Connect(t.Context(), s.dsn)
	require.NoError(t, err)
	t.Cleanup(func() { single.Close(context.Background()) })
	for name, db := range map[string]pgxinbox.DB{
		"a wrapper": traced{pool}, "a connection": one, "a pool": pool, "a single connection": single,
	} {
		failing := false
		var found atomic.Int64
		box := pgxinbox.New(db, func(context.Context, pgx.Tx, inbox.Change) error {
			if failing {
				return errors.New("out of stock")
			}
			found.Add(1)
			return nil
		}, rightAway(), inbox.WithNamespace(name))
		require.NoError(t, box.Migrate(t.Context()), name)
		for n := range 20 {
			ev := eventOf(t, fmt.Sprintf("ORDER-%d", n), paid)
			failing = n%3 == 0
			assert.Equal(t, failing, box.Handle(t.Context(), ev) != nil, "%s %d", name, n)
			failing = false
			require.NoError(t, box.Handle(t.Context(), ev), "the redelivery, or a repetition")
		}
		tx, err := db.BeginTx(t.Context(), pgx.TxOptions{})
		require.NoError(t, err)
		open := map[string]string{}
		for _, session := range []string{"101", "102", "103", "104"} {
			open[session] = fmt.Sprintf(`"order_id":"A-%s","status":"paid","amount":"1","currency":"USD"`, session)
			require.NoError(t, box.Expect(t.Context(), tx, session, "A-"+session))
		}
		require.NoError(t, tx.Commit(t.Context()))
		before := found.Load()
		require.NoError(t, box.Reconcile(t.Context(), statuses(t, open)))
		assert.EqualValues(t, 4, found.Load()-before, name)
		assert.EqualValues(t, 1, pool.Stat().AcquiredConns(), "%s: expected only the test's own connection", name)
	}
}

// onProxy puts a proxy in front of the database.
func (s *store) onProxy() *database.Proxy {
	server, err := postgres.Get()
	if s.driver == "mysql" {
		server, err = mariaDB.Get()
	}
	require.NoError(s, err)
	proxy, err := server.StartProxy()
	require.NoError(s, err)
	s.Cleanup(proxy.Close)
	s.dsn = proxy.DSN(s.name)
	return proxy
}

// If a proxy loses its server connections, BEGIN fails before anything is done. Handle retries until it gets a new
// connection, so the gateway gets 200.
func TestInbox_Handle_proxyLostItsBackends(t *testing.T) {
	t.Parallel()
	on(t, []string{"PostgreSQL", "pgx", "MariaDB"}, func(s *store) {
		proxy := s.onProxy()
		box := s.replica()
		deliver := func(n int) {
			assert.NoError(s, box.Handle(s.Context(), eventOf(s, fmt.Sprintf("ORDER-%d", n), paid)))
		}
		at(32, deliver)
		proxy.Cut()
		at(32, func(i int) { deliver(100 + i) })
		proxy.Cut()
		for n := range 20 { // one event after the other, each on a different dead connection
			deliver(200 + n)
		}
		proxy.Close()
	})
}

// The database stops responding, before a statement or before the rollback. Handle returns when its context ends.
func TestInbox_Handle_silentDatabase(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"PostgreSQL", "pgx", "MariaDB"} {
		for _, when := range []string{"before the transaction", "before the rollback", "before the commit"} {
			t.Run(name+", "+when, func(t *testing.T) {
				t.Parallel()
				s := stores[name](t)
				proxy := s.onProxy()
				box := s.inbox(func(context.Context, tx, inbox.Change) error {
					proxy.Freeze()
					if when == "before the commit" {
						return nil
					}
					return errors.New("out of stock")
				})
				require.NoError(t, box.Migrate(t.Context()))
				if when == "before the transaction" {
					proxy.Freeze()
				}
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				ended := make(chan error, 1)
				go func() { ended <- box.Handle(ctx, event(t, paid)) }()
				select {
				case err := <-ended:
					require.Error(t, err)
				case <-time.After(time.Minute):
					require.Fail(t, "Handle outlives its context")
				}
				proxy.Close()
			})
		}
	}
}

// An error mentions the pool's size only if all connections are in use.
func TestPgxinbox_busyPool(t *testing.T) {
	t.Parallel()
	s := stores["pgx"](t)
	pool, err := pgxpool.New(t.Context(), s.dsn+" pool_max_conns=1")
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	box := pgxinbox.New(pool, func(context.Context, pgx.Tx, inbox.Change) error { return nil })
	handle := func() error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		return box.Handle(ctx, event(t, paid))
	}
	tx, err := pool.Begin(t.Context()) // takes the pool's only connection
	require.NoError(t, err)
	require.ErrorContains(t, handle(), "must call HandleTx")
	require.NoError(t, tx.Rollback(t.Context()))

	proxy := s.onProxy()
	proxy.Freeze()
	pool, err = pgxpool.New(t.Context(), s.dsn)
	require.NoError(t, err)
	box = pgxinbox.New(pool, func(context.Context, pgx.Tx, inbox.Change) error { return nil })
	err = handle()
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.NotContains(t, err.Error(), "HandleTx")
	proxy.Close()
	pool.Close()
}

// HandleTx returns the changes that the commit will store. The observer gets no changes.
func TestInbox_HandleTx_changes(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		var outcomes []string
		box := s.inbox(s.logChange, inbox.WithObserver(
			func(ctx context.Context, _ inbox.Operation) (context.Context, func(inbox.Result)) {
				return ctx, func(r inbox.Result) {
					outcomes = append(outcomes, string(r.Outcome)+strings.Join(r.Changes, ","))
				}
			}))
		for range 2 {
			tx, err := box.begin(s.Context())
			require.NoError(s, err)
			changes, err := box.handleTx(s.Context(), tx, event(s, paid))
			require.NoError(s, err)
			assert.Equal(s, []string{"paid"}, changes)
			require.NoError(s, tx.rollback(s.Context()))
		}
		assert.Equal(s, []string{"uncommitted", "uncommitted"}, outcomes)
	})
}
