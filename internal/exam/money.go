package exam

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const settled = "Payment.Settles compares order, amount and currency with your own record; " +
	"ship only if it returns nil."

// wrongAmounts returns scenarios with a payment in a wrong amount or currency.
func wrongAmounts() []Scenario {
	return advised(settled,
		wrong("a payment of 0.01 does not mark the order paid", amount("0.01")),
		wrong("a payment one cent short does not mark the order paid", less(1)),
		wrong("a payment in another currency does not mark the order paid", otherCurrency),
		nonePays("a payment in a similar currency does not mark the order paid",
			[]string{"USDT", "USDC", "XUSD", "USD2", "AUD", "NZD"},
			func(x *exam, p ecomtrade24.Payment, spelling string) {
				x.happens(p, paying(func(p *ecomtrade24.Payment) { p.Currency = resembling(p.Currency, spelling) }))
			}),
		wrong("a payment of 0.00 does not mark the order paid", amount("0.00")),
		wrong("a negative amount does not mark the order paid", edit(func(a string) string { return "-" + a })),
		wrong("an amount with an exponent does not mark the order paid", edit(func(a string) string { return a + "e0" })),
		wrong("an amount with a float's rounding error does not mark the order paid", edit(func(a string) string {
			return string(cent(a, -1)) + "9999999999996"
		})),
		wrong("an amount with a decimal comma does not mark the order paid", edit(func(a string) string {
			return strings.Replace(spelled(a), ".", ",", 1)
		})),
		wrong("an amount with a currency sign does not mark the order paid", edit(func(a string) string { return "$" + a })),
		wrong("an amount followed by text does not mark the order paid", edit(func(a string) string { return a + " off" })),
		plain("an amount with a shifted decimal point does not mark the order paid", func(x *exam, p ecomtrade24.Payment) {
			digits := strings.ReplaceAll(string(p.Amount), ".", "")
			smaller := ecomtrade24.Amount(digits[:1] + "." + digits[1:])
			if smaller.Cmp(p.Amount) >= 0 {
				x.skip("the order costs %s, and moving the decimal point to the left does not make this amount smaller", p.Amount)
			}
			x.happens(p, paying(amount(smaller)))
			x.unpaid(p)
		}),
		wrong("an amount of NaN does not mark the order paid", amount("NaN")),
		wrong("an amount of Infinity does not mark the order paid", amount("Infinity")),
		wrong("an amount without its decimals does not mark the order paid", edit(whole)),
	)
}

// otherStatuses returns scenarios with webhooks that report no payment, and unusual webhooks that report a payment.
func otherStatuses() []Scenario {
	return advised(settled,
		ignored("a test webhook does not mark a real order paid", paying(), isTest),
		ignored("a webhook with status test does not mark the order paid", paying(becomes(ecomtrade24.StatusTest))),
		ignored("a webhook with an unknown status does not mark the order paid", paying(becomes("archived"))),
		ignored("a webhook with a status that starts with paid does not mark the order paid", paying(becomes("paid_out"))),
		ignored("a webhook with status partially_paid does not mark the order paid", paying(becomes("partially_paid"))),
		ignored("a webhook with status authorized does not mark the order paid", paying(becomes("authorized"))),
		ignored("a webhook with status refunded does not mark the order paid", paying(becomes("refunded"))),
		ignored("a webhook with status completed does not mark the order paid", paying(becomes("completed"))),
		nonePays("a status that means paid at another gateway does not mark the order paid",
			[]string{"success", "succeeded", "captured", "approved", "settled", "ok", "overpaid"},
			func(x *exam, p ecomtrade24.Payment, word string) {
				x.says(with(p, paying(becomes(ecomtrade24.PaymentStatus(word)))))
			}),
		right("the same amount with more decimals marks the order paid", edit(spelledLonger)).
			fix("Compare amounts with Amount.Equal: 10, 10.0 and 10.00 are equal."),
		plain("a payment for another shop's domain does not mark the order paid", func(x *exam, p ecomtrade24.Payment) {
			x.goesOn(p, x.says(with(p, paying(func(p *ecomtrade24.Payment) { p.Domain = "another.example" }))))
		}, domain).fix("Set Order.Domain if your account has several shops."),
	)
}

