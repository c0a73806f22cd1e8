package exam

import "github.com/ecomtrade24/ecomtrade24-go"

// gaps are webhooks that lack a field.
func gaps() []Scenario {
	return advised(
		"inbox reports such a webhook as Incomplete, and reports Paid once, when the payment is complete.",
		lacking("a payment without an amount ships nothing until the amount is known", false,
			func(p *ecomtrade24.Payment) { p.Amount = "" }),
		lacking("a payment without a currency ships nothing until the currency is known", false,
			func(p *ecomtrade24.Payment) { p.Currency = "" }),
		lacking("a payment without its session ID is counted once", true, func(p *ecomtrade24.Payment) { p.SessionID = "" }),
		lacking("a payment without its transaction ID is counted once", true, transaction("")),
		lacking("a webhook without a status ships nothing", false, becomes("")),
		lacking("a webhook with only an order ID ships nothing", false, func(p *ecomtrade24.Payment) {
			*p = ecomtrade24.Payment{OrderID: p.OrderID, Status: "paid"}
		}),
	)
}

// lacking delivers a payment with a missing field, and then the complete one. ships says that the first may be enough.
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
