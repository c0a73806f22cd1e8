package ecomtrade24_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

func TestClient_CreateSession(t *testing.T) {
	t.Parallel()
	g := talk(t, says(200, sessionJSON))
	got, err := g.client(t, ecomtrade24.WithUserAgent("shop/1.4")).CreateSession(t.Context(), ecomtrade24.SessionParams{
		Domain: "merchant-store.example", Amount: "49.95", Currency: "USD", OrderID: "ORDER-10001",
		ReturnURL: "https://merchant-store.example/success?a=1&b=2", CancelURL: "https://merchant-store.example/cancel",
		CustomerEmail: "buyer@example.com", Method: "card", Metadata: map[string]string{"color": "red"},
	})
	require.NoError(t, err)
	want := &ecomtrade24.Session{
		ID: "12345", CheckoutURL: "https://pay.example/pay.php?session=12345",
		ExpiresAt: time.Date(2026, 11, 22, 6, 15, 57, 0, time.UTC), Raw: json.RawMessage(sessionJSON),
	}
	assert.Empty(t, cmp.Diff(want, got))

	require.Len(t, g.seen(), 1)
	sent := g.seen()[0]
	assert.Equal(t, "POST /gateway/session.php", sent.Method+" "+sent.Path)
	assert.Empty(t, sent.Query)
	assert.Equal(t, "Bearer "+testKey, sent.Header.Get("Authorization"))
	assert.Equal(t, "application/json", sent.Header.Get("Content-Type"))
	assert.Equal(t, "application/json", sent.Header.Get("Accept"))
	assert.Equal(t, "shop/1.4 ecomtrade24-go/"+ecomtrade24.Version, sent.Header.Get("User-Agent"))
	assert.JSONEq(t, `{"domain":"merchant-store.example","amount":"49.95","currency":"USD","order_id":"ORDER-10001",
		"return_url":"https://merchant-store.example/success?a=1&b=2","cancel_url":"https://merchant-store.example/cancel",
		"customer_email":"buyer@example.com","method":"card","meta":{"color":"red"}}`, sent.Body)
}

// The deployment changes only the name of the field for the buyer's email address, in the request and in the error
// text.
func TestWithDeployment(t *testing.T) {
	t.Parallel()
	for deployment, name := range map[ecomtrade24.Deployment]string{
		ecomtrade24.FiavexPay: "customer_email", ecomtrade24.EcomTrade24Pay: "email",
	} {
		g := talk(t, says(200, sessionJSON))
		c := g.client(t, ecomtrade24.WithDeployment(deployment))
		p := params()
		p.ReturnURL, p.CancelURL, p.Method, p.Metadata = "https://a.b/r", "https://a.b/c", "card", map[string]string{"k": "v"}
		_, err := c.CreateSession(t.Context(), p)
		require.NoError(t, err)
		p.CustomerEmail = "buyer@example.com"
		_, err = c.CreateSession(t.Context(), p)
		require.NoError(t, err)
		const rest = `{"domain":"merchant-store.example","amount":"49.95","currency":"USD","order_id":"ORDER-10001",` +
			`"return_url":"https://a.b/r","cancel_url":"https://a.b/c","method":"card","meta":{"k":"v"}`
		assert.JSONEq(t, rest+`}`, g.seen()[0].Body)
		assert.JSONEq(t, rest+`,"`+name+`":"buyer@example.com"}`, g.seen()[1].Body)

		p.CustomerEmail = "Buyer <buyer@example.com>"
		for _, create := range []func(context.Context, ecomtrade24.SessionParams) (*ecomtrade24.Session, error){
			c.CreateSession, c.Checkout,
		} {
			_, err = create(t.Context(), p)
			invalid := as[*ecomtrade24.ValidationError](t, err)
			assert.Equal(t, "CustomerEmail", invalid.Fields[0].Field)
			assert.Contains(t, invalid.Fields[0].Reason, "("+name+")")
		}
	}
}

func TestClient_CreateSession_omitsWhatIsEmpty(t *testing.T) {
	t.Parallel()
	g := talk(t, says(200, sessionJSON))
	_, err := g.client(t).CreateSession(t.Context(), params())
	require.NoError(t, err)
	assert.JSONEq(t, `{"domain":"merchant-store.example","amount":"49.95","currency":"USD","order_id":"ORDER-10001"}`,
		g.seen()[0].Body)
}

