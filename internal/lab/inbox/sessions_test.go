package inbox_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Messages about one order, as further members of event, and the reported changes: kind, session, txid, amount,
// currency.
const (
	s1       = `"session_id":1,"status":"paid","txid":"t1"`
	s2       = `"session_id":2,"status":"paid","txid":"t2"`
	noAmount = `,"amount":null`
	noMoney  = `,"currency":null`
	noTxID   = `,"txid":null`
)

const (
	first1 = "paid S1 t1 49.95 USD"
	again2 = "paid_again S2 t2 49.95 USD"
)

var sessions = []struct {
	why    string
	events []string
	want   []string
}{
	{"the amount comes later", []string{s1 + noAmount, s1}, []string{"incomplete S1 t1  USD", first1}},
	{"the currency comes later", []string{s1 + noMoney, s1}, []string{"incomplete S1 t1 49.95 ", first1}},
	{
		"two halves are no whole",
		[]string{s1 + noAmount, s1 + noMoney},
		[]string{"incomplete S1 t1  USD", "incomplete S1 t1 49.95 "},
	},
	{
		"nor are they without a transaction",
		[]string{s1 + noTxID + noMoney, s1 + noTxID + noAmount},
		[]string{"incomplete S1  49.95 ", "incomplete S1   USD"},
	},
	{
		"an incomplete one is told once",
		[]string{s1 + noAmount, s1 + noAmount, `"event":"x",` + s1 + noAmount, s1, s1 + noAmount, s1 + noMoney},
		[]string{"incomplete S1 t1  USD", first1},
	},
	{
		"an incomplete one of another transaction is told too",
		[]string{s1, `"session_id":1,"status":"paid","txid":"t9"` + noAmount},
		[]string{first1, "incomplete S1 t9  USD"},
	},
	{
		"a second payment is told once, whatever its copies lack",
		[]string{s1, s2, s2 + noTxID, s2 + noAmount, s2 + noTxID + noMoney + noAmount},
		[]string{first1, again2},
	},
	{
		"the same, the lacking ones first",
		[]string{s1, s2 + noAmount, s2 + noTxID, s2},
		[]string{first1, "incomplete S2 t2  USD", "paid_again S2  49.95 USD"},
	},
	{
		"another transaction of the second session is news",
		[]string{s1, s2, `"session_id":2,"status":"paid","txid":"t3"`},
		[]string{first1, again2, "paid_again S2 t3 49.95 USD"},
	},
	{
		"a session expires while another one is pending",
		[]string{
			`"session_id":1,"status":"expired"`, `"session_id":2,"status":"pending"`, `"session_id":2,"status":"expired"`,
		},
		[]string{"progress S1 t0 49.95 USD", "progress S2 t0 49.95 USD", "progress S2 t0 49.95 USD"},
	},
	{
		"nothing but payments is reported of a session that has paid",
		[]string{s1 + noAmount, `"session_id":2,"status":"expired"`, s1, `"session_id":1,"status":"failed"`},
		[]string{"incomplete S1 t1  USD", "progress S2 t0 49.95 USD", first1},
	},
	{
		"a payment without a session comes first",
		[]string{s1 + noTxID + `,"session_id":null`, s1, s2},
		[]string{"incomplete S  49.95 USD", first1, again2},
	},
	{
		"a payment without a session and a transaction could be any",
		[]string{s1, s1 + noTxID + `,"session_id":null`, s2},
		[]string{first1, "incomplete S  49.95 USD", again2},
	},
	{
		"a payment without a session is known by its transaction",
		[]string{s1, s1 + `,"session_id":null`, s2},
		[]string{first1, again2},
	},
	{
		"a payment without a session that is none of the known ones",
		[]string{s1, `"session_id":null,"status":"paid","txid":"t9"`},
		[]string{first1, "incomplete S t9 49.95 USD"},
	},
	{
		"session 0 is no session, so the payment in it is not a second one",
		[]string{s1 + `,"session_id":0`, s1, s1 + `,"session_id":"0"`},
		[]string{"incomplete S t1 49.95 USD", first1},
	},
	{
		"its session is not learnt by the transaction",
		[]string{`"session_id":null,"status":"paid","txid":"t1"`, s1 + noAmount + noMoney},
		[]string{"incomplete S t1 49.95 USD", "incomplete S1 t1  "},
	},
	{"the transaction is learnt late", []string{s1 + noTxID, s1 + noAmount, s1}, []string{"paid S1  49.95 USD"}},
	{
		"the transaction was known before the amount",
		[]string{s1 + noAmount + noMoney, s1 + noTxID},
		[]string{"incomplete S1 t1  ", "paid S1  49.95 USD"},
	},
	{
		"a currency told for one transaction is not another's",
		[]string{s1, `"session_id":1,"status":"paid","txid":"t2","amount":"10"` + noMoney},
		[]string{first1, "incomplete S1 t2 10 "},
	},
	{
		"a payment has one transaction, so the next one is another payment's",
		[]string{s1 + noTxID, s1, `"session_id":1,"status":"paid","txid":"t2"` + noAmount},
		[]string{"paid S1  49.95 USD", "incomplete S1 t2  USD"},
	},
	{
		"of two transactions nobody knows which one has the amount",
		[]string{s1 + noAmount, `"session_id":1,"status":"paid","txid":"t2"` + noAmount, s1 + noTxID},
		[]string{"incomplete S1 t1  USD", "incomplete S1 t2  USD", "paid S1  49.95 USD"},
	},
	{
		"the transaction of another payment is not lent",
		[]string{s1, s1 + noTxID + `,"amount":"10"`},
		[]string{first1, "paid_again S1  10 USD"},
	},
	{
		"a payment of which nothing is known",
		[]string{`"session_id":null,"status":"paid"` + noTxID + noMoney + noAmount},
		[]string{"incomplete S   "},
	},
}

func TestInbox_Handle_sessions(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			box := s.replica(t)
			for i, row := range sessions {
				_, err := s.open(t).ExecContext(t.Context(), `DELETE FROM shop_log`)
				require.NoError(t, err)
				for _, more := range row.events {
					ev := event(t, `"txid":"t0",`+more)
					ev.OrderID += fmt.Sprintf("-%d", i)
					require.NoError(t, box.Handle(t.Context(), ev), row.why)
				}
				assert.Equal(t, row.want, s.payments(t), row.why)
			}
		})
	}
}
