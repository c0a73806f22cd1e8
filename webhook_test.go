package ecomtrade24_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// liveSample was captured from EcomTrade24 Pay.
const liveSample = `{"event":"payment.session","session_id":0,"order_id":"TEST-WEBHOOK-7FE876BC42","status":"test",
 "amount":"0.00","currency":"USD","email":null,"txid":null,"merchant_id":175,"shop_domain":"shop.example",
 "sent_at":"2026-05-23T16:43:11+00:00","provider":"ecomtrade24","test":true}`

const paidEvent = `{"event":"payment.completed","session_id":12345,"order_id":"ORDER-10001","status":"paid",
 "amount":"10.00","currency":"USD","email":"b@shop.example","txid":"0xab","merchant_id":175,
 "shop_domain":"shop.example","sent_at":"2026-05-23T16:43:11+00:00"}`

func event(t *testing.T, body string) *ecomtrade24.Event {
	t.Helper()
	var ev ecomtrade24.Event
	require.NoError(t, json.Unmarshal([]byte(body), &ev))
	return &ev
}

var sentAt = time.Date(2026, 5, 23, 16, 43, 11, 0, time.UTC)

// webhooks lists bodies, each with the event that it decodes to.
var webhooks = map[string]struct {
	body string
	want ecomtrade24.Event
}{
	"live sample": {liveSample, ecomtrade24.Event{
		Type: ecomtrade24.EventPaymentSession,
		Payment: ecomtrade24.Payment{
			OrderID: "TEST-WEBHOOK-7FE876BC42", Status: "test", Amount: "0.00", Currency: "USD", Test: true,
			Domain: "shop.example",
		},
		MerchantID: "175", SentAt: sentAt,
	}},
	"paid": {paidEvent, ecomtrade24.Event{
		Type: ecomtrade24.EventPaymentCompleted,
		Payment: ecomtrade24.Payment{
			SessionID: "12345", OrderID: "ORDER-10001", Status: "paid", Amount: "10.00", Currency: "USD",
			CustomerEmail: "b@shop.example", TxID: "0xab", Domain: "shop.example",
		},
		MerchantID: "175", SentAt: sentAt,
	}},
	"older spelling": {`{"type":"payment.session","status":"expired","order_id":7}`, ecomtrade24.Event{
		Type: ecomtrade24.EventPaymentSession, Payment: ecomtrade24.Payment{OrderID: "7", Status: "expired"},
	}},
	"event before type": {`{"event":"a","type":"b","status":"x","session_id":1}`, ecomtrade24.Event{
		Type: "a", Payment: ecomtrade24.Payment{SessionID: "1", Status: "x"},
	}},
	"unreadable date": {`{"event":null,"status":"paid","session_id":1,"sent_at":1763792157}`, ecomtrade24.Event{
		Payment: ecomtrade24.Payment{SessionID: "1", Status: "paid"},
	}},
	"customer_email": {`{"status":"paid","session_id":1,"email":null,"customer_email":"b@a.b"}`, ecomtrade24.Event{
		Payment: ecomtrade24.Payment{SessionID: "1", Status: "paid", CustomerEmail: "b@a.b"},
	}},
	"escapes": {`{"status":"p\u0061id","order_id":"a\/b","session_id":1,"shop_domain":"caf\u00e9"}`, ecomtrade24.Event{
		Payment: ecomtrade24.Payment{SessionID: "1", OrderID: "a/b", Status: "paid", Domain: "café"},
	}},
	"exact keys only": {`{"Status":"paid","status":"failed","SESSION_ID":1,"order_id":"1"}`, ecomtrade24.Event{
		Payment: ecomtrade24.Payment{OrderID: "1", Status: "failed"},
	}},
}

func TestEvent_UnmarshalJSON(t *testing.T) {
	t.Parallel()
	for name, row := range webhooks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reads(t, row.body, row.want)
		})
	}
}

