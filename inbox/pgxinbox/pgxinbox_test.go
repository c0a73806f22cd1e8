package pgxinbox_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/inbox/pgxinbox"
)

// The package internal/lab/inbox tests the inbox on a real PostgreSQL. The tests here use no server.

func ignore(context.Context, pgx.Tx, inbox.Change) error { return nil }

func unreachable(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), "host="+t.TempDir()+" user=nobody dbname=none")
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func TestNew(t *testing.T) {
	t.Parallel()
	assert.Panics(t, func() { pgxinbox.New(nil, ignore) })
	assert.Panics(t, func() { pgxinbox.New(unreachable(t), nil) })
}

// Nil and zero mean the default. With an invalid option, each method returns an error before it connects to the server.
func TestNew_options(t *testing.T) {
	t.Parallel()
	box := pgxinbox.New(unreachable(t), ignore, nil, inbox.WithNamespace(""), inbox.WithSchema(""), inbox.WithSpacing(nil),
		inbox.WithObserver(nil))
	require.ErrorContains(t, box.Migrate(t.Context()), "ecomtrade24 inbox: migrate: ", "the options are valid")

	box = pgxinbox.New(unreachable(t), ignore, inbox.WithNamespace(strings.Repeat("x", 101)))
	for name, err := range map[string]error{
		"Migrate": box.Migrate(t.Context()), "Handle": box.Handle(t.Context(), &ecomtrade24.Event{}),
		"Reconcile": box.Reconcile(t.Context(), nil),
	} {
		require.EqualError(t, err, "ecomtrade24 inbox: new: WithNamespace takes at most 100 bytes", name)
	}
}

func TestInbox_noServer(t *testing.T) {
	t.Parallel()
	box := pgxinbox.New(unreachable(t), ignore)
	ev := &ecomtrade24.Event{Payment: ecomtrade24.Payment{OrderID: "A", Status: ecomtrade24.StatusPaid}}
	require.ErrorContains(t, box.Handle(t.Context(), ev), "ecomtrade24 inbox: begin")
	require.ErrorContains(t, box.Migrate(t.Context()), "ecomtrade24 inbox: migrate")
	client, err := ecomtrade24.NewClient("https://gateway.example", "key-1234567890")
	require.NoError(t, err)
	require.ErrorContains(t, box.Reconcile(t.Context(), client), "read the scheduled checks")
	require.Error(t, box.Handle(t.Context(), nil))
	_, err = box.HandleTx(t.Context(), nil, ev)
	require.ErrorContains(t, err, "the transaction is nil")
	require.ErrorContains(t, box.Expect(t.Context(), nil, "1", "A"), "the transaction is nil")
}
