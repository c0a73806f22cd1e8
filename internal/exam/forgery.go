package exam

import (
	"net/http"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

const verified = "Use webhook.NewHandler, which verifies the HMAC of the raw body before it decodes anything."

// forgedSignatures returns scenarios with a missing or wrong signature.
func forgedSignatures() []Scenario {
	return advised(verified,
		forged("an unsigned webhook is rejected", func(string, []byte) http.Header {
			return http.Header{"Content-Type": {"application/json"}}
		}),
		forged("a webhook signed with another secret is rejected", func(secret string, body []byte) http.Header {
			return signature("not-"+secret, body)
		}),
		forged("a webhook signed with an empty secret is rejected", func(_ string, body []byte) http.Header {
			return signature("", body)
		}),
		forged("an empty signature is rejected", func(string, []byte) http.Header { return header("X-Signature", "") }),
		forged("a signature that is only a prefix is rejected", func(string, []byte) http.Header {
			return header("X-Signature", "sha256=")
		}),
		forged("a truncated signature is rejected", func(secret string, body []byte) http.Header {
			return header("X-Signature", webhook.Sign(secret, body)[:len("sha256=")+32])
		}),
		forged("a signature with a wrong last digit is rejected", lastDigit),
		forged("a signature that is not hex is rejected", func(string, []byte) http.Header {
			return header("X-Signature", strings.Repeat("z", 64))
		}),
		forged("a signature of an empty body is rejected", func(secret string, _ []byte) http.Header {
			return signature(secret, nil)
		}),
		forged("a signature in an unknown header is rejected", func(secret string, body []byte) http.Header {
			return header("X-Hub-Signature", webhook.Sign(secret+"-other", body))
		}),
	)
}

// forgedWebhooks returns scenarios with other forged webhooks, which also check the responses.
func forgedWebhooks() []Scenario {
	return advised(verified,
		replayed("a webhook whose status was changed after signing is rejected", becomes("declined")),
		replayed("a webhook whose amount was changed after signing is rejected",
			func(p *ecomtrade24.Payment) { p.Amount = "0.01" }),
		replayed("a webhook whose order ID was changed after signing is rejected",
			func(p *ecomtrade24.Payment) { p.OrderID = "ANOTHER" }),
		replayed("a test webhook that was changed into a payment after signing is rejected", isTest),
		plain("an unsigned webhook with a local address in its headers is rejected", func(x *exam, p ecomtrade24.Payment) {
			h := http.Header{"Content-Type": {"application/json"}, "Forwarded": {"for=127.0.0.1"}}
			for _, name := range []string{
				"X-Forwarded-For", "X-Real-Ip", "X-Client-Ip", "Client-Ip", "Cf-Connecting-Ip", "True-Client-Ip",
			} {
				h.Set(name, "127.0.0.1")
			}
			x.forges(p, "whose headers name 127.0.0.1 as the sender", h, x.body(with(p, paying())))
		}).fix("Trust only the signature: the sender chooses all headers, including any that state its address."),
		plain("an unsigned test webhook is rejected", func(x *exam, p ecomtrade24.Payment) {
			body := x.body(delivery.Test("TEST-WEBHOOK-7FE876BC42", p.Domain))
			x.forges(p, "a test", http.Header{"Content-Type": {"application/json"}}, body)
			body = x.body(with(p, paying(), isTest))
			x.forges(p, "a test webhook for a real order", http.Header{"Content-Type": {"application/json"}}, body)
		}),
		plain("the response to a forged webhook reveals nothing", func(x *exam, p ecomtrade24.Payment) {
			body := x.body(with(p, paying()))
			for _, h := range []http.Header{header("X-Signature", strings.Repeat("0", 64)), {}} {
				x.post(h, body)
				x.revealsNothing("the response to a forged webhook", x.response, string(body))
			}
		}).fix("Respond with a status and nothing else, as webhook.NewHandler does."),
		plain("malformed bodies do not stop the shop", garbage).
			fix("Use webhook.NewHandler, which responds 400 to malformed bodies and limits the size of bodies."),
	)
}

// forged returns a scenario with a forged payment webhook. At the gateway the session is still pending.
func forged(name string, sign func(secret string, body []byte) http.Header) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		body := x.body(with(p, paying()))
		x.forges(p, "paid, order "+quoted(p.OrderID), sign(x.shop.Secret, body), body)
	})
}

// replayed returns a scenario with a payment webhook that has the signature of another body.
func replayed(name string, before change) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		paid := with(p, paying())
		signed := signature(x.shop.Secret, x.body(with(paid, before)))
		x.forges(p, "with another message's signature", signed, x.body(paid))
	})
}

func lastDigit(secret string, body []byte) http.Header {
	s := webhook.Sign(secret, body)
	last := "0"
	if strings.HasSuffix(s, last) {
		last = "1"
	}
	return header("X-Signature", s[:len(s)-1]+last)
}

func garbage(x *exam, p ecomtrade24.Payment) {
	for _, body := range []string{
		"", "{", "null", "[]", "0", `"paid"`, `{"status":["paid"]}`, `{"order_id":{},"status":"paid"}`, "<html>",
		strings.Repeat("[", 10_000), "\x00\xff\xfe",
	} {
		x.post(signature(x.shop.Secret, []byte(body)), []byte(body))
	}
	x.post(header("X-Signature", "sha256=00"), []byte(strings.Repeat("x", 4<<20)))
	x.note("twelve malformed webhooks: eleven correctly signed, and one of 4 MiB")
	x.unpaid(p)
	x.paysOnce(p)
}

// signatureForms returns a scenario for each signature format that the gateway may use.
func signatureForms() (scenarios []Scenario) {
	for _, form := range []struct {
		name string
		form delivery.Format
	}{
		{"a signature without a prefix is accepted", delivery.Format{Header: "X-Signature"}},
		{"a signature with the prefix sha256= is accepted", delivery.Format{Header: "X-Signature", Prefix: true}},
		{"an uppercase signature is accepted", delivery.Format{Header: "X-Signature", Upper: true}},
		{"a signature in X-Ecomtrade24-Signature is accepted", delivery.Format{Header: "X-Ecomtrade24-Signature"}},
		{"a signature in X-Webhook-Signature is accepted", delivery.Format{Header: "X-Webhook-Signature"}},
	} {
		scenarios = append(scenarios, plain(form.name, func(x *exam, p ecomtrade24.Payment) {
			body := x.body(x.gateway.EditPayment(p.SessionID, paying()))
			status := x.deliverUnder(header(form.form.Header, form.form.Sign(x.shop.Secret, body)), body)
			x.note("webhook, signed in %s → %s", form.form.Header, responded(status))
			x.paid(p)
		}))
	}
	return advised("Use webhook.NewHandler, which reads all three headers, with and without the prefix.", scenarios...)
}
