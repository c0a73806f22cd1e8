package exam

import (
	"bytes"
	"net/http"
	"net/url"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const fromBody = "Read everything from the verified body. The request's query, form and method prove nothing."

// besideBody returns scenarios that send data outside the body.
func besideBody() []Scenario {
	return advised(fromBody,
		plain("an order ID in the query string is ignored", func(x *exam, p ecomtrade24.Payment) {
			other := x.another()
			body := x.body(x.gateway.EditPayment(p.SessionID, paying()))
			x.deliverTo(query(other, "paid"), "application/json", body)
			x.paid(p)
			x.unpaid(other)
		}),
		plain("a status in the query string is ignored", func(x *exam, p ecomtrade24.Payment) {
			x.deliverTo(query(p, "paid"), "application/json", x.body(with(p, becomes("declined"))))
			x.unpaid(p)
		}),
		plain("form parameters next to a signed body are ignored", func(x *exam, p ecomtrade24.Payment) {
			x.deliverTo(query(p, "paid"), "application/x-www-form-urlencoded", x.body(with(p, becomes("pending"))))
			x.unpaid(p)
		}),
		unsigned("an unsigned GET request does not mark the order paid", func(p ecomtrade24.Payment) request {
			return request{method: http.MethodGet, query: query(p, "paid"), header: http.Header{}}
		}),
		unsigned("an unsigned form does not mark the order paid", func(p ecomtrade24.Payment) request {
			return request{
				header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, body: []byte(query(p, "paid")),
			}
		}),
		unsigned("an unsigned PUT request does not mark the order paid", func(p ecomtrade24.Payment) request {
			return request{
				method: http.MethodPut, query: query(p, "paid"), header: header("X-Signature", "0"), body: []byte("{}"),
			}
		}),
		unsigned("an unsigned request with a method override does not mark the order paid",
			func(p ecomtrade24.Payment) request {
				return request{query: query(p, "paid") + "&_method=GET", header: http.Header{
					"Content-Type": {"application/json"}, "X-Http-Method-Override": {"GET"},
				}, body: []byte("{}")}
			}),
	)
}

// insideBody returns scenarios whose bodies have data in the wrong place.
func insideBody() []Scenario {
	return advised(fromBody,
		ignored("a status in the metadata is ignored", becomes("declined"), metadata("status", "paid")),
		ignored("a status in the buyer's email address is ignored", becomes("declined"), func(p *ecomtrade24.Payment) {
			p.CustomerEmail = `a@b.example","status":"paid","x":"`
		}),
		plain("an order ID in the metadata is ignored", func(x *exam, p ecomtrade24.Payment) {
			other := x.another()
			x.happens(p, paying(metadata("order_id", other.OrderID), metadata("order", other.OrderID)))
			x.unpaid(other)
		}),
		wrong("an amount in the metadata is ignored", func(p *ecomtrade24.Payment) {
			metadata("amount", string(p.Amount))(p)
			less(1)(p)
		}),
		wrong("a currency in the metadata is ignored", func(p *ecomtrade24.Payment) {
			metadata("currency", p.Currency)(p)
			otherCurrency(p)
		}),
		rewritten("the shop uses the last of two status members in a body",
			`{"event"`, `{"status":"paid","event"`, becomes("declined")),
		rewritten("a second JSON object in the body is ignored", `"test":false}`,
			`"test":false}{"status":"paid","test":false}`, becomes("declined")),
		rewritten("a status nested inside another JSON member is ignored", `"provider":`,
			`"data":[{"status":"paid"}],"object":{"status":"paid"},"provider":`, becomes("declined")),
		rewritten("an amount of 1e400 does not mark the order paid", `"amount":"`, `"amount":1e400,"was":"`, paying()),
		rewritten("an amount sent as a JSON list does not mark the order paid", `"amount":"`,
			`"amount":["49.95"],"was":"`, paying()),
		rewritten("an amount sent as JSON true does not mark the order paid",
			`"amount":"`, `"amount":true,"was":"`, paying()),
	)
}

// query returns URL parameters that describe a payment.
func query(p ecomtrade24.Payment, status string) string {
	values := url.Values{}
	for _, name := range []string{"order_id", "order", "id", "oid", "merchant_ref"} {
		values.Set(name, p.OrderID)
	}
	for _, name := range []string{"session", "session_id"} {
		values.Set(name, p.SessionID)
	}
	for _, name := range []string{"status", "state", "result", "payment_status"} {
		values.Set(name, status)
	}
	values.Set("amount", string(p.Amount))
	values.Set("currency", p.Currency)
	values.Set("event", "payment.session")
	values.Set("success", "1")
	values.Set("paid", "1")
	values.Set("txid", "tx_forged")
	return values.Encode()
}

// deliverTo delivers a correctly signed body to the endpoint with a query.
func (x *exam) deliverTo(query, contentType string, body []byte) {
	h := signature(x.shop.Secret, body)
	h.Set("Content-Type", contentType)
	status := x.send(request{query: query, header: h, body: body})
	x.note("webhook, with ?%s → %s", shortened(query), responded(status))
}

// unsigned returns a scenario with a request without a signature, which must change nothing.
func unsigned(name string, of func(p ecomtrade24.Payment) request) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		q := of(p)
		status := x.send(q)
		x.note("unsigned request → %s", responded(status))
		x.unpaid(p)
	})
}

// metadata returns a change that adds a member to the metadata.
func metadata(key, value string) change {
	return func(p *ecomtrade24.Payment) {
		meta := map[string]string{key: value}
		for k, v := range p.Metadata {
			if _, taken := meta[k]; !taken {
				meta[k] = v
			}
		}
		p.Metadata = meta
	}
}

// rewritten returns a scenario with a correctly signed webhook whose changed JSON must not mark the order paid.
func rewritten(name, old, replacement string, c change) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		body := x.body(with(p, c))
		if !bytes.Contains(body, []byte(old)) {
			panic("exam: no " + old + " in a webhook")
		}
		body = bytes.Replace(body, []byte(old), []byte(replacement), 1)
		status := x.deliver(body)
		x.note("webhook: %s → %s", shortened(string(body)), responded(status))
		x.unpaid(p)
	})
}
