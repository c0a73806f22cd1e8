package inbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// event returns a webhook's event: session 1 of order ORDER-1, 49.95 USD. The parameter more holds further JSON
// members, which override the defaults.
func event(tb testing.TB, more string) *ecomtrade24.Event {
	tb.Helper()
	body := `{"event":"payment.session","session_id":1,"order_id":"ORDER-1","amount":"49.95","currency":"USD"`
	if more != "" {
		body += "," + more
	}
	var ev ecomtrade24.Event
	require.NoError(tb, json.Unmarshal([]byte(body+"}"), &ev))
	return &ev
}

// eventOf is like event, but for the given order.
func eventOf(tb testing.TB, order, more string) *ecomtrade24.Event {
	tb.Helper()
	ev := event(tb, more)
	ev.OrderID = order
	return ev
}

const (
	paid      = `"status":"paid","txid":"tx-1"`
	completed = `"event":"payment.completed","status":"paid","txid":"tx-1"`
)

// deliveries holds, in each row, one order's events in the sequence of arrival and the expected changes.
var deliveries = map[string]struct{ events, want []string }{
	"a redelivery with a new sent_at is not reported again": {
		[]string{paid + `,"sent_at":"2026-05-23T16:43:11+00:00"`, paid}, []string{"paid paid"},
	},
	"two event types about one payment report the payment once": {
		[]string{`"status":"paid","txid":null`, completed}, []string{"paid paid"},
	},
	"a payment after the session expired is reported": {
		[]string{`"status":"expired"`, paid}, []string{"progress expired", "paid paid"},
	},
	"a later status of a paid session is not reported": {
		[]string{paid, `"status":"expired"`, `"status":"failed"`, `"status":"pending"`}, []string{"paid paid"},
	},
	"only a status of a higher rank is reported": {
		[]string{`"status":"pending"`, `"status":"processing"`, `"status":"pending"`, `"status":"review"`},
		[]string{"progress pending", "progress processing", "progress review"},
	},
	"a status of the same rank is not reported": {
		[]string{`"status":"failed"`, `"status":"expired"`}, []string{"progress failed"},
	},
	"a status of a lower rank is not reported": {
		[]string{`"status":"failed"`, `"status":"pending"`}, []string{"progress failed"},
	},
	"another session's end is reported after the order was paid": {
		[]string{paid, `"session_id":2,"status":"expired"`, `"session_id":2,"status":"expired"`},
		[]string{"paid paid", "progress expired"},
	},
	"another session's progress is reported after the order was paid": {
		[]string{paid, `"session_id":2,"status":"processing"`, `"session_id":2,"status":"declined"`},
		[]string{"paid paid", "progress processing", "progress declined"},
	},
	"a second session's payment under two event types is reported once": {
		[]string{
			paid, `"session_id":2,"status":"paid","txid":"tx-2"`,
			`"session_id":2,` + completed[:len(completed)-2] + `2"`,
		},
		[]string{"paid paid", "paid_again paid"},
	},
	"a payment with another txid is reported again": {
		[]string{paid, `"status":"paid","txid":"tx-2"`}, []string{"paid paid", "paid_again paid"},
	},
	"a txid that arrives late belongs to the first payment": {
		[]string{`"status":"paid"`, completed, `"status":"paid","txid":"tx-2"`}, []string{"paid paid", "paid_again paid"},
	},
	"a payment of another amount is reported again": {
		[]string{paid, paid + `,"amount":"4.95"`}, []string{"paid paid", "paid_again paid"},
	},
	"a payment in another currency is reported again": {
		[]string{paid, paid + `,"currency":"EUR"`}, []string{"paid paid", "paid_again paid"},
	},
	"a payment with amount and currency spelled differently is not reported again": {
		[]string{paid, completed + `,"amount":49.950,"currency":"usd"`}, []string{"paid paid"},
	},
	"a payment whose currency matches only by Unicode case folding is reported again": {
		[]string{paid, completed + `,"currency":"U\u017fD"`}, []string{"paid paid", "paid_again paid"},
	},
	"a repetition without amount and currency is not reported": {
		[]string{paid, completed + `,"amount":null,"currency":null`}, []string{"paid paid"},
	},
	"an unknown status is reported once as Unknown": {
		[]string{`"status":"refunded"`, `"status":"refunded"`, paid}, []string{"unknown refunded", "paid paid"},
	},
	"a payment without an order is reported once as Unknown": {
		[]string{paid + `,"order_id":null`, paid + `,"order_id":""`}, []string{"unknown paid"},
	},
	"a test webhook does not pay for an order": {
		[]string{paid + `,"test":true`, paid + `,"test":true`, paid}, []string{"test paid", "paid paid"},
	},
	"status test alone makes an event a test": {[]string{`"session_id":0,"status":"test"`}, []string{"test test"}},
}

