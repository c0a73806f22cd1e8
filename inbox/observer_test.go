package inbox_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// An observer sees each event and what it changed.
func TestWithObserver(t *testing.T) {
	t.Parallel()
	type mark struct{}
	broken := errors.New("disk on fire")
	busy := errors.New("Error 1213 (40001): Deadlock found when trying to get lock")
	failing := func(err error, times int) *database {
		d := &database{}
		d.Fail = func(n int) error {
			if !strings.HasPrefix(d.Steps[n], "INSERT INTO ecomtrade24_orders") || times == 0 {
				return nil
			}
			times--
			return err
		}
		return d
	}
	rows := []struct {
		name string
		d    *database
		ev   *ecomtrade24.Event
		want inbox.Result
	}{
		{"paid", &database{}, paidEvent(), inbox.Result{Outcome: "changed", Changes: []string{"paid"}, Attempts: 1}},
		{
			"a test", &database{}, &ecomtrade24.Event{Payment: ecomtrade24.Payment{SessionID: "12345", Test: true}},
			inbox.Result{Outcome: "changed", Changes: []string{"test"}, Attempts: 1},
		},
		{"failed", failing(broken, 1), paidEvent(), inbox.Result{Outcome: "failed", Attempts: 1, Err: broken}},
		{
			"lost a race", failing(busy, 2), paidEvent(),
			inbox.Result{Outcome: "changed", Changes: []string{"paid"}, Attempts: 3},
		},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var told []inbox.Result
			apply := func(ctx context.Context, _ *sql.Tx, c inbox.Change) error {
				assert.Equal(t, true, ctx.Value(mark{}), "the Func runs under the observer's context")
				return ignore(ctx, nil, c)
			}
			box := inbox.New(row.d.Open(t), inbox.MySQL, apply, inbox.WithObserver(
				func(ctx context.Context, op inbox.Operation) (context.Context, func(inbox.Result)) {
					assert.Same(t, row.ev, op.Event)
					assert.False(t, op.Start.IsZero())
					return context.WithValue(ctx, mark{}, true), func(r inbox.Result) { told = append(told, r) }
				}))
			require.ErrorIs(t, box.Handle(t.Context(), row.ev), row.want.Err)
			require.Len(t, told, 1)
			assert.Empty(t, cmp.Diff(row.want, told[0], cmpopts.EquateErrors(),
				cmpopts.IgnoreFields(inbox.Result{}, "Waited")))
		})
	}
}

// The observer gets the time spent waiting for a connection, even if none became free.
func TestWithObserver_waited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := new(database).Open(t)
		db.SetMaxOpenConns(1)
		var mu sync.Mutex
		var told []inbox.Result
		slow := func(context.Context, *sql.Tx, inbox.Change) error {
			<-time.After(time.Second)
			return nil
		}
		box := inbox.New(db, inbox.SQLite, slow, inbox.WithObserver(
			func(ctx context.Context, _ inbox.Operation) (context.Context, func(inbox.Result)) {
				return ctx, func(r inbox.Result) {
					mu.Lock()
					defer mu.Unlock()
					told = append(told, r)
				}
			}))
		first := make(chan error)
		go func() { first <- box.Handle(t.Context(), paidEvent()) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/4)
		defer cancel()
		require.ErrorIs(t, box.Handle(ctx, paidEvent()), context.DeadlineExceeded)
		require.NoError(t, box.Handle(t.Context(), paidEvent()))
		require.NoError(t, <-first)

		slices.SortFunc(told, func(a, b inbox.Result) int { return int(a.Waited - b.Waited) })
		require.Len(t, told, 3)
		assert.Equal(t, []time.Duration{0, time.Second / 4, 3 * time.Second / 4},
			[]time.Duration{told[0].Waited, told[1].Waited, told[2].Waited})
		assert.Equal(t, inbox.OutcomeFailed, told[1].Outcome)
		assert.Zero(t, told[1].Attempts)
	})
}

// A delivery's log line names what was committed: the kind of each change and the Func's notes. It leaves out the
// changes of a transaction that was rolled back.
func TestInbox_Handle_notes(t *testing.T) {
	t.Parallel()
	busy := errors.New("Error 1213 (40001): Deadlock found when trying to get lock")
	for name, c := range map[string]struct {
		body    string
		words   []string // the words that each run of the Func notes
		apply   error    // the Func's error
		commits []error
		want    any
	}{
		"paid":                              {paidBody, []string{""}, nil, nil, "paid"},
		"with a word":                       {paidBody, []string{"wrong_amount"}, nil, nil, "paid,wrong_amount"},
		"a noted word that equals the Kind": {paidBody, []string{"paid"}, nil, nil, "paid"},
		"a test":                            {`{"session_id":1,"status":"test"}`, []string{""}, nil, nil, "test"},
		"a lost race":                       {paidBody, []string{"first", "last"}, nil, []error{busy, nil}, "paid,last"},
		"a failed commit":                   {paidBody, []string{"wrong_amount"}, nil, []error{errors.New("disk on fire")}, nil},
		"a failed Func":                     {paidBody, []string{"wrong_amount"}, errors.New("out of stock"), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, run := &database{}, -1
			d.Fail = func(n int) error {
				if d.Steps[n] == "commit" && len(c.commits) > run {
					return c.commits[run]
				}
				return nil
			}
			box := inbox.New(d.Open(t), inbox.MySQL, func(ctx context.Context, _ *sql.Tx, _ inbox.Change) error {
				run++
				webhook.Note(ctx, c.words[run])
				return c.apply
			})
			line := lineOf(t, box.Handle, c.body)
			assert.Equal(t, c.want, line["changes"])
			assert.Equal(t, c.want != nil, line["outcome"] == "handled")
		})
	}
}

// lineOf delivers body to handle and returns the log line.
func lineOf(t *testing.T, handle func(context.Context, *ecomtrade24.Event) error, body string) map[string]any {
	t.Helper()
	verifier, err := webhook.NewVerifier("webhook-secret")
	require.NoError(t, err)
	var log bytes.Buffer
	h := webhook.NewHandler(verifier, handle, webhook.WithLogger(slog.New(slog.NewJSONHandler(&log, nil))))
	h.Deliver(t.Context(), http.Header{"X-Signature": {webhook.Sign("webhook-secret", []byte(body))}}, []byte(body))
	var line map[string]any
	require.NoError(t, json.Unmarshal(log.Bytes(), &line))
	return line
}
