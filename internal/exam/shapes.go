package exam

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const loosely = "ecomtrade24.Event reads every shape of docs/protocol.md; read loosely what PHP may write loosely."

// looseMembers are webhooks as the gateway may write them, which must all pay.
func looseMembers() []Scenario {
	return advised(loosely,
		shaped("an amount as a JSON number pays", replacing(`"amount":"([^"]*)"`, `"amount":$1`)),
		shaped("a session ID as a string pays", replacing(`"session_id":(\d+)`, `"session_id":"$1"`)),
		shaped("a null e-mail address pays", replacing(`"email":("[^"]*"|null)`, `"email":null`)),
		shaped("an empty e-mail address pays", replacing(`"email":("[^"]*"|null)`, `"email":""`)),
		shaped("metadata that is an empty list pays", emptyMetadata),
		shaped("a webhook without its optional members pays",
			replacing(`,"(merchant_id|provider|email)":("[^"]*"|\d+|null)`, ``)),
		shaped("letters beyond ASCII that are not escaped pay", replacing(`"txid":"tx`, `"txid":"tx-ä日😀`)),
		shaped("unknown members pay", replacing(`"provider":`, `"fee":{"amount":"0.50"},"items":[1,2],"provider":`)),
		shaped("a false test as 0 pays", replacing(`"test":false`, `"test":0`)),
		shaped("a false test as a string pays", replacing(`"test":false`, `"test":"0"`)),
		shaped("a missing test member pays", replacing(`,"test":false`, ``)),
		shaped("the older member type instead of event pays", replacing(`"event":`, `"type":`)),
		shaped("JSON with line breaks pays", func(body string) string {
			return strings.ReplaceAll(strings.Replace(body, "{", "{\n  ", 1), `,"`, ",\n  \"") + "\n"
		}),
		shaped("a transaction as a number pays", replacing(`"txid":"[^"]*"`, `"txid":9007199254740993`)),
		shaped("a null transaction pays", replacing(`"txid":"[^"]*"`, `"txid":null`)),
		shaped("a numeric order ID as a JSON number pays", numericOrder),
	)
}

// longMembers are webhooks whose letters, lengths and numbers are unusual.
func longMembers() []Scenario {
	return advised(loosely,
		plain("a charset in the content type pays", func(x *exam, p ecomtrade24.Payment) {
			body := x.body(x.gateway.EditPayment(p.SessionID, paying()))
			h := signature(x.shop.Secret, body)
			h.Set("Content-Type", "application/json; charset=utf-8")
			x.note("webhook, application/json; charset=utf-8 → %s", responded(x.deliverUnder(h, body)))
			x.paid(p)
		}),
		plain("the signature is that of the raw body", func(x *exam, p ecomtrade24.Payment) {
			x.happens(p, paying(func(p *ecomtrade24.Payment) { p.TxID = "tx/ä-" + p.SessionID })) // PHP writes tx\/\u00e4
			x.paid(p)
		}).fix("Verify the raw bytes and decode them afterwards: JSON that is decoded and encoded again is different."),
		long("a long webhook pays", metadata("note", strings.Repeat("long ", 4000))),
		long("a transaction of 100 characters pays", transaction("0x"+strings.Repeat("a", 98))),
		long("a buyer's e-mail address of 254 characters pays", func(p *ecomtrade24.Payment) {
			p.CustomerEmail = strings.Repeat("a", 60) + "@" + strings.Repeat(strings.Repeat("b", 60)+".", 3) + "example.co"
		}),
		bareAlone("session IDs beyond 2^53 are kept apart", func(x *exam) {
			defer x.renumber(9007199254740992)()
			p, other := x.buy(), x.another()
			x.pays(p)
			x.pays(other)
			x.paid(p)
			x.paid(other)
		}).fix("Keep IDs as strings with the digits they came with: a float holds 53 bits."),
		bareAlone("a session ID beyond 2^53 is looked up", func(x *exam) {
			defer x.renumber(9007199254740993)()
			p := x.buy()
			x.gateway.EditPayment(p.SessionID, paying())
			x.recoversLookup(p)
		}, reconcile).fix("Keep IDs as strings with the digits they came with: a float holds 53 bits."),
		tested("a true test as 1 pays nothing", `"test":1`),
		tested("a true test as a string pays nothing", `"test":"true"`),
	)
}

// renumber counts the gateway's sessions from another ID. restore ends that.
func (x *exam) renumber(from int64) (restore func()) {
	next := int64(1)
	if all := x.gateway.Sessions(); len(all) > 0 {
		last, _ := strconv.ParseInt(all[len(all)-1].SessionID, 10, 64)
		next = last + 1
	}
	x.gateway.SetNextSessionID(from)
	return func() { x.gateway.SetNextSessionID(next) }
}

// shaped is a payment whose JSON is written in another way.
func shaped(name string, write func(body string) string) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		body := write(string(x.body(x.gateway.EditPayment(p.SessionID, paying()))))
		x.note("webhook: %s → %s", shortened(body), responded(x.deliver([]byte(body))))
		x.paid(p)
	})
}

// long is a payment in which something is long.
func long(name string, c change) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		x.happens(p, paying(c))
		x.paid(p)
	})
}

// tested is a paid webhook that says in another way that it is a test.
func tested(name, member string) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		body := strings.Replace(string(x.body(with(p, paying()))), `"test":false`, member, 1)
		status := x.deliver([]byte(body))
		x.note("webhook: %s → %s", shortened(body), responded(status))
		x.unpaid(p)
	})
}

func replacing(pattern, replacement string) func(string) string {
	expression := regexp.MustCompile(pattern)
	return func(body string) string { return expression.ReplaceAllString(body, replacement) }
}

// emptyMetadata writes the metadata of a session without any as PHP does.
func emptyMetadata(body string) string {
	if strings.Contains(body, `"meta":`) {
		return body
	}
	return strings.Replace(body, `"merchant_id":`, `"meta":[],"merchant_id":`, 1)
}

var numeric = regexp.MustCompile(`"order_id":"([1-9]\d*)"`)

// numericOrder writes an order ID of digits as PHP may.
func numericOrder(body string) string { return numeric.ReplaceAllString(body, `"order_id":$1`) }

// lookupBody is status.php's response about a payment.
func lookupBody(p ecomtrade24.Payment) string {
	session, err := strconv.Atoi(p.SessionID)
	if err != nil {
		panic(err) // the fake gateway numbers its sessions
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
