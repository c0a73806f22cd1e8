package ecomtrade24_test

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const (
	hosted = ecomtrade24.ModeHostedCheckout
	smart  = ecomtrade24.ModeSmartRouting
)

var card = ecomtrade24.Method{ID: "card", Label: "Card", Available: true}

// plain returns available methods without labels.
func plain(ids ...string) (methods []ecomtrade24.Method) {
	for _, id := range ids {
		methods = append(methods, ecomtrade24.Method{ID: id, Available: true})
	}
	return methods
}

// meAnswers holds all known shapes of me.php's response, each with the decoded Merchant.
var meAnswers = map[string]struct {
	body string
	want ecomtrade24.Merchant
}{
	"hosted":     {`{"ok":true,"integration_mode":"hosted_checkout"}`, ecomtrade24.Merchant{Mode: hosted}},
	"hosted, []": {`{"integration_mode":"hosted_checkout","methods":[]}`, ecomtrade24.Merchant{Mode: hosted}},
	"a list": {
		`{"integration_mode":"smart_routing","methods":["upi","card"]}`,
		ecomtrade24.Merchant{Mode: smart, Methods: plain("upi", "card")},
	},
	"a filtered list": {
		`{"integration_mode":"smart_routing","methods":{"0":"card","2":"upi"}}`,
		ecomtrade24.Merchant{Mode: smart, Methods: plain("card", "upi")},
	},
	"methods as a map of objects": {
		`{"integration_mode":" Smart_Routing ","methods":{"card":{"available":true,"label":"Card"},"upi":{"available":false}}}`,
		ecomtrade24.Merchant{Mode: smart, Methods: []ecomtrade24.Method{card, {ID: "upi"}}},
	},
	"methods as a map of booleans": {
		`{"integration_mode":"smart_routing","methods":{"card":true,"upi":false,"pix":1,"eps":"1","odd":"maybe"}}`,
		ecomtrade24.Merchant{Mode: smart, Methods: []ecomtrade24.Method{
			{ID: "card", Available: true},
			{ID: "upi"},
			{ID: "pix", Available: true},
			{ID: "eps", Available: true},
			{ID: "odd"}, // an unreadable available field makes a method unavailable
		}},
	},
	"a list of objects": {
		`{"integration_mode":"smart_routing","methods":[{"method":"card","label":"Card","available":true},
			{"id":"upi","name":"UPI","available":0},{"id":7},{"label":"nameless"},null]}`,
		ecomtrade24.Merchant{Mode: smart, Methods: []ecomtrade24.Method{
			card, {ID: "upi", Label: "UPI"}, {ID: "7", Available: true},
		}},
	},
	"filtered list of objects": {
		`{"integration_mode":"smart_routing","methods":{"1":{"method":"card","label":"Card"}}}`,
		ecomtrade24.Merchant{Mode: smart, Methods: []ecomtrade24.Method{card}},
	},
	"EcomTrade24 Pay": {
		`{"smart_router":{"enabled":true,"methods":{"card":{"available":true}}},"checkout_mode":"smart_router"}`,
		ecomtrade24.Merchant{Mode: smart, Methods: plain("card")},
	},
	"EcomTrade24 Pay, hosted": {`{"checkout_mode":"hosted_checkout","smart_router":[]}`, ecomtrade24.Merchant{Mode: hosted}},
	"both, [spec] wins": {
		`{"checkout_mode":"smart_router","integration_mode":"hosted_checkout",
			"smart_router":{"methods":["upi"]},"methods":["card"]}`,
		ecomtrade24.Merchant{Mode: hosted, Methods: plain("card")},
	},
	"every field not set, in each of PHP's spellings": {
		`{"integration_mode":false,"checkout_mode":null,"methods":false,"smart_router":{"methods":""}}`,
		ecomtrade24.Merchant{Mode: hosted},
	},
	"fields set only under EcomTrade24 Pay's names": {
		`{"integration_mode":"","checkout_mode":"smart_router","methods":false,"smart_router":{"methods":["card"]}}`,
		ecomtrade24.Merchant{Mode: smart, Methods: plain("card")},
	},
	"methods without an id": {
		`{"integration_mode":"smart_routing","methods":["card",null,false,"",0,"0",{"method":false,"id":0},"upi"]}`,
		ecomtrade24.Merchant{Mode: smart, Methods: plain("card", "upi")},
	},
	"hosted checkout with an unreadable method list": {
		`{"integration_mode":"hosted_checkout","methods":"none"}`, ecomtrade24.Merchant{Mode: hosted},
	},
	// The safe default is hosted checkout: no method is sent.
	"no mode": {`{"ok":true,"methods":null}`, ecomtrade24.Merchant{Mode: hosted}},
	"unknown mode": {
		`{"integration_mode":"quantum","methods":["card"]}`,
		ecomtrade24.Merchant{Mode: hosted, Methods: plain("card")},
	},
}

