package ecomtrade24_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

func TestClient_Status(t *testing.T) {
	t.Parallel()
	addressed := ecomtrade24.Payment{Status: "paid", CustomerEmail: "b@shop.example"}
	rows := map[string]struct {
		body string
		want ecomtrade24.Payment
	}{
		"paid": {
			`{"ok":true,` + settled + `,"status":"paid","email":"b@shop.example","txid":"0xab","meta":{"color":"red"}}`,
			ecomtrade24.Payment{
				OrderID: "ORDER-10001", Status: "paid", Amount: "49.95", Currency: "USD",
				CustomerEmail: "b@shop.example", TxID: "0xab", Metadata: map[string]string{"color": "red"},
			},
		},
		"PHP's types": { // numbers that become strings keep their digits
			`{"ok":1,"session_id":"12345","order_id":10001,"status":"pending","amount":49.90,"currency":"USD",
				"email":null,"txid":7,"meta":[],"test":"0"}`,
			ecomtrade24.Payment{OrderID: "10001", Status: "pending", Amount: "49.90", Currency: "USD", TxID: "7"},
		},
		"other spelling": {`{"status":" Canceled "}`, ecomtrade24.Payment{Status: "cancelled"}},
		// Only ASCII letters change case, and only ASCII white space is trimmed. Any other spelling is an unknown status and
		// never paid.
		"a Turkish I":      {`{"status":"PA\u0130D"}`, ecomtrade24.Payment{Status: "paİd"}},
		"a no-break space": {`{"status":"paid\u00a0"}`, ecomtrade24.Payment{Status: "paid\u00a0"}},
		"a long s":         {`{"status":"tE\u017ft"}`, ecomtrade24.Payment{Status: "teſt"}},
		"white space":      {`{"status":"\tPAID\r\n"}`, ecomtrade24.Payment{Status: "paid"}},
		"false":            {`{"status":"paid","order_id":false,"txid":false}`, ecomtrade24.Payment{Status: "paid"}},
		"NUL": {
			`{"status":"paid","order_id":"A\u0000B","meta":{"\u0000":"\u0000"}}`,
			ecomtrade24.Payment{Status: "paid", OrderID: "A\ufffdB", Metadata: map[string]string{"\ufffd": "\ufffd"}},
		},
		"unknown status": {`{"status":"Quantum_Settled"}`, ecomtrade24.Payment{Status: "quantum_settled"}},
		"test flag":      {`{"status":"paid","test":1}`, ecomtrade24.Payment{Status: "paid", Test: true}},
		"test status":    {`{"status":"test","test":false}`, ecomtrade24.Payment{Status: "test", Test: true}},
		// The buyer's email address is read from the field of either deployment, regardless of the value in the other field.
		"customer_email":  {`{"status":"paid","customer_email":"b@shop.example"}`, addressed},
		"an empty email":  {`{"status":"paid","customer_email":"b@shop.example","email":null}`, addressed},
		"email is a list": {`{"status":"paid","email":["x"],"customer_email":"b@shop.example"}`, addressed},
		"two addresses":   {`{"status":"paid","customer_email":"c@shop.example","email":"b@shop.example"}`, addressed},
		"two addresses: email wins over customer_email": {`{"status":"paid","email":"b@shop.example","customer_email":"c@shop.example"}`, addressed},
		// PHP's empty map
		"no errors":                     {`{"status":"paid","error":[]}`, ecomtrade24.Payment{Status: "paid"}},
		"no errors, as an empty object": {`{"status":"paid","error":{}}`, ecomtrade24.Payment{Status: "paid"}},
		// A descriptive field may have any type.
		"a description": {`{"status":"paid","email":["x"],"meta":"x"}`, ecomtrade24.Payment{Status: "paid"}},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := talk(t, says(200, row.body))
			got, err := g.client(t).Status(t.Context(), "12345")
			require.NoError(t, err)
			row.want.SessionID = "12345"
			raw := json.RawMessage(strings.ReplaceAll(row.body, `\u0000`, "\ufffd"))
			assert.Empty(t, cmp.Diff(&ecomtrade24.SessionStatus{Payment: row.want, Raw: raw}, got))
			asked := g.seen()[0]
			assert.Equal(t, "GET /gateway/status.php?session_id=12345", asked.Method+" "+asked.Path+"?"+asked.Query)
		})
	}
}