func TestClient_CreateSession_readsEveryForm(t *testing.T) {
	t.Parallel()
	expires := time.Date(2026, 11, 22, 6, 15, 57, 0, time.UTC)
	rows := map[string]struct {
		body string
		want ecomtrade24.Session
	}{
		"ID as a string, time in RFC 3339": {
			`{"ok":1,"session_id":"s_9","checkout_url":"https://pay.example/s_9","expires_at":"2026-11-22T07:15:57+01:00"}`,
			ecomtrade24.Session{ID: "s_9", CheckoutURL: "https://pay.example/s_9", ExpiresAt: expires},
		},
		"neither ok nor an expiry": {
			`{"session_id":9,"checkout_url":"http://127.0.0.1:8080/pay?s=9&x=%20"}`, // the URL is used unchanged
			ecomtrade24.Session{ID: "9", CheckoutURL: "http://127.0.0.1:8080/pay?s=9&x=%20"},
		},
		"an empty error object": {
			`{"session_id":9,"checkout_url":"https://pay.example/9","error":{"code":0,"message":""}}`,
			ecomtrade24.Session{ID: "9", CheckoutURL: "https://pay.example/9"},
		},
		"a null expiry and unknown fields": {
			`{"ok":"1","session_id":9,"checkout_url":"https://pay.example/9","expires_at":null,"extra":{"a":[]}}`,
			ecomtrade24.Session{ID: "9", CheckoutURL: "https://pay.example/9"},
		},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := talk(t, says(201, row.body)).client(t).CreateSession(t.Context(), params())
			require.NoError(t, err)
			row.want.Raw = json.RawMessage(row.body)
			assert.Empty(t, cmp.Diff(&row.want, got))
		})
	}
}

func TestClient_CreateSession_validates(t *testing.T) {
	t.Parallel()
	g := talk(t, says(200, sessionJSON))
	_, err := g.client(t).CreateSession(t.Context(), ecomtrade24.SessionParams{
		Domain:        "https://merchant-store.example",
		Amount:        "-1",
		Currency:      "usd",
		ReturnURL:     "/success",
		CancelURL:     "javascript:alert(1)",
		CustomerEmail: "Buyer <buyer@example.com>",
		Method:        " card",
		Metadata:      map[string]string{"provider": "x", "b": "\xff"},
	})
	invalid := as[*ecomtrade24.ValidationError](t, err)
	var fields []string
	for _, f := range invalid.Fields {
		wire, _, _ := strings.Cut(f.Reason, " must")
		fields = append(fields, f.Field+" "+wire)
	}
	assert.Equal(t, []string{
		"Domain (domain)", "Amount (amount)", "Currency (currency)", "OrderID (order_id)", "ReturnURL (return_url)",
		"CancelURL (cancel_url)", "CustomerEmail (customer_email)", "Method (method)",
		"Metadata (meta.b)", "Metadata (meta.provider)",
	}, fields, "the error must list all fields, each with its Go name and wire name")
	assert.Empty(t, g.seen(), "nothing was sent")
	assert.NotContains(t, err.Error(), "javascript", "the error must not repeat a value")
}