// reads checks that body decodes to the event want, with and without its signature.
func reads(t *testing.T, body string, want ecomtrade24.Event) {
	t.Helper()
	want.Raw = json.RawMessage(body)
	assert.Empty(t, cmp.Diff(&want, event(t, body)))
	verifier, err := webhook.NewVerifier("whsec_0123456789")
	require.NoError(t, err)
	signed := http.Header{"X-Signature": {webhook.Sign("whsec_0123456789", []byte(body))}}
	got, err := verifier.Parse(signed, []byte(body))
	require.NoError(t, err)
	assert.Empty(t, cmp.Diff(&want, got))
	assert.Equal(t, want.Status == "paid" && !want.Test, got.Paid())
}

// Each of these members changes a payment.
func TestEvent_UnmarshalJSON_members(t *testing.T) {
	t.Parallel()
	for members, change := range map[string]func(*ecomtrade24.Event){
		`"event":"payment.completed"`:         func(ev *ecomtrade24.Event) { ev.Type = ecomtrade24.EventPaymentCompleted },
		`"event":"chargeback.opened"`:         func(ev *ecomtrade24.Event) { ev.Type = "chargeback.opened" }, // unknown
		`"event":null,"type":"payment.other"`: func(ev *ecomtrade24.Event) { ev.Type = "payment.other" },
		`"type":"payment.session"`:            func(ev *ecomtrade24.Event) { ev.Type = ecomtrade24.EventPaymentSession },
		`"type":"old","event":"new"`:          func(ev *ecomtrade24.Event) { ev.Type = "new" },
		`"extra":{"a":[1]}`:                   func(*ecomtrade24.Event) {},
		`"order_id":10001`:                    func(ev *ecomtrade24.Event) { ev.OrderID = "10001" },
		`"amount":49.90`:                      func(ev *ecomtrade24.Event) { ev.Amount = "49.90" }, // a float would make it 49.9
		`"session_id":9007199254740993`:       func(ev *ecomtrade24.Event) { ev.SessionID = "9007199254740993" },
		`"order_id":"A\/1"`:                   func(ev *ecomtrade24.Event) { ev.OrderID = "A/1" }, // json_encode without flags
		`"email":"ren\u00e9@example.com"`:     func(ev *ecomtrade24.Event) { ev.CustomerEmail = "rené@example.com" },
		`"txid":"\ud83d\ude00"`:               func(ev *ecomtrade24.Event) { ev.TxID = "😀" },
		`"meta":[]`:                           func(*ecomtrade24.Event) {}, // an empty map
		`"meta":{"cart":"9\/1","gift":true,"n":3}`: func(ev *ecomtrade24.Event) {
			ev.Metadata = map[string]string{"cart": "9/1", "gift": "true", "n": "3"}
		},
		`"test":"1"`:                     func(ev *ecomtrade24.Event) { ev.Test = true },
		`"status":" TEST ","test":false`: func(ev *ecomtrade24.Event) { ev.Status, ev.Test = "test", true },
		`"status":"Paid_Out"`:            func(ev *ecomtrade24.Event) { ev.Status = "paid_out" }, // unknown, so not paid
	} {
		t.Run(members, func(t *testing.T) {
			t.Parallel()
			want := ecomtrade24.Event{Payment: ecomtrade24.Payment{SessionID: "7", Status: "paid"}}
			change(&want)
			reads(t, `{"session_id":7,"status":"paid",`+members+`}`, want)
		})
	}
}

func TestEvent_UnmarshalJSON_rejects(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		``, `null`, `[]`, `"paid"`, `{}`, `{"status":"paid"}`,
		`{"session_id":1,"order_id":"1"}`,
		`{"session_id":null,"order_id":"","status":"paid"}`,
		`{"session_id":1,"status":["paid"]}`,
		`{"session_id":1,"status":"paid","amount":true}`,
		`{"session_id":1,"status":"paid"} {}`,
	} {
		ev := ecomtrade24.Event{MerchantID: "before"}
		require.Error(t, ev.UnmarshalJSON([]byte(body)), body)
		assert.Equal(t, ecomtrade24.Event{MerchantID: "before"}, ev, "unchanged")
	}
}

