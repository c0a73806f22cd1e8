package exam

import "github.com/ecomtrade24/ecomtrade24-go"

// gaps are payments in which something is missing.
func gaps() []Scenario {
	return advised(
		"inbox reports such a message as Incomplete, and the payment as Paid, once, when all of it is known.",
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

// lacking is a payment that is reported with a gap first. ships says that the order may be paid then.
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
