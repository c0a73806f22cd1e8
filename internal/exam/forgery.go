package exam

import (
	"net/http"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/courier"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

func forgery() []Scenario {
	scenarios := []Scenario{
		pretends("an unsigned webhook pays nothing", "unsigned", func(_ string, _ []byte) http.Header {
			return http.Header{"Content-Type": {"application/json"}}
		}),
		pretends("a webhook signed with another secret pays nothing", "signed with another secret",
			func(secret string, body []byte) http.Header { return right("not-"+secret, body) }),
		pretends("an empty signature pays nothing", "with an empty signature",
			func(string, []byte) http.Header { return under("X-Signature", "") }),
		pretends("the prefix alone is no signature", "signed sha256= and nothing more",
			func(string, []byte) http.Header { return under("X-Signature", "sha256=") }),
		pretends("a signature cut short pays nothing", "with half of its signature",
			func(secret string, body []byte) http.Header {
				return under("X-Signature", webhook.Sign(secret, body)[:len("sha256=")+32])
			}),
		pretends("a signature that is wrong in its last digit pays nothing", "with one digit changed",
			func(secret string, body []byte) http.Header {
				s := webhook.Sign(secret, body)
				last := "0"
				if strings.HasSuffix(s, last) {
					last = "1"
				}
				return under("X-Signature", s[:len(s)-1]+last)
			}),
		pretends("the signature of an empty body pays nothing", "signed as if it were empty",
			func(secret string, _ []byte) http.Header { return right(secret, nil) }),
		pretends("a signature in another header pays nothing", "signed in X-Hub-Signature",
			func(secret string, body []byte) http.Header {
				return under("X-Hub-Signature", webhook.Sign(secret+"-other", body))
			}),
		edited("a status changed after signing pays nothing", func(p *ecomtrade24.Payment) { p.Status = "declined" }),
		edited("an amount changed after signing pays nothing", func(p *ecomtrade24.Payment) { p.Amount = "0.01" }),
		edited("an order changed after signing pays nothing", func(p *ecomtrade24.Payment) { p.OrderID = "ANOTHER-ORDER" }),
		edited("a test changed into a payment pays nothing", func(p *ecomtrade24.Payment) { p.Test = true }),
	}
	for _, form := range []struct {
		name string
		form courier.SignatureForm
	}{
		{"a bare signature in X-Signature is taken", courier.SignatureForm{Header: "X-Signature"}},
		{"a signature with sha256= in front is taken", courier.SignatureForm{Header: "X-Signature", Prefix: true}},
		{"X-Ecomtrade24-Signature is looked at", courier.SignatureForm{Header: "X-Ecomtrade24-Signature"}},
		{"X-Webhook-Signature is looked at", courier.SignatureForm{Header: "X-Webhook-Signature"}},
	} {
		scenarios = append(scenarios, Scenario{
			Name: form.name, Costs: "A buyer has paid and gets nothing, because the shop refuses the gateway's webhook.",
			Mend: "webhook.NewHandler, or Verifier.Verify, looks into all three headers and takes both forms.",
			run: func(x *exam) {
				p := x.gateway.Tell(x.buy().SessionID, paidFor)
				x.forged("signed in "+form.form.Header, p, func(body []byte) http.Header {
					return under(form.form.Header, form.form.Value(x.shop.Secret, body))
				})
				x.paid(p)
			},
		})
	}
	scenarios = append(scenarios, Scenario{
		Name:  "the signature is that of the body as it came",
		Costs: "A buyer has paid and gets nothing, because of a letter.",
		Mend:  "Verify the raw bytes, and decode them afterwards: JSON that is decoded and written again is another text.",
		run: func(x *exam) {
			p := x.buy()
			x.sends(p, paying(func(p *ecomtrade24.Payment) { p.TxID = "tx/ä-" + p.SessionID })) // PHP writes tx\/\u00e4
			x.paid(p)
		},
	}, Scenario{
		Name: "garbage does not stop the shop", Costs: "Whatever reaches the endpoint can stop the shop for everybody.",
		Mend: "webhook.NewHandler answers 400 to what it cannot read, and bounds the body.",
		run: func(x *exam) {
			p := x.buy()
			for _, body := range []string{"", "{", "null", "[]", `{"status":["paid"]}`, "<html>", strings.Repeat("[", 10_000)} {
				x.delivers([]byte(body))
			}
			x.post(under("X-Signature", "sha256=00"), []byte(strings.Repeat("x", 4<<20)))
			x.note("webhooks that are garbage, seven of them rightly signed, and one of 4 MiB")
			x.unpaid(p)
			x.pays(p)
			x.paid(p)
		},
	})
	return in("forgery", "Anybody who knows the endpoint's address can take goods without paying.",
		"webhook.NewHandler verifies the HMAC over the raw body, before anything is decoded.", scenarios...)
}

// pretends is a payment that nobody has made: the gateway's own word is that the session is pending.
func pretends(name, what string, header func(secret string, body []byte) http.Header) Scenario {
	return Scenario{Name: name, run: func(x *exam) {
		p := x.buy()
		told := p
		paidFor(&told)
		x.forged(what, told, func(body []byte) http.Header { return header(x.shop.Secret, body) })
		x.unpaid(p)
	}}
}

// edited is a payment under the signature of another message: before is what was signed.
func edited(name string, before func(*ecomtrade24.Payment)) Scenario {
	return Scenario{Name: name, run: func(x *exam) {
		p := x.buy()
		told := p
		paidFor(&told)
		signed := told
		before(&signed)
		x.forged("under the signature of another message", told, func([]byte) http.Header {
			return right(x.shop.Secret, courier.Of(signed, x.now()).Body())
		})
		x.unpaid(p)
	}}
}
