package exam

import (
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
)

func gaps() []Scenario {
	const whole = "The rest of the payment, told later, is lost or counted a second time."
	// lacks is a payment that is first told with a gap. ships tells whether the order may be paid then.
	lacks := func(name string, gap func(*ecomtrade24.Payment), ships bool) Scenario {
		return Scenario{Name: name, run: func(x *exam) {
			p := x.buy()
			x.sends(p, paying(gap))
			if !ships {
				x.unpaid(p)
			}
			x.sends(p, func(now *ecomtrade24.Payment) { *now = p; paidFor(now) })
			x.paid(p)
		}}
	}
	goesOn := func(name string, change func(*ecomtrade24.Payment)) Scenario {
		return Scenario{
			Name: name, Costs: "The webhook fails for ever, or stops the shop for the buyers after it.",
			Mend: "webhook.Discard answers 200 to what no repetition can mend, and logs it.",
			run: func(x *exam) {
				p := x.buy()
				x.signed(with(p, paying(func(p *ecomtrade24.Payment) {
					p.SessionID = "999999" // of which the shop knows nothing either
					change(p)
				})), nil)
				x.unpaid(p)
				x.pays(p)
				x.paid(p)
			},
		}
	}
	return in("gaps", whole, "inbox tells such a message as Incomplete, and the rest of it as Paid, once.",
		lacks("a payment without an amount ships nothing until the amount is known",
			func(p *ecomtrade24.Payment) { p.Amount = "" }, false),
		lacks("a payment without a currency ships nothing until the currency is known",
			func(p *ecomtrade24.Payment) { p.Currency = "" }, false),
		lacks("a payment without its session is counted once", func(p *ecomtrade24.Payment) { p.SessionID = "" }, true),
		lacks("a payment without its transaction is counted once", func(p *ecomtrade24.Payment) { p.TxID = "" }, true),
		goesOn("a payment without an order id stops nothing", func(p *ecomtrade24.Payment) { p.OrderID = "" }),
		goesOn("an order that does not exist stops nothing",
			func(p *ecomtrade24.Payment) { p.OrderID = "NO-SUCH-ORDER" }),
		goesOn("an order id with quotes and markup stops nothing",
			func(p *ecomtrade24.Payment) { p.OrderID = `' OR 1=1; -- "<b>%00{{.}}` }),
		goesOn("an order id in other letters stops nothing",
			func(p *ecomtrade24.Payment) { p.OrderID = "Bestellung-ÄÖ-日本-😀" }),
		goesOn("a very long order id stops nothing",
			func(p *ecomtrade24.Payment) { p.OrderID = strings.Repeat("A", 10_000) }),
	)
}
