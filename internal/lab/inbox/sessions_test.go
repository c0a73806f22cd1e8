package inbox_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Messages about one order, as JSON members for the helper event, and the expected changes: kind, session, txid,
// amount, currency.
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

var sessions = map[string]struct{ events, want []string }{
	"a payment is reported when its missing amount arrives": {
		[]string{s1 + noAmount, s1}, []string{"incomplete S1 t1  USD", first1},
	},
	"a payment is reported when its missing currency arrives": {
		[]string{s1 + noMoney, s1}, []string{"incomplete S1 t1 49.95 ", first1},
	},
	"two incomplete messages do not add up to a payment": {
		[]string{s1 + noAmount, s1 + noMoney}, []string{"incomplete S1 t1  USD", "incomplete S1 t1 49.95 "},
	},
	"two incomplete messages without a txid do not add up to a payment": {
		[]string{s1 + noTxID + noMoney, s1 + noTxID + noAmount}, []string{"incomplete S1  49.95 ", "incomplete S1   USD"},
	},
	"an incomplete payment is reported once": {
		[]string{s1 + noAmount, s1 + noAmount, `"event":"x",` + s1 + noAmount, s1, s1 + noAmount, s1 + noMoney},
		[]string{"incomplete S1 t1  USD", first1},
	},
	"an incomplete payment with another txid is reported too": {
		[]string{s1, `"session_id":1,"status":"paid","txid":"t9"` + noAmount}, []string{first1, "incomplete S1 t9  USD"},
	},
	"a second payment is reported once, even if its copies lack fields": {
		[]string{s1, s2, s2 + noTxID, s2 + noAmount, s2 + noTxID + noMoney + noAmount}, []string{first1, again2},
	},
	"a second payment is reported once, even if incomplete messages arrive first": {
		[]string{s1, s2 + noAmount, s2 + noTxID, s2}, []string{first1, "incomplete S2 t2  USD", "paid_again S2  49.95 USD"},
	},
	"a new txid in the second session is reported as a payment": {
		[]string{s1, s2, `"session_id":2,"status":"paid","txid":"t3"`},
		[]string{first1, again2, "paid_again S2 t3 49.95 USD"},
	},
	"each session's end is reported": {
		[]string{
			`"session_id":1,"status":"expired"`, `"session_id":2,"status":"pending"`, `"session_id":2,"status":"expired"`,
		},
		[]string{"progress S1 t0 49.95 USD", "progress S2 t0 49.95 USD", "progress S2 t0 49.95 USD"},
	},
	"a paid session reports only payments": {
		[]string{s1 + noAmount, `"session_id":2,"status":"expired"`, s1, `"session_id":1,"status":"failed"`},
		[]string{"incomplete S1 t1  USD", "progress S2 t0 49.95 USD", first1},
	},
	"a payment without a session ID is Incomplete while its session is unknown": {
		[]string{s1 + noTxID + `,"session_id":null`, s1, s2}, []string{"incomplete S  49.95 USD", first1, again2},
	},
	"a payment without session ID and txid is Incomplete": {
		[]string{s1, s1 + noTxID + `,"session_id":null`, s2}, []string{first1, "incomplete S  49.95 USD", again2},
	},
	"a payment without a session is recognized by its txid": {
		[]string{s1, s1 + `,"session_id":null`, s2}, []string{first1, again2},
	},
	"a payment without a session and with a new txid is Incomplete": {
		[]string{s1, `"session_id":null,"status":"paid","txid":"t9"`}, []string{first1, "incomplete S t9 49.95 USD"},
	},
	"session 0 counts as not set, so its payment is not a second payment": {
		[]string{s1 + `,"session_id":0`, s1, s1 + `,"session_id":"0"`}, []string{"incomplete S t1 49.95 USD", first1},
	},
	"a txid does not supply a missing session": {
		[]string{`"session_id":null,"status":"paid","txid":"t1"`, s1 + noAmount + noMoney},
		[]string{"incomplete S t1 49.95 USD", "incomplete S1 t1  "},
	},
	"a txid that arrives late changes nothing": {[]string{s1 + noTxID, s1 + noAmount, s1}, []string{"paid S1  49.95 USD"}},
	"a complete message without the known txid is reported as a payment": {
		[]string{s1 + noAmount + noMoney, s1 + noTxID}, []string{"incomplete S1 t1  ", "paid S1  49.95 USD"},
	},
	"the currency of one txid is not used for another txid": {
		[]string{s1, `"session_id":1,"status":"paid","txid":"t2","amount":"10"` + noMoney},
		[]string{first1, "incomplete S1 t2 10 "},
	},
	"a message with a second txid belongs to another payment": {
		[]string{s1 + noTxID, s1, `"session_id":1,"status":"paid","txid":"t2"` + noAmount},
		[]string{"paid S1  49.95 USD", "incomplete S1 t2  USD"},
	},
	"a message without a txid completes neither of two incomplete payments": {
		[]string{s1 + noAmount, `"session_id":1,"status":"paid","txid":"t2"` + noAmount, s1 + noTxID},
		[]string{"incomplete S1 t1  USD", "incomplete S1 t2  USD", "paid S1  49.95 USD"},
	},
	"a known txid is not copied to a payment of another amount": {
		[]string{s1, s1 + noTxID + `,"amount":"10"`}, []string{first1, "paid_again S1  10 USD"},
	},
	"a payment without any field is Incomplete": {
		[]string{`"session_id":null,"status":"paid"` + noTxID + noMoney + noAmount}, []string{"incomplete S   "},
	},
}

func TestInbox_Handle_sessions(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		box := s.replica()
		n := 0
		for why, row := range sessions {
			n++
			s.exec(`DELETE FROM shop_log`)
			for _, more := range row.events {
				ev := event(s, `"txid":"t0",`+more)
				ev.OrderID += fmt.Sprintf("-%d", n)
				require.NoError(s, box.Handle(s.Context(), ev), why)
			}
			assert.Equal(s, row.want, s.payments(), why)
		}
	})
}
