package exam

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
)

const quietLog = "Log only the order, session and status. Keep secrets and bodies out of your errors, as the SDK does."

// logged returns scenarios that check that the shop's log contains nothing secret.
func logged() []Scenario {
	return advised(quietLog,
		bareAlone("the log contains neither the secret nor the key", func(x *exam) {
			x.everyKind()
			x.revealsNothing("the shop's log", x.log(), "")
		}, logs),
		bareAlone("the log contains no webhook body", func(x *exam) {
			x.everyKind()
			log := x.log()
			for _, body := range x.sent {
				if len(body) > 40 && holds(log, body) {
					x.fails(Leaks, "the shop's log: expected no bodies; got a webhook's body, with the buyer's data")
				}
			}
		}, logs),
		alone("the log contains no lookup response", func(x *exam, p ecomtrade24.Payment) {
			response := lookupBody(with(p, becomes("processing")))
			for _, body := range []string{response, strings.Replace(response, `"ok":true`, `"ok":`, 1)} {
				x.gateway.SetLookupResponse(p.SessionID, http.StatusOK, body)
				x.note("the gateway responds with %s", body)
				x.catchUp()
				x.settle()
				if holds(x.log(), body) {
					x.fails(Leaks, "the shop's log: expected no bodies; got a lookup response, with the order's data")
				}
			}
		}, logs, reconcile),
		alone("the log contains no signature for a forged webhook", func(x *exam, p ecomtrade24.Payment) {
			body := x.body(with(p, paying()))
			x.post(header("X-Signature", strings.Repeat("0", 64)), body)
			x.settle()
			x.revealsNothing("the shop's log", x.log(), string(body))
		}, logs),
	)
}

// shown returns scenarios that check what the gateway, the buyer and senders of webhooks can see.
func shown() []Scenario {
	return advised(quietLog,
		plain("a session's URLs and metadata contain no secrets", func(x *exam, p ecomtrade24.Payment) {
			paid, canceled := x.gateway.ReturnURLs(p.SessionID)
			for _, to := range []string{paid, canceled} {
				plain, _ := url.QueryUnescape(to)
				x.revealsNothing("the URL "+shortened(to), to+" "+plain, "")
			}
			for key, value := range p.Metadata {
				x.revealsNothing("the session's metadata "+quoted(key), value, "")
			}
		}).fix("Put no secrets into URLs or metadata: the buyer sees the URLs, and the gateway sees the metadata."),
		plain("no response of the webhook endpoint contains secrets", everyResponse).
			fix("Respond with a status and nothing else, as webhook.NewHandler does."),
	)
}

// everyResponse sends the webhook endpoint different requests, to get each of its responses.
func everyResponse(x *exam, p ecomtrade24.Payment) {
	body, unreadable := x.body(with(p, becomes("pending"))), []byte(`{"status":["paid"]}`)
	for _, q := range []request{
		{method: http.MethodGet},
		{method: http.MethodHead},
		{method: http.MethodOptions},
		{method: http.MethodPut},
		{method: http.MethodGet, query: "debug=1"},
		{},
		{body: body},
		{body: unreadable},
		{header: signature(x.shop.Secret, unreadable), body: unreadable},
		{header: signature(x.shop.Secret, body), body: body},
	} {
		what := strings.Join([]string{cmp.Or(q.method, http.MethodPost), q.query, shortened(string(q.body))}, " ")
		if q.header == nil {
			q.header, what = http.Header{}, "unsigned "+what
		}
		x.note("%s → %s", what, responded(x.send(q)))
		x.revealsNothing("the response to "+what, x.response, "")
	}
}

// The helper holds reports whether a log contains a body, either plain or as a quoted string.
func holds(log, body string) bool {
	return strings.Contains(log, body) || strings.Contains(log, strings.Trim(strconv.Quote(body), `"`))
}

// revealsNothing fails if the text contains the secret, the key, or the correct signature of a forged body.
func (x *exam) revealsNothing(where, text, forged string) {
	for name, secret := range map[string]string{"the webhook secret": x.shop.Secret, "the API key": x.shop.Key} {
		if n := min(telling, len(secret)); n >= 8 && strings.Contains(text, secret[:n]) {
			x.fails(Leaks, "%s: expected no secrets; got %s or its beginning", where, name)
		}
	}
	if forged == "" {
		return
	}
	digest := delivery.Format{}.Sign(x.shop.Secret, []byte(forged))
	switch {
	case strings.Contains(strings.ToLower(text), digest):
		x.fails(Leaks, "%s: expected no signature; got the correct one for the forged webhook", where)
	case strings.Contains(text, forged):
		x.fails(Leaks, "%s: expected no body; got the webhook's body", where)
	}
}

const telling = 12 // this many characters of a secret are a leak

// everyKind plays every kind of event that a shop may log.
func (x *exam) everyKind() {
	x.gateway.FailCalls(tries, http.StatusUnauthorized)
	x.note("a buyer buys; the gateway rejects the key: %s", outcome(x.shop.Buy(x.ctx)))
	x.gateway.Heal()
	p := x.recovers()
	body := x.body(with(p, paying()))
	x.post(http.Header{}, body)
	x.post(signature("not-"+x.shop.Secret, body), body)
	x.deliver([]byte(`{"status":["paid"],"padding":"` + strings.Repeat("x", 60) + `"}`))
	x.note("webhooks: unsigned, wrongly signed, unreadable")
	x.says(x.foreign(p, orderID("NO-SUCH-ORDER")))
	x.says(with(p, paying(less(1), transaction("tx_first"))))
	if x.shop.Reconcile != nil {
		x.catchUp()
	}
	x.pays(p)
	x.pays(p)
	x.settle()
}

func (x *exam) log() string {
	log, err := x.shop.Log()
	if err != nil {
		x.unfit("Log failed: %v", err)
	}
	return log
}