func TestClient_Status_rejectsUnreadableResponses(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no status":            `{"ok":true,"session_id":12345}`,
		"null status":          `{"status":null}`,
		"blank status":         `{"status":"  "}`,
		"true status":          `{"status":true}`,
		"false status":         `{"status":false}`,
		"true for order_id":    `{"status":"paid","order_id":true}`,
		"amount is an object":  `{"status":"paid","amount":{"value":"49.95"}}`,
		"order_id is a list":   `{"status":"paid","order_id":["ORDER-10001"]}`,
		"unreadable test flag": `{"status":"paid","test":"perhaps"}`,
		"another session":      `{"status":"paid","session_id":54321}`, // a careless cache might return this response
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := talk(t, says(200, body)).client(t).Status(t.Context(), "12345")
			decode := as[*ecomtrade24.DecodeError](t, err)
			assert.Nil(t, s)
			assert.Equal(t, body, decode.Body)
		})
	}
}

func TestClient_Status_request(t *testing.T) {
	t.Parallel()
	g := talk(t, says(200, `{"status":"paid"}`))
	s, err := g.client(t, ecomtrade24.WithDeployment(ecomtrade24.EcomTrade24Pay)).Status(t.Context(), "a&b=/ü#")
	require.NoError(t, err)
	assert.Equal(t, "a&b=/ü#", s.SessionID, "a response without a session ID is about the requested session")
	assert.Equal(t, "/gateway/session_status.php", g.seen()[0].Path)
	assert.Equal(t, "session_id=a%26b%3D%2F%C3%BC%23", g.seen()[0].Query, "escaped")

	for _, id := range []string{"", " 1", "a\nb", "\xff"} {
		_, err := g.client(t).Status(t.Context(), id)
		require.ErrorAs(t, err, new(*ecomtrade24.ValidationError), "%q", id)
	}
	assert.Len(t, g.seen(), 1)
}

func TestClient_Wait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		c := talk(t, says(200, `{"status":"pending"}`), says(200, `{"status":"new"}`), fails(errors.New("connection lost")),
			says(503, ""), says(429, "", "Retry-After", "40"), says(200, `{"status":"declined"}`)).client(t)
		s, err := c.Wait(t.Context(), "1")
		require.NoError(t, err)
		assert.Equal(t, ecomtrade24.StatusDeclined, s.Status, "final, not paid")
		took := time.Since(start)
		pauses := 2*time.Second + 3*time.Second + 4500*time.Millisecond + 6750*time.Millisecond
		assert.GreaterOrEqual(t, took, pauses+40*time.Second, "Retry-After is honoured")
		assert.LessOrEqual(t, took, 62*time.Second)
		_, err = talk(t, says(408, ""), says(200, `{"status":"paid"}`)).client(t).Wait(t.Context(), "1")
		require.NoError(t, err)
	})
}

func TestClient_Wait_ends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err := talk(t, says(200, `{"status":"pending"}`)).client(t).Wait(ctx, "1")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "not final yet")

		_, err = talk(t, says(503, "")).client(t).Wait(ctx, "1")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, ecomtrade24.ErrUnavailable, "the error must wrap the last lookup's error")

		start := time.Now()
		_, err = talk(t, says(404, "")).client(t).Wait(t.Context(), "1")
		require.ErrorIs(t, err, ecomtrade24.ErrNotFound)
		_, err = talk(t, says(200, `{"ok":true}`)).client(t).Wait(t.Context(), "1")
		require.ErrorAs(t, err, new(*ecomtrade24.DecodeError))
		assert.Zero(t, time.Since(start), "expected Wait to end immediately after an error that a retry cannot fix")

		cancelled, giveUp := context.WithCancel(t.Context())
		go func() { time.Sleep(time.Second); giveUp() }() //nolint:forbidigo // the bubble's clock
		_, err = talk(t, says(200, `{"status":"pending"}`)).client(t).Wait(cancelled, "1")
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, time.Second, time.Since(start))
	})
}

