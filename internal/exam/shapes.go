package exam

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const loosely = "Use ecomtrade24.Event to read every variant in docs/protocol.md, or accept all types that PHP writes."

// looseMembers returns scenarios with variants of the webhook's JSON, all of which the shop must accept.
func looseMembers() []Scenario {
	return advised(loosely,
		shaped("an amount sent as a JSON number is accepted", replacing(`"amount":"([^"]*)"`, `"amount":$1`)),
		shaped("a session ID sent as a JSON string is accepted", replacing(`"session_id":(\d+)`, `"session_id":"$1"`)),
		shaped("a null email address is accepted", replacing(`"email":("[^"]*"|null)`, `"email":null`)),
		shaped("an empty email address is accepted", replacing(`"email":("[^"]*"|null)`, `"email":""`)),
		shaped("metadata sent as an empty JSON list is accepted", emptyMetadata),
		shaped("a webhook without optional members is accepted",
			replacing(`,"(merchant_id|provider|email)":("[^"]*"|\d+|null)`, ``)),
		shaped("unescaped non-ASCII characters are accepted", replacing(`"txid":"tx`, `"txid":"tx-ä日😀`)),
		shaped("unknown JSON members are accepted",
			replacing(`"provider":`, `"fee":{"amount":"0.50"},"items":[1,2],"provider":`)),
		shaped("a test flag of 0 marks a live payment", replacing(`"test":false`, `"test":0`)),
		shaped("a test flag that is the string 0 marks a live payment", replacing(`"test":false`, `"test":"0"`)),
		shaped("a webhook without a test flag is a live payment", replacing(`,"test":false`, ``)),
		shaped("a webhook with a type member instead of an event member is accepted", replacing(`"event":`, `"type":`)),
		shaped("JSON with line breaks is accepted", func(body string) string {
			return strings.ReplaceAll(strings.Replace(body, "{", "{\n  ", 1), `,"`, ",\n  \"") + "\n"
		}),
		shaped("a transaction ID sent as a JSON number is accepted", replacing(`"txid":"[^"]*"`, `"txid":9007199254740993`)),
		shaped("a null transaction ID is accepted", replacing(`"txid":"[^"]*"`, `"txid":null`)),
		shaped("an order ID sent as a JSON number is accepted", numericOrder),
	)
}

// longMembers returns scenarios with unusual characters, lengths and numbers in webhooks.
func longMembers() []Scenario {
	return advised(loosely,
		plain("a charset in the content type is accepted", func(x *exam, p ecomtrade24.Payment) {
			body := x.body(x.gateway.EditPayment(p.SessionID, paying()))
			h := signature(x.shop.Secret, body)
			h.Set("Content-Type", "application/json; charset=utf-8")
			x.note("webhook, application/json; charset=utf-8 → %s", responded(x.deliverUnder(h, body)))
			x.paid(p)
		}),
		right("the signature is verified over the raw body", func(p *ecomtrade24.Payment) {
			p.TxID = "tx/ä-" + p.SessionID // PHP writes tx\/\u00e4
		}).fix("Verify the raw bytes before decoding them: decoding and re-encoding JSON changes the bytes."),
		right("a long webhook is accepted", metadata("note", strings.Repeat("long ", 4000))),
		right("a transaction ID of 100 characters is accepted", transaction("0x"+strings.Repeat("a", 98))),
		right("an email address of 254 characters is accepted", func(p *ecomtrade24.Payment) {
			p.CustomerEmail = strings.Repeat("a", 60) + "@" + strings.Repeat(strings.Repeat("b", 60)+".", 3) + "example.co"
		}),
		bareAlone("session IDs above 2^53 are not mixed up", func(x *exam) {
			defer x.renumber(9007199254740992)()
			p, other := x.buy(), x.another()
			x.pays(p)
			x.pays(other)
			x.paid(p)
			x.paid(other)
		}).fix("Keep IDs as strings with unchanged digits: a float holds only 53 bits."),
		bareAlone("a session ID above 2^53 is looked up", func(x *exam) {
			defer x.renumber(9007199254740993)()
			x.recoversLookup(x.buy())
		}, reconcile).fix("Keep IDs as strings with unchanged digits: a float holds only 53 bits."),
		rewritten("a test flag of 1 marks a test webhook", `"test":false`, `"test":1`, paying()),
		rewritten("a test flag that is the string true marks a test webhook", `"test":false`, `"test":"true"`, paying()),
	)
}

// renumber starts the gateway's session IDs at another number, until restore is invoked.
func (x *exam) renumber(from int64) (restore func()) {
	next := int64(1)
	if all := x.gateway.Sessions(); len(all) > 0 {
		last, _ := strconv.ParseInt(all[len(all)-1].SessionID, 10, 64)
		next = last + 1
	}
	x.gateway.SetNextSessionID(from)
	return func() { x.gateway.SetNextSessionID(next) }
}

// shaped returns a scenario with a payment in another variant of the JSON.
func shaped(name string, write func(body string) string) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		body := write(string(x.body(x.gateway.EditPayment(p.SessionID, paying()))))
		x.note("webhook: %s → %s", shortened(body), responded(x.deliver([]byte(body))))
		x.paid(p)
	})
}

func replacing(pattern, replacement string) func(string) string {
	expression := regexp.MustCompile(pattern)
	return func(body string) string { return expression.ReplaceAllString(body, replacement) }
}

// emptyMetadata writes empty metadata as PHP does.
func emptyMetadata(body string) string {
	if strings.Contains(body, `"meta":`) {
		return body
	}
	return strings.Replace(body, `"merchant_id":`, `"meta":[],"merchant_id":`, 1)
}

var numeric = regexp.MustCompile(`"order_id":"([1-9]\d*)"`)

// numericOrder writes an order ID of digits as a number, as PHP may.
func numericOrder(body string) string { return numeric.ReplaceAllString(body, `"order_id":$1`) }

// lookupBody returns the body of status.php's response to a lookup of the payment.
func lookupBody(p ecomtrade24.Payment) string {
	session, err := strconv.Atoi(p.SessionID)
	if err != nil {
		panic(err) // cannot happen: the fake gateway's session IDs are numbers
	}
	body, err := json.Marshal(map[string]any{
		"ok": true, "session_id": session, "order_id": p.OrderID, "status": p.Status, "amount": p.Amount,
		"currency": p.Currency, "txid": p.TxID, "shop_domain": p.Domain, "test": p.Test, "meta": p.Metadata,
	})
	if err != nil {
		panic(err)
	}
	return string(body)
}
