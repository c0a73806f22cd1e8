package bench_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const secret = "whsec-0123456789abcdef0123456789"

// sizes holds body sizes in bytes: a usual delivery, a large one, and the largest that webhook.Handler accepts by
// default.
var sizes = []int{350, 4 << 10, 64 << 10}

// fill adds metadata to a template until the body has exactly size bytes. Every library gets the same number of bytes
// in the same structure, with its own API's names.
func fill(tb testing.TB, template string, size int) []byte {
	tb.Helper()
	var meta strings.Builder
	room := func() int { return size - len(template) + len("%s") - meta.Len() }
	for i := 0; room() > 220; i++ {
		fmt.Fprintf(&meta, `"note_%d":"%s",`, i, strings.Repeat("x", 80))
	}
	last := room() - len(`"n":""`)
	require.GreaterOrEqual(tb, last, 0, "the template is too long for %d bytes", size)
	fmt.Fprintf(&meta, `"n":"%s"`, strings.Repeat("x", last))
	body := []byte(strings.Replace(template, "%s", meta.String(), 1))
	require.Len(tb, body, size)
	require.True(tb, json.Valid(body))
	return body
}

// Each API's own event for a paid order. The tests compare the decoded order ID.
const (
	orderID = "ORDER-10001"

	gatewayEvent = `{"event":"payment.completed","session_id":12345,"order_id":"` + orderID + `","status":"paid",` +
		`"amount":"49.95","currency":"USD","email":"buyer@example.com","txid":"0x7d3c1f0e5b9a48262f6e",` +
		`"merchant_id":175,"shop_domain":"shop.example","sent_at":"2026-05-23T16:43:11+00:00","test":false,"meta":{%s}}`

	openAIEvent = `{"id":"evt_1","object":"event","created_at":1795327800,"type":"response.completed",` +
		`"data":{"id":"` + orderID + `","metadata":{%s}}}`

	paddleEvent = `{"event_id":"evt_1","event_type":"transaction.paid","occurred_at":"2026-05-23T16:43:11Z",` +
		`"notification_id":"ntf_1","data":{"id":"` + orderID + `","status":"paid","currency_code":"USD",` +
		`"origin":"web","collection_mode":"automatic","custom_data":{%s}}}`
)

func stripeEvent(apiVersion string) string {
	now := strconv.FormatInt(time.Now().Unix(), 10)
	return `{"id":"evt_1","object":"event","api_version":"` + apiVersion + `","created":` + now + `,` +
		`"type":"checkout.session.completed","data":{"object":{"id":"cs_1","object":"checkout.session",` +
		`"client_reference_id":"` + orderID + `","amount_total":4995,"currency":"usd","payment_status":"paid",` +
		`"metadata":{%s}}}}`
}

// plainEvent has the fields of the SDK's Event, for encoding/json to fill.
type plainEvent struct {
	Type       string            `json:"event"`
	SessionID  json.Number       `json:"session_id"`
	OrderID    string            `json:"order_id"`
	Status     string            `json:"status"`
	Amount     string            `json:"amount"`
	Currency   string            `json:"currency"`
	Email      string            `json:"email"`
	TxID       string            `json:"txid"`
	MerchantID json.Number       `json:"merchant_id"`
	ShopDomain string            `json:"shop_domain"`
	SentAt     time.Time         `json:"sent_at"`
	Test       bool              `json:"test"`
	Metadata   map[string]string `json:"meta"`
}

func plainDecode(body []byte) (string, error) {
	var ev plainEvent
	err := json.Unmarshal(body, &ev)
	return ev.OrderID, err
}