func TestInbox_Handle(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		box := s.replica()
		n := 0
		for why, row := range deliveries {
			n++
			s.exec(`DELETE FROM shop_log`)
			for _, more := range row.events {
				// The rows share a database, so each row uses its own order.
				ev := event(s, more)
				if ev.SessionID != "" {
					ev.SessionID += fmt.Sprintf("-%d", n)
				}
				if ev.OrderID != "" {
					ev.OrderID += fmt.Sprintf("-%d", n)
				}
				require.NoError(s, box.Handle(s.Context(), ev), why)
			}
			assert.Equal(s, row.want, s.log(), why)
		}
	})
}

// Some databases treat similar IDs as equal. The inbox must not.
func TestInbox_Handle_similarOrders(t *testing.T) {
	t.Parallel()
	ids := []string{
		"a", "A", "a ", " a", "á", "a\u0301", "ß", "ss", "a%", "a_", "'; DROP TABLE ecomtrade24_orders; --", "订单-1", "📦",
	}
	onEach(t, func(s *store) {
		box := s.replica()
		for _, id := range ids {
			require.NoError(s, box.Handle(s.Context(), eventOf(s, id, paid)), "%q", id)
		}
		assert.Len(s, s.log(), len(ids))
		assert.Equal(s, len(ids), s.count("ecomtrade24_orders"))
	})
}

// Orders whose IDs are too long for a column are reported and stay distinct.
func TestInbox_Handle_textsTooLongForAColumn(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long", 20_000)
	onEach(t, func(s *store) {
		told := 0
		box := s.inbox(func(context.Context, tx, inbox.Change) error {
			told++
			return nil
		})
		for n, id := range []string{long + "1", long + "2", long[:400], long[:401], "\x00", "\xff", "a\x00b"} {
			for range 2 {
				ev := eventOf(s, id, paid)
				require.NoError(s, box.Handle(s.Context(), ev))
				ev.SessionID, ev.TxID, ev.Amount, ev.Currency = id, id, ecomtrade24.Amount(id), id
				require.NoError(s, box.Handle(s.Context(), ev))
			}
			assert.Equal(s, 2*(n+1), told, "%.10q", id)
		}
	})
}

// An event counts as handled only if the merchant's transaction commits.
func TestInbox_HandleTx(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		box := s.replica()
		run := func(end func(tx, context.Context) error) error {
			tx, err := box.begin(s.Context())
			require.NoError(s, err)
			_, err = box.handleTx(s.Context(), tx, event(s, paid))
			return errors.Join(err, end(tx, s.Context()))
		}
		require.NoError(s, run(tx.rollback))
		assert.Empty(s, s.log())
		require.NoError(s, run(tx.commit))
		require.NoError(s, run(tx.commit), "a copy")
		require.NoError(s, box.Handle(s.Context(), event(s, paid)), "another one")
		assert.Equal(s, []string{"paid paid"}, s.log())
	})
}