// A payment is not lost even if a text is not set or contains a character that a database cannot store.
func TestEvent_UnmarshalJSON_losesNoPayment(t *testing.T) {
	t.Parallel()
	const nothing = `{"event":false,"session_id":7,"order_id":false,"status":"paid","amount":false,"currency":false,` +
		`"txid":false,"email":false,"meta":false,"merchant_id":false,"shop_domain":false,"sent_at":false,"test":false}`
	want := &ecomtrade24.Event{Payment: ecomtrade24.Payment{SessionID: "7", Status: "paid"}, Raw: json.RawMessage(nothing)}
	assert.Empty(t, cmp.Diff(want, event(t, nothing)))

	// A descriptive field may be unreadable.
	keys := map[string]bool{}
	for odd, txid := range map[string]string{
		`{}`: "", `[]`: "", `{"hash":"T"}`: `{"hash":"T"}`, `["T"]`: `["T"]`, `true`: "true",
	} {
		ev := event(t, `{"event":`+odd+`,"txid":`+odd+`,"session_id":7,"order_id":"A","status":"paid"}`)
		assert.True(t, ev.Paid())
		assert.Empty(t, ev.Type)
		assert.Equal(t, txid, ev.TxID, "txids of any type must stay different")
		keys[ev.Key()] = true
	}
	assert.Len(t, keys, 4)

	const nul = `{"type":"a\u0000","session_id":"b\u0000","order_id":"c\u0000","status":"d\u0000","amount":"e\u0000",` +
		`"currency":"f\u0000","txid":"g\u0000","email":"h\u0000","meta":{"i\u0000":"\u0000j","k":"l"},` +
		`"merchant_id":"m\u0000","shop_domain":"n\u0000"}`
	const put = "\ufffd"
	want = &ecomtrade24.Event{
		Type: "a" + put,
		Payment: ecomtrade24.Payment{
			SessionID: "b" + put, OrderID: "c" + put, Status: "d" + put, Amount: "e" + put, Currency: "f" + put, TxID: "g" + put,
			CustomerEmail: "h" + put, Domain: "n" + put, Metadata: map[string]string{"i" + put: put + "j", "k": "l"},
		},
		MerchantID: "m" + put, Raw: json.RawMessage(strings.ReplaceAll(nul, `\u0000`, put)),
	}
	assert.Empty(t, cmp.Diff(want, event(t, nul)), "Raw must be storable too")
	assert.Equal(t, "a"+put, string(event(t, strings.Replace(nul, "type", "event", 1)).Type))
}

func TestEvent_survivesAQueue(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		liveSample, paidEvent, `{"status":"paid","order_id":"<&>\u2028","session_id":0,"meta":["a"],"x":1.0}`,
	} {
		before := event(t, body)
		queued, err := json.Marshal(map[string]any{"pointer": before, "value": *before})
		require.NoError(t, err)
		var after map[string]*ecomtrade24.Event
		require.NoError(t, json.Unmarshal(queued, &after))
		for name, got := range after {
			assert.JSONEq(t, body, string(got.Raw), name)
			assert.Equal(t, before.Key(), got.Key(), name)
			got.Raw = before.Raw // encoding/json removes white space from Raw
			assert.Empty(t, cmp.Diff(before, got), name)
		}
	}
}

func TestEvent_builtByHand(t *testing.T) {
	t.Parallel()
	ev := ecomtrade24.Event{
		Type: "payment.completed",
		Payment: ecomtrade24.Payment{
			SessionID: "12345", OrderID: "O<1>", Status: "paid", Amount: "10.00", Currency: "USD",
			CustomerEmail: "b@shop.example", TxID: "0xab", Domain: "shop.example", Metadata: map[string]string{"color": "red"},
		},
		MerchantID: "175", SentAt: time.Date(2026, 5, 23, 16, 43, 11, 5, time.UTC),
	}
	body, err := json.Marshal(ev)
	require.NoError(t, err)
	got := event(t, string(body))
	got.Raw = nil
	assert.Empty(t, cmp.Diff(&ev, got))
	assert.Equal(t, ev.Key(), got.Key())
}

func TestEvent_Key_sameFact(t *testing.T) {
	t.Parallel()
	want := event(t, paidEvent).Key()
	assert.Regexp(t, regexp.MustCompile(`^[0-9a-f]{64}$`), want)
	for why, body := range map[string]string{
		"sent again later": `{"event":"payment.completed","session_id":12345,"order_id":"ORDER-10001","status":"paid",
			"amount":"10.00","currency":"USD","txid":"0xab","sent_at":"2026-05-24T00:00:00+00:00"}`,
		"fields in another sequence": `{"txid":"0xab","currency":"USD","amount":"10.00",
			"status":"paid","order_id":"ORDER-10001","session_id":12345,"event":"payment.completed"}`,
		"another spelling": `{"type":"payment.completed","session_id":"12345","order_id":"ORDER-10001","status":" PAID",
			"amount":10.0,"currency":"usd","txid":"0xab","new":1}`,
	} {
		assert.Equal(t, want, event(t, body).Key(), why)
	}
}

