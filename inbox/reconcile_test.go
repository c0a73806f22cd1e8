package inbox_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net/http"
	"strconv"
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

// The tests of internal/ledger check which sessions Reconcile looks up, when it does so, and how it applies the
// responses. These tests cover the SQL statements.

// gateway responds to Status without a socket, so it works in a synctest bubble.
type gateway func(session string) string

func (g gateway) RoundTrip(r *http.Request) (*http.Response, error) {
	body := io.NopCloser(strings.NewReader(g(r.URL.Query().Get("session_id"))))
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: body, Request: r}, nil
}

func (g gateway) client(t *testing.T) *ecomtrade24.Client {
	t.Helper()
	c, err := ecomtrade24.NewClient("https://gateway.example", "key-1234567890",
		ecomtrade24.WithHTTPClient(&http.Client{Transport: g}),
		ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxAttempts: 1}))
	require.NoError(t, err)
	return c
}

func paidStatus(session string) string {
	return `{"ok":true,"session_id":` + session + `,"order_id":"ORDER-` + session + `","status":"paid",` +
		`"amount":"5.00","currency":"USD"}`
}

func numbers(n int) []string {
	var ids []string
	for i := range n {
		ids = append(ids, strconv.Itoa(i+1))
	}
	return ids
}

func TestInbox_Reconcile(t *testing.T) {
	t.Parallel()
	for _, dialect := range []inbox.Dialect{inbox.Postgres, inbox.SQLite, inbox.MySQL} {
		synctest.Test(t, func(t *testing.T) {
			d := &database{Sessions: numbers(20)}
			box := inbox.New(d.Open(t), dialect, ignore)
			require.NoError(t, box.Reconcile(t.Context(), gateway(paidStatus).client(t)))
			assert.Equal(t, 20, d.Commits())
			assert.Equal(t, 20, d.Count("UPDATE ecomtrade24_facts SET lease_until"))
			assert.Equal(t, 20, d.Count("UPDATE ecomtrade24_facts SET\nsince"))
			require.NoError(t, box.Reconcile(t.Context(), gateway(paidStatus).client(t)), "nothing is left")
			require.Error(t, box.Reconcile(t.Context(), nil))
		})
	}
}

func TestInbox_Reconcile_brokenDatabase(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	for statement, want := range map[string]string{
		"SELECT CAST((julianday":                     "read the scheduled checks",
		"UPDATE ecomtrade24_facts SET lease_until":   "lease a check",
		"UPDATE ecomtrade24_facts SET\nsince = CASE": "return a check",
	} {
		synctest.Test(t, func(t *testing.T) {
			d := &database{Sessions: numbers(1)}
			d.Fail = func(n int) error {
				if strings.HasPrefix(d.Steps[n], statement) {
					return broken
				}
				return nil
			}
			err := inbox.New(d.Open(t), inbox.SQLite, ignore).Reconcile(t.Context(), gateway(paidStatus).client(t))
			require.ErrorIs(t, err, broken)
			require.ErrorContains(t, err, want)
		})
	}
}

func TestInbox_Ask(t *testing.T) {
	t.Parallel()
	d := &database{}
	box := inbox.New(d.Open(t), inbox.SQLite, ignore)
	s, err := box.Ask(t.Context(), gateway(paidStatus).client(t), "7", "ORDER-7")
	require.NoError(t, err)
	assert.Equal(t, "ORDER-7", s.OrderID)
	assert.True(t, s.Paid())
	assert.Equal(t, 1, d.Commits())
}

func TestInbox_Expect(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	d := &database{}
	db := d.Open(t)
	box := inbox.New(db, inbox.SQLite, ignore, inbox.WithSpacing(func(age time.Duration, ended bool) time.Duration {
		assert.Zero(t, age)
		return map[bool]time.Duration{false: time.Minute, true: time.Hour}[ended]
	}))
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, box.Expect(t.Context(), tx, "1", "A"))
	require.ErrorContains(t, box.Expect(t.Context(), nil, "1", "A"), "the transaction is nil")
	require.ErrorContains(t, box.Expect(t.Context(), tx, "", "A"), "must not be empty")
	d.Fail = func(int) error { return broken }
	require.ErrorIs(t, box.Expect(t.Context(), tx, "1", "A"), broken)
	require.NoError(t, tx.Rollback())
}

// If a lookup finds a payment, the observer gets the words that the Func noted, although there is no delivery.
func TestInbox_Ask_notes(t *testing.T) {
	t.Parallel()
	var told inbox.Result
	apply := func(ctx context.Context, _ *sql.Tx, _ inbox.Change) error {
		webhook.Note(ctx, "wrong_amount")
		return nil
	}
	box := inbox.New(new(database).Open(t), inbox.SQLite, apply, inbox.WithObserver(
		func(ctx context.Context, _ inbox.Operation) (context.Context, func(inbox.Result)) {
			return ctx, func(r inbox.Result) { told = r }
		}))
	_, err := box.Ask(t.Context(), gateway(paidStatus).client(t), "7", "ORDER-7")
	require.NoError(t, err)
	assert.Equal(t, []string{"paid", "wrong_amount"}, told.Changes)
}
