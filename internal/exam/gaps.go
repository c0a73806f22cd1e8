package exam

import "github.com/ecomtrade24/ecomtrade24-go"

// gaps returns scenarios with webhooks that lack a field.
func gaps() []Scenario {
	return advised(
		"Use inbox: it reports a webhook with missing fields as Incomplete, and reports Paid once the payment is complete.",
		lacking("a payment without an amount ships nothing until the amount is known", false,
			func(p *ecomtrade24.Payment) { p.Amount = "" }),
		lacking("a payment without a currency ships nothing until the currency is known", false,
			func(p *ecomtrade24.Payment) { p.Currency = "" }),
		lacking("a payment first reported without its session ID is counted once",
			true, func(p *ecomtrade24.Payment) { p.SessionID = "" }),
		lacking("a payment first reported without its transaction ID is counted once", true, transaction("")),
		lacking("a webhook without a status ships nothing", false, becomes("")),
		lacking("a webhook with only an order ID ships nothing", false, func(p *ecomtrade24.Payment) {
			*p = ecomtrade24.Payment{OrderID: p.OrderID, Status: "paid"}
		}),
	)
}

// The helper lacking returns a scenario that delivers a payment with a missing field, and then the complete payment. If
// ships is true, the shop may ship after the first webhook.
func lacking(name string, ships bool, gap change) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		x.says(with(p, paying(gap)))
		if ships {
			x.settle()
		} else {
			x.unpaid(p)
		}
		x.paysOnce(p)
	})
}