// Wait uses the time until the deadline: it makes the last lookup 2 seconds before the deadline.
func TestClient_Wait_usesItsTime(t *testing.T) {
	t.Parallel()
	for _, limit := range []time.Duration{5 * time.Second, time.Minute, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			g := talk(t, says(200, `{"status":"pending"}`))
			_, err := g.client(t).Wait(ctx, "1")
			require.ErrorIs(t, err, context.DeadlineExceeded)
			seen := g.seen()
			assert.Equal(t, limit-2*time.Second, seen[len(seen)-1].At)
		})
	}
	synctest.Test(t, func(t *testing.T) { // a Retry-After beyond the deadline ends Wait immediately
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		_, err := talk(t, says(429, "", "Retry-After", "600")).client(t).Wait(ctx, "1")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Zero(t, time.Since(start))
	})
}

// A 200 with an error and no payment fields is not a payment, and Wait does not retry it.
func TestClient_Status_complaint(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"status":"error","message":"No such session"}`,
		`{"status":"failed","message":"No such session"}`, // the failure is about the lookup, not the payment
		`{"status":"not_found","code":"no_such_session"}`,
		`{"status":"pending","detail":"no_such_session","session_id":0,"order_id":null,"amount":false}`,
		`{"message":"No such session"}`,
		`{"errors":["x"]}`,
		`{"status":"not_found"}`,
		`{"status":404}`,
		`{"type":"about:blank","title":"Not Found","status":404}`,
		`{"success":false,"status":"x"}`,
		`{"status":"failed","msg":"No such session"}`,
		`{"session_id":"1","status":"error","message":"No such session"}`, // the session ID only repeats the requested one
		`{"status":"error","amount":"0.00","message":"No such session"}`,
	} {
		s, err := talk(t, says(200, body)).client(t).Wait(t.Context(), "1")
		assert.Nil(t, s, body)
		api := as[*ecomtrade24.APIError](t, err, body)
		assert.Equal(t, 200, api.StatusCode)
	}
	for _, body := range []string{
		`{"status":"failed"}`,
		`{"ok":true,"status":"failed","message":"The card was declined"}`,
		`{"status":"failed","session_id":1,"message":"The card was declined"}`,
		`{"status":"failed","order_id":"A","code":"card_declined"}`,
		`{"status":"failed","amount":"1","error":null,"errors":[],"message":""}`,
		`{"status":"failed","error":{"code":0,"message":""},"errors":[null,""],"code":0}`, // PHP's ways to say "none"
		// the error says why the payment failed
		`{"session_id":1,"order_id":"A","amount":"1","status":"failed","error":"card_declined"}`,
	} {
		s, err := talk(t, says(200, body)).client(t).Wait(t.Context(), "1")
		require.NoError(t, err, body)
		assert.Equal(t, ecomtrade24.StatusFailed, s.Status, body)
	}
}

func FuzzStatus(f *testing.F) {
	f.Add([]byte(paidJSON))
	f.Add([]byte(`{"status":"PAID","test":"1","amount":1e2,"meta":[1,[]],"session_id":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := talk(t, says(200, string(body))).client(t).Status(t.Context(), "12345")
		if err != nil {
			require.Nil(t, s)
			return
		}
		require.NotEmpty(t, s.Status)
		require.Equal(t, "12345", s.SessionID)
		require.True(t, json.Valid(s.Raw) && utf8.Valid(s.Raw))
		if s.Settles(ecomtrade24.Order{ID: s.OrderID, Amount: s.Amount, Currency: s.Currency}) == nil {
			require.True(t, s.Paid() && s.Amount.Valid() && s.OrderID != "" && s.Currency != "")
		}
	})
}

// Only failures that a retry may fix are retryable: a missing response, 408, 429 and 5xx.
func TestRetryable(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{
		400: false, 401: false, 403: false, 404: false, 408: true, 409: false, 422: false, 429: true, 500: true, 503: true,
	} {
		_, err := talk(t, says(status, `{"ok":false}`)).client(t).Status(t.Context(), "12345")
		assert.Equal(t, want, ecomtrade24.Retryable(err), status)
	}
	_, err := talk(t, fails(io.ErrUnexpectedEOF)).client(t).Status(t.Context(), "12345")
	assert.True(t, ecomtrade24.Retryable(err))
	_, err = talk(t, says(200, `{`)).client(t).Status(t.Context(), "12345")
	assert.False(t, ecomtrade24.Retryable(err), "a complete but broken response must not be retryable")
	assert.False(t, ecomtrade24.Retryable(nil))
}