// Case folding turns these letters into ASCII ones: dotless i, dotted I, long s and the Kelvin sign.
func TestEvent_Key_foldsASCIIOnly(t *testing.T) {
	t.Parallel()
	for odd, plain := range map[string]string{"ıSD": "ISD", "İSD": "isd", "UſD": "USD", "\u212aSD": "KSD"} {
		a := ecomtrade24.Event{Payment: ecomtrade24.Payment{SessionID: "1", Currency: odd}}
		b := ecomtrade24.Event{Payment: ecomtrade24.Payment{SessionID: "1", Currency: plain}}
		assert.NotEqual(t, a.Key(), b.Key(), odd)
	}
}

func TestEvent_Key_otherFact(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, body := range []string{
		paidEvent,
		`{"event":"payment.session","session_id":1,"order_id":"23","status":"paid","amount":"1","currency":"USD","txid":"x"}`,
		`{"event":"payment.completed","session_id":1,"order_id":"23","status":"paid","amount":"1","currency":"USD","txid":"x"}`,
		// session 12 and order 3, not session 1 and order 23
		`{"event":"payment.session","session_id":12,"order_id":"3","status":"paid","amount":"1","currency":"USD","txid":"x"}`,
		`{"event":"payment.session","session_id":1,"order_id":"24","status":"paid","amount":"1","currency":"USD","txid":"x"}`,
		`{"event":"payment.session","session_id":1,"order_id":"23","status":"failed","amount":"1","currency":"USD","txid":"x"}`,
		`{"event":"payment.session","session_id":1,"order_id":"23","status":"paid","amount":"10","currency":"USD","txid":"x"}`,
		`{"event":"payment.session","session_id":1,"order_id":"23","status":"paid","amount":"0","currency":"USD","txid":"x"}`,
		// an amount that is not set differs from 0
		`{"event":"payment.session","session_id":1,"order_id":"23","status":"paid","amount":"","currency":"USD","txid":"x"}`,
		`{"event":"payment.session","session_id":1,"order_id":"23","status":"paid","amount":"1","currency":"EUR","txid":"x"}`,
		`{"event":"payment.session","session_id":1,"order_id":"23","status":"paid","amount":"1","currency":"USD","txid":"y"}`,
		// Joining the fields with a separator would not work, since a field may contain the separator.
		`{"event":"payment.session","session_id":"1","order_id":"2\u0001\u0001\u0001\u0001\u0001\u0001\u0001\u00013","status":"paid"}`,
		`{"event":"payment.session","session_id":"1\u0001\u0001\u0001\u0001\u0001\u0001\u0001\u00012","order_id":"3","status":"paid"}`,
		// A test and a payment are different facts, even if the test's status is paid.
		liveSample,
		`{"event":"payment.session","session_id":1,"order_id":"23","status":"paid","amount":"1","currency":"USD","txid":"x","test":true}`,
		`{"event":"payment.session","session_id":0,"order_id":"23","status":"paid","amount":"1","currency":"USD","txid":"x"}`,
	} {
		key := event(t, body).Key()
		assert.Len(t, key, 64)
		assert.Empty(t, seen[key], "%s has the key of another fact", body)
		seen[key] = body
	}
}

// The key does not depend on how the gateway writes "not set".
func TestEvent_Key_notSet(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"event", "session_id", "txid", "amount", "currency"} {
		want := event(t, `{"order_id":"23","status":"paid"}`).Key()
		for _, none := range []string{"null", "false", `""`} {
			got := event(t, `{"order_id":"23","status":"paid","`+field+`":`+none+`}`).Key()
			assert.Equal(t, want, got, "%s is %s", field, none)
		}
	}
	for _, none := range []string{"0", `"0"`, "false"} {
		ev := event(t, `{"session_id":7,"status":"paid","order_id":`+none+`}`)
		assert.Empty(t, ev.OrderID, none)
	}
	for _, id := range []string{"session_id", "txid"} {
		for _, none := range []string{"0", `"0"`} {
			assert.Equal(t, event(t, `{"order_id":"23","status":"paid"}`).Key(),
				event(t, `{"order_id":"23","status":"paid","`+id+`":`+none+`}`).Key(), "%s is %s", id, none)
		}
	}
}

