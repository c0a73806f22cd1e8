package inbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger/ledgertest"
)

type database = ledgertest.Database

func paidEvent() *ecomtrade24.Event {
	return &ecomtrade24.Event{Type: ecomtrade24.EventPaymentCompleted, Payment: ecomtrade24.Payment{
		SessionID: "12345", OrderID: "ORDER-10001", Status: ecomtrade24.StatusPaid,
		Amount: "49.95", Currency: "USD", TxID: "tx-1",
	}}
}

func TestNew(t *testing.T) {
	t.Parallel()
	db := new(database).Open(t)
	assert.Panics(t, func() { inbox.New(nil, inbox.SQLite, ignore) })
	assert.Panics(t, func() { inbox.New(db, inbox.SQLite, nil) })
}

// Nil and zero mean the default. With an invalid option, each method returns an error before it sends anything.
func TestNew_options(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]inbox.Option{
		"none":               {},
		"a nil option":       {nil},
		"WithObserver":       {inbox.WithObserver(nil)},
		"WithSpacing":        {inbox.WithSpacing(nil)},
		"WithNamespace":      {inbox.WithNamespace("")},
		"WithSchema":         {inbox.WithSchema("")},
		"the longest allows": {inbox.WithNamespace(strings.Repeat("x", 100))},
	} {
		box := inbox.New(new(database).Open(t), inbox.SQLite, ignore, opts...)
		require.NoError(t, box.Migrate(t.Context()), name)
		require.NoError(t, box.Handle(t.Context(), paidEvent()), name)
	}
	for name, row := range map[string]struct {
		dialect inbox.Dialect
		opt     inbox.Option
		want    string
	}{
		"a long namespace":                 {inbox.SQLite, inbox.WithNamespace(strings.Repeat("x", 101)), "at most 100 bytes"},
		"no dialect":                       {"", nil, `"" is not a dialect: choose "postgres", "sqlite" or "mysql"`},
		"another dialect":                  {"oracle", nil, `"oracle" is not a dialect`},
		"an option of another package":     {inbox.SQLite, struct{ inbox.Option }{}, "is not an option of package inbox"},
		"an unknown dialect with a schema": {"oracle", inbox.WithSchema("pay"), `"oracle" is not a dialect`},
		"a schema in SQLite":               {inbox.SQLite, inbox.WithSchema("pay"), "WithSchema is for PostgreSQL"},
		"a schema in MySQL":                {inbox.MySQL, inbox.WithSchema("pay"), "WithSchema is for PostgreSQL"},
		"a negative spacing": {
			inbox.SQLite, inbox.WithSpacing(func(time.Duration, bool) time.Duration { return -1 }), "must not be negative",
		},
		"a negative spacing after the end": {inbox.SQLite, inbox.WithSpacing(func(_ time.Duration, ended bool) time.Duration {
			return map[bool]time.Duration{true: -1}[ended]
		}), "must not be negative"},
	} {
		d := &database{}
		box := inbox.New(d.Open(t), row.dialect, ignore, row.opt)
		for _, err := range []error{
			box.Migrate(t.Context()), box.Handle(t.Context(), paidEvent()), box.Reconcile(t.Context(), nil),
		} {
			require.ErrorContains(t, err, "ecomtrade24 inbox: new: ", name)
			require.ErrorContains(t, err, row.want, name)
		}
		assert.Empty(t, d.Steps, name)
	}
}

func TestDialect_Schema(t *testing.T) {
	t.Parallel()
	for _, d := range []inbox.Dialect{inbox.Postgres, inbox.SQLite, inbox.MySQL} {
		for _, table := range []string{"orders", "facts"} {
			assert.Contains(t, strings.Join(d.Schema(), ";"), "CREATE TABLE IF NOT EXISTS ecomtrade24_"+table+" (")
		}
	}
	assert.NotContains(t, strings.Join(inbox.MySQL.Schema(), ";"), "_ci", "a case-insensitive column would merge orders")
}

func TestDialect_Schema_unknown(t *testing.T) {
	t.Parallel()
	assert.Empty(t, inbox.Dialect("oracle").Schema())
}

// Package inbox repeats the Kinds and Outcomes of package ledger, so that its own documentation can show them.
func TestKind_Outcome_equalLedger(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []inbox.Kind{
		inbox.Progress, inbox.Paid, inbox.PaidAgain, inbox.Incomplete, inbox.Unknown, inbox.Test,
	}, []inbox.Kind{
		ledger.Progress, ledger.Paid, ledger.PaidAgain, ledger.Incomplete, ledger.Unknown, ledger.Test,
	})
	assert.Equal(t, []inbox.Outcome{
		inbox.OutcomeChanged, inbox.OutcomeUnchanged, inbox.OutcomeDuplicate, inbox.OutcomeFailed, inbox.OutcomeUncommitted,
	}, []inbox.Outcome{
		ledger.OutcomeChanged, ledger.OutcomeUnchanged, ledger.OutcomeDuplicate, ledger.OutcomeFailed,
		ledger.OutcomeUncommitted,
	})
}