// paramRules lists, for each field, some valid and some invalid values.
var paramRules = []struct {
	field     string
	good, bad []string
}{
	{
		"Domain",
		[]string{
			"localhost", "127.0.0.1", "shop.example", "SHOP.example", "xn--bcher-kva.example",
			"bücher.example", "ร้านค้า.ไทย", "मिठाई.भारत", strings.Repeat("ก", 63) + ".ไทย",
			"نامه\u200cای.com", "col·lecció.cat", "バー・クラブ.jp", "my_shop.example", "_shop.example",
		},
		[]string{
			"", ".", "shop.example.", "a..b", "-a.example", "a\u2028b.example", "\xff",
			"shop\u200b.example", "shop\u2060.example", "\u202eshop.example", "sh\u00adop.example", "\ufeffshop.example",
			"shop.example:443", "shop.example/", "https://shop.example", "user@shop.example", "shop example", "shop.example\n",
			strings.Repeat("a", 64), strings.Repeat("ก", 64), strings.Repeat("a.", 127) + "a",
			strings.Repeat("a.", 40_000) + "a",
		},
	},
	{"Amount", []string{"0.01", "1", "49.950"}, []string{
		// USD has only two decimal places
		"", "0", "0.00", "-1", "1e2", "1,00", "$1", "abc", "49.955", strings.Repeat("9", 66),
	}},
	{"Currency", []string{"USD", "EUR", "USDT"}, []string{"", "US", "usd", "Usd", "US1", "DOLLAR", "€UR"}},
	{"OrderID", []string{"1", "ORDER-1 / blue", "№5", "00", strings.Repeat("x", 59<<10)}, []string{
		"", " 1", "1 ", "a\nb", "\xff", "0", strings.Repeat("x", 59<<10+1),
		strings.Repeat("é", 59<<10/6+1), strings.Repeat("x", 70_000),
	}},
	{
		"ReturnURL",
		[]string{"", "http://localhost:3000/ok", "https://shop.example/?a=b#c"},
		[]string{
			"shop.example", "/ok", "//shop.example", "ftp://shop.example", "https://", "https:///x", "https://a b",
			"https://shop.example/\n", "https://shop.example/\xff",
		},
	},
	{"CancelURL", []string{"", "https://shop.example/cancel"}, []string{"javascript:alert(1)", "data:text/html,x"}},
	{
		"CustomerEmail",
		[]string{"", "a@b", "buyer+tag@shop.example", "o'neil@shop.example", "ผู้ซื้อ@ร้านค้า.ไทย", "खरीदार@मिठाई.भारत"},
		[]string{"a", "@b", "a@", "a b@c", "A <a@b>", "a@b@c", "a@b\n", "a,b@c", "\xff@b", strings.Repeat("x", 253) + "@b"},
	},
	{"Method", []string{"", "card", "apple_pay"}, []string{" card", "card\x00", "\xff"}},
	{"Metadata.x", []string{"", "red", "a\nb", "a\r\n\tb", strings.Repeat("x", 64000)}, []string{
		"\xff", "\x00", "a\x1bb", "\u0085", strings.Repeat("x", 65000), strings.Repeat("é", 11000), strings.Repeat("😀", 5500),
	}},
	{"Metadata.", nil, []string{"empty key"}},
	{"Metadata.PROVIDER", nil, []string{"x"}},
	{"Metadata.shipping_provider", []string{"DHL"}, nil}, // the key does not choose a provider, so it is accepted
	{"Metadata.checkout_provider", nil, []string{"x"}},
	{"Metadata.m_provider_name", nil, []string{"x"}},
	{"Metadata.provider_mode", nil, []string{"x"}},
	{"Metadata.fallback_provider", nil, []string{""}},
	{"Metadata.carrier", []string{"post"}, nil},
}

func TestSessionParams_rules(t *testing.T) {
	t.Parallel()
	g := talk(t, says(200, sessionJSON))
	c := g.client(t)
	set := func(field, value string) ecomtrade24.SessionParams {
		p := params()
		if key, found := strings.CutPrefix(field, "Metadata."); found {
			p.Metadata = map[string]string{key: value}
			return p
		}
		reflect.ValueOf(&p).Elem().FieldByName(field).SetString(value)
		return p
	}
	for _, row := range paramRules {
		for _, value := range row.good {
			_, err := c.CreateSession(t.Context(), set(row.field, value))
			require.NoError(t, err, "%s %q", row.field, value)
		}
		sent := len(g.seen())
		for _, value := range row.bad {
			_, err := c.CreateSession(t.Context(), set(row.field, value))
			invalid := as[*ecomtrade24.ValidationError](t, err, "%s %q", row.field, value)
			require.Len(t, invalid.Fields, 1, "%s %q", row.field, value)
		}
		assert.Len(t, g.seen(), sent, "%s: nothing was sent", row.field)
	}
}

// The currency decides the number of decimal places and the minor units. A code outside ISO 4217 allows any number of
// places.
func TestSessionParams_decimalPlaces(t *testing.T) {
	t.Parallel()
	c := talk(t, says(200, sessionJSON)).client(t)
	for amount, currencies := range map[ecomtrade24.Amount]struct{ good, bad []string }{
		"100":     {[]string{"JPY", "USD", "KWD", "CLF", "USDT"}, nil},
		"100.00":  {[]string{"JPY", "USD"}, nil}, // trailing zeros add no precision
		"100.5":   {[]string{"USD", "KWD"}, []string{"JPY", "KRW", "ISK"}},
		"1.234":   {[]string{"KWD", "CLF", "BTC"}, []string{"USD", "EUR", "JPY"}},
		"1.2345":  {[]string{"CLF", "USDT"}, []string{"KWD", "BHD"}},
		"1.23456": {[]string{"USDC"}, []string{"CLF", "UYW"}},
	} {
		for _, currency := range slices.Concat(currencies.good, currencies.bad) {
			p := params()
			p.Amount, p.Currency = amount, currency
			_, err := c.CreateSession(t.Context(), p)
			if slices.Contains(currencies.good, currency) {
				require.NoError(t, err, "%s %s", amount, currency)
				continue
			}
			require.ErrorContains(t, err, "decimal places", "%s %s", amount, currency)
			require.ErrorContains(t, err, currency)
		}
	}
}

