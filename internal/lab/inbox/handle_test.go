package inbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// event reads a webhook about session 1 of order ORDER-1, for 49.95 USD. more has further JSON members, which win.
func event(t *testing.T, more string) *ecomtrade24.Event {
	t.Helper()
	body := `{"event":"payment.session","session_id":1,"order_id":"ORDER-1","amount":"49.95","currency":"USD"`
	if more != "" {
		body += "," + more
	}
	var ev ecomtrade24.Event
	require.NoError(t, json.Unmarshal([]byte(body+"}"), &ev))
	return &ev
}

const (
	paid      = `"status":"paid","txid":"tx-1"`
	completed = `"event":"payment.completed","status":"paid","txid":"tx-1"`
)

// deliveries are events of one order, in the sequence of their arrival, and the reported changes.
var deliveries = []struct {
	why    string
	events []string
	want   []string
}{
	{
		"a redelivery with a new sent_at is not reported again",
		[]string{paid + `,"sent_at":"2026-05-23T16:43:11+00:00"`, paid},
		[]string{"paid paid"},
	},
	{
		"two event types about one payment report it once",
		[]string{`"status":"paid","txid":null`, completed},
		[]string{"paid paid"},
	},
	{
		"a payment after the session expired is reported",
		[]string{`"status":"expired"`, paid},
		[]string{"progress expired", "paid paid"},
	},
	{
		"a later status of a paid session is not reported",
		[]string{paid, `"status":"expired"`, `"status":"failed"`, `"status":"pending"`},
		[]string{"paid paid"},
	},
	{
		"only a status of a higher rank is reported",
		[]string{`"status":"pending"`, `"status":"processing"`, `"status":"pending"`, `"status":"review"`},
		[]string{"progress pending", "progress processing", "progress review"},
	},
	{
		"a status of the same rank is not reported",
		[]string{`"status":"failed"`, `"status":"expired"`},
		[]string{"progress failed"},
	},
	{"a status of a lower rank is not reported", []string{`"status":"failed"`, `"status":"pending"`}, []string{"progress failed"}},
	{
		"another session's end is reported after the order was paid",
		[]string{paid, `"session_id":2,"status":"expired"`, `"session_id":2,"status":"expired"`},
		[]string{"paid paid", "progress expired"},
	},
	{
		"another session's progress is reported after the order was paid",
		[]string{paid, `"session_id":2,"status":"processing"`, `"session_id":2,"status":"declined"`},
		[]string{"paid paid", "progress processing", "progress declined"},
	},
	{
		"a second session's payment under two event types is reported once",
		[]string{
			paid, `"session_id":2,"status":"paid","txid":"tx-2"`,
			`"session_id":2,` + completed[:len(completed)-2] + `2"`,
		},
		[]string{"paid paid", "paid_again paid"},
	},
	{
		"a payment with another txid is reported again",
		[]string{paid, `"status":"paid","txid":"tx-2"`},
		[]string{"paid paid", "paid_again paid"},
	},
	{
		"a txid that arrives late belongs to the first payment",
		[]string{`"status":"paid"`, completed, `"status":"paid","txid":"tx-2"`},
		[]string{"paid paid", "paid_again paid"},
	},
	{"a payment of another amount is reported again", []string{paid, paid + `,"amount":"4.95"`}, []string{"paid paid", "paid_again paid"}},
	{"a payment in another currency is reported again", []string{paid, paid + `,"currency":"EUR"`}, []string{"paid paid", "paid_again paid"}},
	{
		"another spelling of amount and currency is not reported again",
		[]string{paid, completed + `,"amount":49.950,"currency":"usd"`},
		[]string{"paid paid"},
	},
	{
		"a currency that only Unicode folds to the same is reported again",
		[]string{paid, completed + `,"currency":"U\u017fD"`},
		[]string{"paid paid", "paid_again paid"},
	},
	{
		"a repetition without amount and currency is not reported",
		[]string{paid, completed + `,"amount":null,"currency":null`},
		[]string{"paid paid"},
	},
	{
		"an unknown status is reported once as Unknown",
		[]string{`"status":"refunded"`, `"status":"refunded"`, paid},
		[]string{"unknown refunded", "paid paid"},
	},
	{"a payment without an order is reported once as Unknown", []string{paid + `,"order_id":null`, paid + `,"order_id":""`}, []string{"unknown paid"}},
	{
		"a test does not pay for an order",
		[]string{paid + `,"test":true`, paid + `,"test":true`, paid},
		[]string{"test paid", "paid paid"},
	},
	{"a test status without the flag is a test", []string{`"session_id":0,"status":"test"`}, []string{"test test"}},
}

func TestInbox_Handle(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			box := s.replica(t)
			for i, row := range deliveries {
				_, err := s.open(t).ExecContext(t.Context(), `DELETE FROM shop_log`)
				require.NoError(t, err)
				for _, more := range row.events {
					// The rows share a database, so each has its own order.
					ev := event(t, more)
					if ev.SessionID != "" {
						ev.SessionID += fmt.Sprintf("-%d", i)
					}
					if ev.OrderID != "" {
						ev.OrderID += fmt.Sprintf("-%d", i)
					}
					require.NoError(t, box.Handle(t.Context(), ev), row.why)
				}
				assert.Equal(t, row.want, s.log(t), row.why)
			}
		})
	}
}

// Some databases treat similar IDs as equal. The inbox must not.
func TestInbox_Handle_similarOrders(t *testing.T) {
	t.Parallel()
	ids := []string{
		"a", "A", "a ", " a", "á", "a\u0301", "ß", "ss", "a%", "a_", "'; DROP TABLE ecomtrade24_orders; --", "订单-1", "📦",
	}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			box := s.replica(t)
			for _, id := range ids {
				ev := event(t, `"status":"paid"`)
				ev.OrderID = id
				require.NoError(t, box.Handle(t.Context(), ev), "%q", id)
			}
			assert.Len(t, s.log(t), len(ids))
			assert.Equal(t, len(ids), s.count(t, "ecomtrade24_orders"))
		})
	}
}

// An ID too long for a column is still reported, and two such orders stay different.
func TestInbox_Handle_textsTooLongForAColumn(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long", 20_000)
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, told := open(t), 0
			box := s.inbox(t, func(context.Context, tx, inbox.Change) error {
				told++
				return nil
			})
			for n, id := range []string{long + "1", long + "2", long[:400], long[:401], "\x00", "\xff", "a\x00b"} {
				for range 2 {
					ev := event(t, paid)
					ev.OrderID = id
					require.NoError(t, box.Handle(t.Context(), ev))
					ev.SessionID, ev.TxID, ev.Amount, ev.Currency = id, id, ecomtrade24.Amount(id), id
					require.NoError(t, box.Handle(t.Context(), ev))
				}
				assert.Equal(t, 2*(n+1), told, "%.10q", id)
			}
		})
	}
}
