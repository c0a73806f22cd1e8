package exam

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/internal/courier"
)

// leaks are what must not stand in the shop's log.
func leaks() []Scenario {
	const advice = "Log order, session and status. The SDK's errors hold neither secrets nor bodies; keep yours to that."
	return in("leaks", advice,
		alone("the log holds neither the secret nor the key", func(x *exam) {
			x.everyKind()
			x.revealsNothing("the shop's log", x.log(), "")
		}, logs),
		alone("the log holds no webhook's body", func(x *exam) {
			x.everyKind()
			log := x.log()
			for _, body := range x.sent {
				inString := strings.Trim(strconv.Quote(body), `"`)
				if len(body) > 40 && (strings.Contains(log, body) || strings.Contains(log, inString)) {
					x.fails(Leaks, "the shop's log: expected no bodies; got a webhook's, with the buyer's data")
				}
			}
		}, logs),
		alone("the log holds no signature of a forgery", func(x *exam) {
			p := x.buy()
			body := x.body(with(p, paying()))
			x.post(header("X-Signature", strings.Repeat("0", 64)), body)
			x.settle()
			x.revealsNothing("the shop's log", x.log(), string(body))
		}, logs),
	)
}

// revealsNothing fails if the text has a secret, the key, or what would make a forged body a webhook.
func (x *exam) revealsNothing(where, text, forged string) {
	for name, secret := range map[string]string{"the webhook secret": x.shop.Secret, "the API key": x.shop.Key} {
		if n := min(telling, len(secret)); n >= 8 && strings.Contains(text, secret[:n]) {
			x.fails(Leaks, "%s: expected no secrets; got %s, or the beginning of it", where, name)
		}
	}
	if forged == "" {
		return
	}
	digest := courier.SignatureForm{}.Value(x.shop.Secret, []byte(forged))
	switch {
	case strings.Contains(strings.ToLower(text), digest):
		x.fails(Leaks, "%s: expected no signature; got the one that the forger needs", where)
	case strings.Contains(text, forged):
		x.fails(Leaks, "%s: expected no body; got the webhook's", where)
	}
}

const telling = 12 // letters of a secret that give it away

// everyKind does what makes a shop write into its log.
func (x *exam) everyKind() {
	x.gateway.FailNext(tries, http.StatusUnauthorized)
	x.note("a buyer buys, and the gateway rejects the key: %s", outcome(x.shop.Buy(x.ctx)))
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