// A webhook about the largest accepted session is small enough for the merchant's Handler in each of PHP's JSON
// spellings.
func TestSessionParams_whatIsSentComesBack(t *testing.T) {
	t.Parallel()
	for _, letter := range []string{"x", "é", "😀", "/", `"`, `\`, "\n", "<", "'"} {
		p := params()
		p.OrderID = strings.Repeat("é", 383)
		p.CustomerEmail = strings.Repeat("é", 120) + "@shop.example"
		c := talk(t, says(200, sessionJSON)).client(t)
		fits := sort.Search(70_000, func(n int) bool {
			p.Metadata = map[string]string{"note": strings.Repeat(letter, n)}
			_, err := c.CreateSession(t.Context(), p)
			return err != nil
		}) - 1
		p.Metadata = map[string]string{"note": strings.Repeat(letter, fits)}
		comesBack(t, p)
	}
	p, c := params(), talk(t, says(200, sessionJSON)).client(t)
	entries := func(n int) map[string]string { // so many entries that their punctuation affects the size
		metadata := map[string]string{}
		for i := range n {
			metadata["k"+strconv.Itoa(i)] = ""
		}
		return metadata
	}
	fits := sort.Search(20_000, func(n int) bool {
		p.Metadata = entries(n)
		_, err := c.CreateSession(t.Context(), p)
		return err != nil
	}) - 1
	p.Metadata = entries(fits)
	comesBack(t, p)

	p = params()
	p.Domain, p.CustomerEmail = strings.Repeat("ก.", 62)+"example", strings.Repeat("é", 120)+"@shop.example"
	p.OrderID = strings.Repeat("é", 59<<10/6)
	_, err := c.CreateSession(t.Context(), p)
	require.NoError(t, err)
	comesBack(t, p)
}

// comesBack sends a Handler the webhook about p, in PHP's longest JSON spelling.
func comesBack(t *testing.T, p ecomtrade24.SessionParams) {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"event": "payment.session", "session_id": int64(1) << 40, "order_id": p.OrderID, "status": "paid", "amount": "49.95",
		"currency": "USD", "email": p.CustomerEmail, "txid": strings.Repeat("f", 128), "merchant_id": 175,
		"shop_domain": p.Domain, "sent_at": "2026-05-23T16:43:11+00:00", "provider": "ecomtrade24", "meta": p.Metadata,
	})
	require.NoError(t, err)
	body = []byte(asPHP(string(body)))
	assert.Greater(t, len(body), 1<<14, "expected a webhook of more than 16 KiB")

	verifier, err := webhook.NewVerifier("whsec_0123456789")
	require.NoError(t, err)
	var got *ecomtrade24.Event
	handler := webhook.NewHandler(verifier, func(_ context.Context, ev *ecomtrade24.Event) error {
		got = ev
		return nil
	})
	r := httptest.NewRequest(http.MethodPost, "/webhook", strings.NewReader(string(body)))
	r.Header.Set("X-Signature", webhook.Sign("whsec_0123456789", body))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	require.Equal(t, http.StatusOK, w.Code, "%d bytes", len(body))
	assert.Equal(t, p.OrderID, got.OrderID)
	assert.Empty(t, cmp.Diff(p.Metadata, got.Metadata))
}

// asPHP spells JSON as json_encode does with the flags for HTML's special characters.
func asPHP(text string) string {
	var b strings.Builder
	// encoding/json has already escaped <, > and &.
	text = strings.NewReplacer(`\\`, `\\`, `\"`, `\u0022`, "'", `\u0027`).Replace(text)
	for _, r := range text {
		switch {
		case r == '/':
			b.WriteString(`\/`)
		case r >= 0x10000:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		case r >= utf8.RuneSelf:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func TestSessionParams_hasNoProvider(t *testing.T) {
	t.Parallel()
	for _, field := range reflect.VisibleFields(reflect.TypeFor[ecomtrade24.SessionParams]()) {
		assert.NotContains(t, strings.ToLower(field.Name+string(field.Tag)), "provider")
	}
}

func TestSession_Redirect(t *testing.T) {
	t.Parallel()
	const checkout = "https://pay.example/pay.php?session=12345&sig=a%2Fb+c"
	w := httptest.NewRecorder()
	s := &ecomtrade24.Session{CheckoutURL: checkout}
	s.Redirect(w, httptest.NewRequest(http.MethodPost, "/buy", http.NoBody))
	assert.Equal(t, http.StatusSeeOther, w.Code)
	assert.Equal(t, checkout, w.Header().Get("Location"), "exactly as returned")
}
