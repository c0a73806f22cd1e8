package exam

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
)

func money() []Scenario {
	wrong := func(name string, change func(*ecomtrade24.Payment)) Scenario {
		return Scenario{Name: name, run: func(x *exam) {
			p := x.buy()
			x.sends(p, paying(change))
			x.unpaid(p)
		}}
	}
	reports := func(name string, change func(*ecomtrade24.Payment)) Scenario {
		s := wrong(name, nil)
		s.needs = review
		s.Costs = "A buyer's money lies at the gateway, the order stays open, and nobody in the shop knows."
		s.Mend = "Keep a row for a person, with session, transaction, amount and currency, where Settles says no."
		s.run = func(x *exam) {
			p := x.buy()
			x.sends(p, paying(change))
			x.unpaid(p)
			x.reported(p)
		}
		return s
	}
	amount := func(a ecomtrade24.Amount) func(*ecomtrade24.Payment) {
		return func(p *ecomtrade24.Payment) { p.Amount = a }
	}
	return in("money", "Goods leave for a payment that does not pay for them.",
		"Payment.Settles compares order, amount and currency with the shop's own record; ship only if it returns nil.",
		wrong("a cent pays for nothing dearer", amount("0.01")),
		wrong("one cent too little does not pay", func(p *ecomtrade24.Payment) { p.Amount = cent(p.Amount, -1) }),
		wrong("another currency does not pay", otherCurrency),
		wrong("nothing does not pay", amount("0.00")),
		wrong("a negative amount does not pay", func(p *ecomtrade24.Payment) { p.Amount = "-" + p.Amount }),
		wrong("an amount with an exponent does not pay", func(p *ecomtrade24.Payment) { p.Amount += "e0" }),
		wrong("a float's digits do not pay",
			func(p *ecomtrade24.Payment) { p.Amount = cent(p.Amount, -1) + "9999999999996" }),
		wrong("an amount with a comma does not pay", func(p *ecomtrade24.Payment) { p.Amount = comma(p.Amount) }),
		wrong("a test with a real order pays nothing", func(p *ecomtrade24.Payment) { p.Test = true }),
		wrong("the status test pays nothing", becomes(ecomtrade24.StatusTest)),
		wrong("a status that nobody knows is not paid", becomes("partially_paid")),
		wrong("a status that begins with paid is not paid", becomes("paid_out")),
		wrong("authorised is not paid", becomes("authorized")),
		wrong("refunded is not paid", becomes("refunded")),
		Scenario{
			Name: "the same amount in another spelling pays", Costs: "A buyer has paid in full and gets nothing.",
			Mend: "Compare amounts with Amount.Equal: 10, 10.0 and 10.00 are one number.",
			run: func(x *exam) {
				p := x.buy()
				x.sends(p, paying(func(p *ecomtrade24.Payment) { p.Amount = spelt(p.Amount) }))
				x.paid(p)
			},
		},
		reports("too little is reported to a person", func(p *ecomtrade24.Payment) { p.Amount = cent(p.Amount, -1) }),
		reports("another currency is reported to a person", otherCurrency),
		Scenario{
			Name: "too much is reported to a person", needs: review,
			Costs: "A buyer is owed money, and nobody in the shop knows.",
			Mend:  "Keep a row for a person where Settles says no: it takes the amount that is due, and no other.",
			run: func(x *exam) {
				p := x.buy()
				x.sends(p, paying(func(p *ecomtrade24.Payment) { p.Amount = cent(p.Amount, 1) }))
				x.reported(p)
			},
		},
		Scenario{
			Name: "the rest of too little is not guessed", run: func(x *exam) {
				p := x.buy()
				x.sends(p, paying(amount("0.01")))
				x.sends(p, paying(func(p *ecomtrade24.Payment) { p.Amount, p.TxID = "0.02", "tx_second" }))
				x.unpaid(p)
			},
		},
		Scenario{
			Name: "a payment of another shop's domain pays nothing", needs: domain,
			Costs: "What another shop of the same account was paid for leaves this one too.",
			Mend:  "Set Order.Domain where the account has several shops.",
			run: func(x *exam) {
				p := x.buy()
				x.sends(p, paying(func(p *ecomtrade24.Payment) { p.Domain = "another.example" }))
				x.unpaid(p)
			},
		},
	)
}

func otherCurrency(p *ecomtrade24.Payment) {
	if p.Currency == "EUR" {
		p.Currency = "USD"
	} else {
		p.Currency = "EUR"
	}
}

// cent is the amount with so much more of its smallest part.
func cent(a ecomtrade24.Amount, more int64) ecomtrade24.Amount {
	whole, part, _ := strings.Cut(string(a), ".")
	n, err := strconv.ParseInt(whole+part, 10, 64)
	if err != nil || n+more <= 0 {
		return "0.01"
	}
	digits := fmt.Sprintf("%0*d", len(part)+1, n+more)
	if part == "" {
		return ecomtrade24.Amount(digits)
	}
	return ecomtrade24.Amount(digits[:len(digits)-len(part)] + "." + digits[len(digits)-len(part):])
}

// spelt is the same number with other digits.
func spelt(a ecomtrade24.Amount) ecomtrade24.Amount {
	if strings.Contains(string(a), ".") {
		return a + "0"
	}
	return a + ".00"
}

// comma is the amount as a person writes it in half of the world.
func comma(a ecomtrade24.Amount) ecomtrade24.Amount {
	return ecomtrade24.Amount(strings.Replace(string(spelt(a)), ".", ",", 1))
}