func TestClient_Confirm(t *testing.T) {
	t.Parallel()
	due := ecomtrade24.Order{ID: "ORDER-10001", Amount: "49.95", Currency: "USD"}
	ev := event(t, `{"event":"payment.completed",`+settled+`,"status":"paid"}`)

	g := talk(t, says(200, paidJSON))
	s, err := g.client(t).Confirm(t.Context(), ev, due)
	require.NoError(t, err)
	assert.True(t, s.Paid())

	rows := map[string]struct {
		body string
		want error
	}{
		"the status lookup says pending":           {`{` + settled + `,"status":"pending"}`, ecomtrade24.ErrNotPaid},
		"the status lookup reports a test payment": {`{` + settled + `,"status":"paid","test":true}`, ecomtrade24.ErrTestPayment},
		"refused": {`{"ok":false,"error":"unauthorized"}`, ecomtrade24.ErrUnauthorized},
	}
	for name, row := range rows {
		s, err := talk(t, says(200, row.body)).client(t).Confirm(t.Context(), ev, due)
		require.ErrorIs(t, err, row.want, name)
		assert.Nil(t, s, name)
	}
	less := strings.Replace(paidJSON, "49.95", "4.99", 1)
	_, err = talk(t, says(200, less)).client(t).Confirm(t.Context(), ev, due)
	require.ErrorAs(t, err, new(*ecomtrade24.MismatchError))
}

func TestClient_Confirm_withoutAsking(t *testing.T) {
	t.Parallel()
	g := talk(t, says(200, paidJSON))
	c := g.client(t)
	_, err := c.Confirm(t.Context(), nil, ecomtrade24.Order{})
	require.ErrorContains(t, err, "nil")
	_, err = c.Confirm(t.Context(), event(t, liveSample), ecomtrade24.Order{})
	require.ErrorIs(t, err, ecomtrade24.ErrTestPayment)
	_, err = c.Confirm(t.Context(), event(t, `{"order_id":"1","status":"paid"}`), ecomtrade24.Order{})
	require.ErrorAs(t, err, new(*ecomtrade24.ValidationError), "expected no request, since there is no session to look up")
	assert.Empty(t, g.seen())
}

// FuzzEvent checks that decoding Raw again gives the same event with the same key.
func FuzzEvent(f *testing.F) {
	f.Add([]byte(liveSample))
	f.Add([]byte(paidEvent))
	f.Add([]byte(`{"session_id":"\ud800","status":"\u0054EST","meta":{"a":1,"a":null}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var ev, again, queued ecomtrade24.Event
		if ev.UnmarshalJSON(body) != nil {
			return
		}
		require.NoError(t, again.UnmarshalJSON(ev.Raw))
		require.Empty(t, cmp.Diff(ev, again))
		marshalled, err := json.Marshal(ev)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(marshalled, &queued))
		require.Equal(t, ev.Key(), queued.Key())
		require.False(t, ev.Test && ev.Paid())
	})
}

// A session ID that cannot be looked up stays in the event for manual review, and Confirm makes no request.
func TestEvent_UnmarshalJSON_keepsAFlawedSessionID(t *testing.T) {
	t.Parallel()
	var ev ecomtrade24.Event
	require.NoError(t, ev.UnmarshalJSON([]byte(`{"session_id":" 12345\n","order_id":"ORDER-10001","status":"paid"}`)))
	assert.Equal(t, " 12345\n", ev.SessionID)
	g := talk(t, says(200, paidJSON))
	_, err := g.client(t).Confirm(t.Context(), &ev, ecomtrade24.Order{ID: "ORDER-10001", Amount: "49.95", Currency: "USD"})
	require.ErrorAs(t, err, new(*ecomtrade24.ValidationError))
	assert.Empty(t, g.seen())
}