func TestClient_Me(t *testing.T) {
	t.Parallel()
	for name, row := range meAnswers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := talk(t, says(200, row.body))
			got, err := g.client(t).Me(t.Context())
			require.NoError(t, err)
			assert.Empty(t, cmp.Diff(&row.want, got, cmpopts.IgnoreFields(ecomtrade24.Merchant{}, "Raw")))
			assert.Equal(t, row.body, string(got.Raw))
			assert.Equal(t, "GET /gateway/me.php", g.seen()[0].Method+" "+g.seen()[0].Path)
			assert.Empty(t, g.seen()[0].Header.Get("Content-Type"))
		})
	}
}

func TestClient_Me_rejectsOtherShapes(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"integration_mode":"smart_routing","methods":"card"}`, `{"integration_mode":"smart_routing","methods":1}`,
		`{"integration_mode":{"x":1}}`, `{"checkout_mode":true}`,
	} {
		_, err := talk(t, says(200, body)).client(t).Me(t.Context())
		require.ErrorAs(t, err, new(*ecomtrade24.DecodeError), body)
	}
}

// A 200 with an error message is not a plan. If the client took this response for a plan, it would remember hosted
// checkout.
func TestClient_Me_complaint(t *testing.T) {
	t.Parallel()
	_, err := talk(t, says(200, `{"message":"Welcome"}`)).client(t).Me(t.Context())
	require.NoError(t, err, "a greeting is not an error")
	for _, body := range []string{
		`{"status":"error","message":"Who are you?"}`, `{"success":false,"message":"Who are you?"}`,
		`{"code":"unknown_merchant","message":"Who are you?"}`, `{"detail":"x","message":"Who are you?"}`,
	} {
		_, err := talk(t, says(200, body)).client(t).Me(t.Context())
		api := as[*ecomtrade24.APIError](t, err, body)
		assert.Equal(t, "Who are you?", api.Message)
	}
}

func TestMerchant_Offers(t *testing.T) {
	t.Parallel()
	m := &ecomtrade24.Merchant{
		Mode: ecomtrade24.ModeSmartRouting, Methods: []ecomtrade24.Method{{ID: "card", Available: true}, {ID: "upi"}},
	}
	assert.True(t, m.SmartRouting())
	assert.True(t, m.Offers("card"))
	assert.False(t, m.Offers("upi"), "listed but not available")
	assert.False(t, m.Offers("pix"))
	assert.False(t, m.Offers("CARD"), "ids are exact")
	assert.False(t, m.Offers(""))
	assert.False(t, (&ecomtrade24.Merchant{}).SmartRouting())
}

// FuzzMe checks that for any response the client returns a merchant or an error, and that Offers is true only for
// listed methods.
func FuzzMe(f *testing.F) {
	f.Add([]byte(`{"integration_mode":"smart_routing","methods":{"0":"card","2":{"available":1}}}`))
	f.Add([]byte(`{"checkout_mode":"smart_router",
		"smart_router":{"methods":[{"id":"upi","name":"UPI","available":0},[],null]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := talk(t, says(200, string(body))).client(t).Me(t.Context())
		if err != nil {
			require.Nil(t, m)
			return
		}
		require.True(t, json.Valid(m.Raw) && utf8.Valid(m.Raw))
		for _, method := range m.Methods {
			require.NotEmpty(t, method.ID)
		}
	})
}
