package delivery_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
)

// The body equals the captured test webhook, except for its order ID and time.
func TestTest_equalsTheCapturedWebhook(t *testing.T) {
	t.Parallel()
	sent := time.Date(2026, 5, 23, 18, 43, 11, 0, time.FixedZone("CEST", 2*60*60))
	body := delivery.Of(delivery.Test("TEST-WEBHOOK-7FE876BC42", "shop.example"), sent).Body()
	assert.Equal(t, `{"event":"payment.session","session_id":0,"order_id":"TEST-WEBHOOK-7FE876BC42","status":"test",`+
		`"amount":"0.00","currency":"USD","email":null,"txid":null,"merchant_id":175,"shop_domain":"shop.example",`+
		`"sent_at":"2026-05-23T16:43:11+00:00","provider":"ecomtrade24","test":true}`, string(body))
	var ev ecomtrade24.Event
	require.NoError(t, ev.UnmarshalJSON(body))
	assert.True(t, ev.Test)
}

// As in PHP, slashes and non-ASCII characters are escaped, and an ID of digits is written as a number.
func TestWebhook_Body_isWrittenAsPHPDoes(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"12345": "12345", "0": "0", "007": `"007"`, "": `""`, "s_1": `"s_1"`, "9007199254740993": "9007199254740993",
		"1234567890123456789": `"1234567890123456789"`, "-1": `"-1"`,
	} {
		body := delivery.Webhook{Payment: ecomtrade24.Payment{
			SessionID: id, OrderID: "A/1 😀 <&>", CustomerEmail: "rené@example.com", Metadata: map[string]string{},
		}}.Body()
		assert.Equal(t, `{"event":"payment.session","session_id":`+want+
			`,"order_id":"A\/1 \ud83d\ude00 <&>","status":"","amount":"",`+
			`"currency":"","email":"ren\u00e9@example.com","txid":null,"meta":[],"merchant_id":0,"shop_domain":"",`+
			`"sent_at":"0001-01-01T00:00:00+00:00","provider":"","test":false}`, string(body))
	}
}