// reviewedAmounts returns scenarios with payments that do not match their order and need manual review.
func reviewedAmounts() []Scenario {
	return advised("If Settles returns an error, send session, transaction, amount and currency to manual review.",
		plain("an underpayment goes to manual review", after(paying(less(1)), (*exam).reported), review),
		plain("an overpayment goes to manual review", after(paying(less(-1)), (*exam).reported), review),
		plain("a payment in another currency goes to manual review", after(paying(otherCurrency), (*exam).reported), review),
	)
}

// The helper right returns a scenario with a payment that matches its order.
func right(name string, c change) Scenario { return plain(name, after(paying(c), (*exam).paid)) }

// The helper wrong returns a scenario with a payment that does not match its order.
func wrong(name string, c change) Scenario { return plain(name, after(paying(c), (*exam).unpaid)) }

// The helper after returns a function that changes the session, delivers its webhook and invokes the function judge.
func after(c change, judge func(*exam, ecomtrade24.Payment)) func(x *exam, p ecomtrade24.Payment) {
	return func(x *exam, p ecomtrade24.Payment) {
		x.happens(p, c)
		judge(x, p)
	}
}

func amount(a ecomtrade24.Amount) change { return func(p *ecomtrade24.Payment) { p.Amount = a } }

// edit returns a change that applies f to the text of the amount.
func edit(f func(a string) string) change {
	return func(p *ecomtrade24.Payment) { p.Amount = ecomtrade24.Amount(f(string(p.Amount))) }
}

// The helper less returns a change that subtracts n of the currency's smallest units from the amount.
func less(n int64) change { return edit(func(a string) string { return string(cent(a, -n)) }) }

func isTest(p *ecomtrade24.Payment) { p.Test = true }

func otherCurrency(p *ecomtrade24.Payment) {
	if p.Currency == "EUR" {
		p.Currency = "USD"
	} else {
		p.Currency = "EUR"
	}
}

// resembling returns the given spelling with USD replaced by the order's currency.
func resembling(currency, spelling string) string {
	if spelling == currency { // for an order in AUD, AUD is correct and USD is wrong
		return "USD"
	}
	return strings.Replace(spelling, "USD", currency, 1)
}

// cent adds a number of the currency's smallest units to the amount.
func cent(a string, more int64) ecomtrade24.Amount {
	units, part, _ := strings.Cut(a, ".")
	n, err := strconv.ParseInt(units+part, 10, 64)
	if err != nil || n+more <= 0 {
		return "0.01"
	}
	return decimals(n+more, len(part))
}

// decimals converts n of the currency's smallest units to an amount with the given number of decimal places.
func decimals(n int64, places int) ecomtrade24.Amount {
	s := fmt.Sprintf("%0*d", places+1, n)
	if places == 0 {
		return ecomtrade24.Amount(s)
	}
	return ecomtrade24.Amount(s[:len(s)-places] + "." + s[len(s)-places:])
}

// half returns the amount split into two parts.
func half(a string) (first, rest ecomtrade24.Amount) {
	units, part, _ := strings.Cut(a, ".")
	n, err := strconv.ParseInt(units+part, 10, 64)
	if err != nil || n < 2 {
		return "0.01", "0.01"
	}
	return decimals(n/2, len(part)), decimals(n-n/2, len(part))
}

// spelled returns the amount with a decimal point.
func spelled(a string) string {
	if strings.Contains(a, ".") {
		return a
	}
	return a + ".00"
}

// spelledLonger returns the same amount with more decimals.
func spelledLonger(a string) string {
	if strings.Contains(a, ".") {
		return a + "0"
	}
	return a + ".00"
}

// whole returns the amount without its decimals, or a smaller amount if it has no decimals.
func whole(a string) string {
	units, part, _ := strings.Cut(a, ".")
	if strings.Trim(part, "0") == "" {
		return string(cent(a, -1))
	}
	return units
}
