package ecomtrade24otel_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/ecomtrade24otel"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger/ledgertest"
)

type database = ledgertest.Database

// paidFacts returns the stored rows of the order that event names, which is already paid.
func paidFacts() [][]driver.Value {
	return [][]driver.Value{{int64(1), "12345", "", int64(30), "tx-1", "49.95", "USD", "", int64(0)}}
}

func event(status ecomtrade24.PaymentStatus) *ecomtrade24.Event {
	return &ecomtrade24.Event{Payment: ecomtrade24.Payment{
		SessionID: "12345", OrderID: "ORDER-10001", Status: status, Amount: "49.95", Currency: "USD", TxID: "tx-1",
	}}
}

func TestInbox(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, d := newRecord(), &database{}
		var err error
		db := sql.OpenDB(d)
		defer db.Close()
		box := inbox.New(db, inbox.MySQL, func(context.Context, *sql.Tx, inbox.Change) error { return err },
			ecomtrade24otel.Inbox(r.options...))
		paid := event(ecomtrade24.StatusPaid)
		paid.SentAt = time.Now().Add(-time.Minute)
		lost := false
		d.Fail = func(step int) error {
			if lost || !strings.HasPrefix(d.Steps[step], "INSERT INTO ecomtrade24_orders") {
				return nil
			}
			lost = true
			return errors.New("Error 1213: deadlock")
		}
		require.NoError(t, box.Handle(t.Context(), paid))
		require.NoError(t, box.Handle(t.Context(), event("invented")))
		d.Facts = paidFacts()
		require.NoError(t, box.Handle(t.Context(), paid))
		d.Facts = nil
		err = errors.New("MARKER")
		require.Error(t, box.Handle(t.Context(), paid))

		spans := r.ended("ecomtrade24 inbox")
		require.Len(t, spans, 4)
		for i, want := range []struct {
			outcome, changes, attempts string
			code                       codes.Code
		}{
			{"changed", `["paid"]`, "2", codes.Unset},
			{"changed", `["unknown"]`, "1", codes.Unset},
			{"duplicate", `[]`, "1", codes.Unset},
			{"failed", `[]`, "1", codes.Error},
		} {
			assert.Equal(t, want.outcome, value(spans[i], "ecomtrade24.outcome"))
			assert.Equal(t, want.changes, value(spans[i], "ecomtrade24.changes"))
			assert.Equal(t, want.attempts, value(spans[i], "ecomtrade24.attempts"))
			assert.Equal(t, want.code, spans[i].Status.Code)
			assert.Equal(t, "12345", value(spans[i], "ecomtrade24.session.id"))
		}
		assert.Equal(t, []string{
			"ecomtrade24.inbox.attempts{} 4 of sum 5",
			"ecomtrade24.inbox.changes{ecomtrade24.change.kind=paid} 1",
			"ecomtrade24.inbox.changes{ecomtrade24.change.kind=unknown} 1",
			"ecomtrade24.inbox.duration{ecomtrade24.outcome=changed} 2",
			"ecomtrade24.inbox.duration{ecomtrade24.outcome=duplicate} 1",
			"ecomtrade24.inbox.duration{ecomtrade24.outcome=failed} 1",
			"ecomtrade24.inbox.event.age{} 1",
			"ecomtrade24.inbox.wait{} 4",
		}, r.metrics(t))
		assert.InDelta(t, 60, r.sum(t, "ecomtrade24.inbox.event.age"), 0.001)
		r.assertNothingSecret(t)
	})
}

func TestInbox_wait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecord()
		db := sql.OpenDB(&database{})
		db.SetMaxOpenConns(1)
		box := inbox.New(db, inbox.SQLite, func(context.Context, *sql.Tx, inbox.Change) error {
			<-time.After(time.Second)
			return nil
		}, ecomtrade24otel.Inbox(r.options...))
		done := make(chan error)
		for range 3 {
			go func() { done <- box.Handle(context.Background(), event(ecomtrade24.StatusPaid)) }()
		}
		for range 3 {
			require.NoError(t, <-done)
		}
		assert.InDelta(t, 0+1+2, r.sum(t, "ecomtrade24.inbox.wait"), 0.001)
		require.NoError(t, db.Close())
	})
}

// sum adds up the measurements of a histogram.
func (r *record) sum(t *testing.T, name string) float64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, r.reader.Collect(t.Context(), &all))
	total := 0.0
	for _, m := range all.ScopeMetrics[0].Metrics {
		if data, ok := m.Data.(metricdata.Histogram[float64]); ok && m.Name == name {
			for _, p := range data.DataPoints {
				total += p.Sum
			}
		}
	}
	return total
}
