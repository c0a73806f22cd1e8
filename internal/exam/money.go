package exam

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const settled = "Payment.Settles compares order, amount and currency with the shop's own record; " +
	"ship only if it returns nil."

// wrongAmounts are payments of another amount or currency than is due.
func wrongAmounts() []Scenario {
	return advised(settled,
		wrong("a cent pays for nothing dearer", amount("0.01")),
		wrong("one cent too little does not pay", less(1)),
		wrong("another currency does not pay", otherCurrency),
		nonePays("a currency that resembles the order's does not pay",
			[]string{"USDT", "USDC", "XUSD", "USD2", "AUD", "NZD"},
			func(x *exam, p ecomtrade24.Payment, spelling string) {
				x.happens(p, paying(func(p *ecomtrade24.Payment) { p.Currency = resembling(p.Currency, spelling) }))
			}),
		wrong("a payment of 0.00 does not pay", amount("0.00")),
		wrong("a negative amount does not pay", edit(func(a string) string { return "-" + a })),
		wrong("an amount with an exponent does not pay", edit(func(a string) string { return a + "e0" })),
		wrong("a float's digits do not pay", edit(func(a string) string { return string(cent(a, -1)) + "9999999999996" })),
		wrong("an amount with a comma does not pay", edit(func(a string) string {
			return strings.Replace(spelled(a), ".", ",", 1)
		})),
		wrong("an amount with a currency sign does not pay", edit(func(a string) string { return "$" + a })),
		wrong("an amount with words behind it does not pay", edit(func(a string) string { return a + " off" })),
		plain("an amount with its point elsewhere does not pay", func(x *exam, p ecomtrade24.Payment) {
			digits := strings.ReplaceAll(string(p.Amount), ".", "")
			smaller := ecomtrade24.Amount(digits[:1] + "." + digits[1:])
			if smaller.Cmp(p.Amount) >= 0 {
				x.skip("the order costs %s: no point further to the left makes that smaller", p.Amount)
			}
			x.happens(p, paying(amount(smaller)))
			x.unpaid(p)
		}),
		wrong("NaN does not pay", amount("NaN")),
		wrong("an infinite amount does not pay", amount("Infinity")),
		wrong("an amount without its fraction does not pay", edit(whole)),
	)
}

// otherStatuses are webhooks that report no payment, and spellings of one that do.
func otherStatuses() []Scenario {
	return advised(settled,
		ignored("a test with a real order pays nothing", paying(), isTest),
		ignored("the status test pays nothing", paying(becomes(ecomtrade24.StatusTest))),
		ignored("an unknown status is not paid", paying(becomes("archived"))),
		ignored("a status that begins with paid is not paid", paying(becomes("paid_out"))),
		ignored("partially_paid is not paid", paying(becomes("partially_paid"))),
		ignored("authorized is not paid", paying(becomes("authorized"))),
		ignored("refunded is not paid", paying(becomes("refunded"))),
		ignored("completed is not paid", paying(becomes("completed"))),
		nonePays("another gateway's word for paid is not paid",
			[]string{"success", "succeeded", "captured", "approved", "settled", "ok", "overpaid"},
			func(x *exam, p ecomtrade24.Payment, word string) {
				x.says(with(p, paying(becomes(ecomtrade24.PaymentStatus(word)))))
			}),
		plain("the same amount in another spelling pays", func(x *exam, p ecomtrade24.Payment) {
			x.happens(p, paying(edit(spelledLonger)))
			x.paid(p)
		}).fix("Compare amounts with Amount.Equal: 10, 10.0 and 10.00 are one number."),
		plain("a payment of another shop's domain pays nothing", func(x *exam, p ecomtrade24.Payment) {
			x.goesOn(p, x.says(with(p, paying(func(p *ecomtrade24.Payment) { p.Domain = "another.example" }))))
		}, domain).fix("Set Order.Domain if the account has several shops."),
	)
}

// reviewedAmounts are payments that do not match their order: somebody must see them.
func reviewedAmounts() []Scenario {
	return advised("Where Settles returns an error, leave session, transaction, amount and currency to manual review.",
		reported("too little goes to manual review", less(1)),
		reported("too much goes to manual review", less(-1)),
		reported("another currency goes to manual review", otherCurrency),
	)
}

// wrong is a payment that does not match its order.
func wrong(name string, c change) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		x.happens(p, paying(c))
		x.unpaid(p)
	})
}

func reported(name string, c change) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		x.happens(p, paying(c))
		x.reported(p)
	}, review)
}

func amount(a ecomtrade24.Amount) change { return func(p *ecomtrade24.Payment) { p.Amount = a } }

// edit changes the digits of the amount.
func edit(f func(a string) string) change {
	return func(p *ecomtrade24.Payment) { p.Amount = ecomtrade24.Amount(f(string(p.Amount))) }
}

// less takes n of the amount's smallest part away.
func less(n int64) change { return edit(func(a string) string { return string(cent(a, -n)) }) }

func isTest(p *ecomtrade24.Payment) { p.Test = true }

func otherCurrency(p *ecomtrade24.Payment) {
	if p.Currency == "EUR" {
		p.Currency = "USD"
	} else {
		p.Currency = "EUR"
	}
}

// resembling is a currency that resembles the order's as the spelling resembles USD.
func resembling(currency, spelling string) string {
	if spelling == currency { // an order in Australian dollars
		return "USD"
	}
	return strings.Replace(spelling, "USD", currency, 1)
}

// cent is the amount with so much more of its smallest part.
func cent(a string, more int64) ecomtrade24.Amount {
	units, part, _ := strings.Cut(a, ".")
	n, err := strconv.ParseInt(units+part, 10, 64)
	if err != nil || n+more <= 0 {
		return "0.01"
	}
	return decimals(n+more, len(part))
}

// decimals is n parts of a unit that has so many decimals.
func decimals(n int64, places int) ecomtrade24.Amount {
	s := fmt.Sprintf("%0*d", places+1, n)
	if places == 0 {
		return ecomtrade24.Amount(s)
	}
	return ecomtrade24.Amount(s[:len(s)-places] + "." + s[len(s)-places:])
}

// half is a part of the amount: what is left is another one.
func half(a string) (first, rest ecomtrade24.Amount) {
	units, part, _ := strings.Cut(a, ".")
	n, err := strconv.ParseInt(units+part, 10, 64)
	if err != nil || n < 2 {
		return "0.01", "0.01"
	}
	return decimals(n/2, len(part)), decimals(n-n/2, len(part))
}

// spelled is the amount with a point.
func spelled(a string) string {
	if strings.Contains(a, ".") {
		return a
	}
	return a + ".00"
}

// spelledLonger is the same number with other digits.
func spelledLonger(a string) string {
	if strings.Contains(a, ".") {
		return a + "0"
	}
	return a + ".00"
}

// whole is the amount without its fraction, or less if it has none.
func whole(a string) string {
	units, part, _ := strings.Cut(a, ".")
	if strings.Trim(part, "0") == "" {
		return string(cent(a, -1))
	}
	return units
}
