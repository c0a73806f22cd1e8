package shoptest_test

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// moneyFaults are about what pays for an order.
var moneyFaults = ofKind(
	"money",
	fault{
		name:   "the amount is not compared",
		source: "https://github.com/opencart/opencart/issues/12111",
		found:  "a cent pays for nothing dearer",
		also: []string{
			"a huge amount pays nothing",
			"an amount with a currency sign does not pay",
			"an amount without its fraction does not pay",
		},
		plant: amounts(func(string, string) bool { return true }),
	},
	fault{
		name:   "amounts are compared as floats",
		source: "https://github.com/profullstack/sh1pt/pull/922",
		found:  "an amount with an exponent does not pay",
		plant:  amounts(func(got, due string) bool { return float(got) == float(due) }),
	},
	fault{
		name:  "amounts are rounded",
		found: "one cent too little does not pay",
		also:  []string{"a float's digits do not pay", "a wrong payment pays nothing, whichever statement fails"},
		plant: amounts(func(got, due string) bool { return math.Abs(float(got)-float(due)) < 0.02 }),
	},
	fault{
		name:  "the amount's sign is ignored",
		found: "a negative amount does not pay",
		plant: amounts(func(got, due string) bool { return math.Abs(float(got)) == float(due) }),
	},
	fault{
		name:  "a comma is read as a decimal point",
		found: "an amount with a comma does not pay",
		plant: amounts(func(got, due string) bool { return sameAmount(strings.ReplaceAll(got, ",", "."), due) }),
	},
	fault{
		name:  "amounts are compared as text",
		found: "the same amount in another spelling pays",
		plant: amounts(func(got, due string) bool { return got == due }),
	},
	fault{
		name:  "more than the amount due is accepted without review",
		found: "too much goes to manual review",
		also:  []string{"an infinite amount does not pay"},
		plant: amounts(func(got, due string) bool { return float(got) >= float(due) }),
	},
	fault{
		name:  "an amount is rejected only if it is less, which NaN never is",
		found: "NaN does not pay",
		plant: amounts(func(got, due string) bool { return !(float(got) < float(due)) && !(float(got) > float(due)) }),
	},
	fault{
		name:  "an amount of zero counts as the amount due",
		found: "a payment of 0.00 does not pay",
		plant: amounts(func(got, due string) bool { return float(got) == 0 || sameAmount(got, due) }),
	},
	fault{
		name:  "a missing amount counts as the amount due",
		found: "a payment without an amount ships nothing until the amount is known",
		also: []string{
			"an amount that is a list pays nothing",
			"an amount that is true pays nothing",
			"a lookup's response without an amount pays nothing",
		},
		plant: amounts(func(got, due string) bool { return got == "" || sameAmount(got, due) }),
	},
	fault{
		name:  "a missing currency counts as the shop's own",
		found: "a payment without a currency ships nothing until the currency is known",
		plant: func(s *smallShop) {
			s.settles = func(o *order, m message) bool {
				return amountSettles(o, m) && ourDomain(m) && (m.text("currency") == "" || currencySettles(o, m))
			}
		},
	},
	fault{
		name:   "the currency is not compared",
		source: "https://github.com/juanarrietabusiness-pixel/tommalopty/issues/7",
		found:  "another currency does not pay",
		also:   []string{"another currency goes to manual review", "a lookup of another currency pays nothing"},
		plant: func(s *smallShop) {
			s.settles = func(o *order, m message) bool { return amountSettles(o, m) && ourDomain(m) }
		},
	},
	fault{
		name:   "the domain is not compared",
		source: "https://github.com/coinbase/coinbase-commerce-woocommerce/issues/27",
		found:  "a payment of another shop's domain pays nothing",
		plant: func(s *smallShop) {
			s.settles = func(o *order, m message) bool { return amountSettles(o, m) && currencySettles(o, m) }
		},
	},
	fault{
		name:  "any second payment completes a partial one",
		found: "small partial payments do not pay",
		also:  []string{"the same partial payment twice does not pay"},
		plant: func(s *smallShop) {
			s.settles = func(o *order, m message) bool {
				rest := o.review && float(m.text("amount")) > 0
				return (rest || amountSettles(o, m)) && currencySettles(o, m) && ourDomain(m)
			}
		},
	},
	fault{
		name:  "a wrong amount is reported to nobody",
		found: "too little goes to manual review",
		plant: func(s *smallShop) { s.mismatch = func(*order, message) {} },
	},
	fault{
		name:   "a test pays",
		source: "https://github.com/Automattic/woocommerce-payments/pull/5288",
		found:  "a test with a real order pays nothing",
		also:   []string{"a true test as 1 pays nothing", "a true test as a string pays nothing"},
		plant:  func(s *smallShop) { s.isTest = func(message) bool { return false } },
	},
	fault{
		name:  "the status test pays",
		found: "the status test pays nothing",
		plant: func(s *smallShop) {
			s.isTest = func(m message) bool { return m.yes("test") }
			s.isPaid = paidIf("paid", "test")
		},
	},
	fault{
		name:  "every status that starts with paid is paid",
		found: "a status that begins with paid is not paid",
		also:  []string{"paid with an invisible letter is not paid"},
		plant: func(s *smallShop) {
			s.isPaid = func(m message) bool { return strings.HasPrefix(m.text("status"), "paid") }
		},
	},
	fault{
		name:  "every status but the known unpaid ones is paid",
		found: "an unknown status is not paid",
		also: []string{
			"completed is not paid",
			"paıd is not paid",
			"paid in full-width letters is not paid",
			"paid with a Cyrillic letter is not paid",
			"unpaid is not paid",
			"not_paid is not paid",
			"an unknown status is not paid",
			"partially_paid is not paid",
			"authorized is not paid",
			"a message without a status ships nothing",
			"an unknown status is no error",
			"a very long status is no error",
		},
		plant: func(s *smallShop) {
			s.isPaid = func(m message) bool { r := rank(m.text("status")); return r == 0 || r == 5 }
		},
	},
	fault{
		name:   "processing is paid",
		source: "https://github.com/medusajs/medusa/issues/14205",
		found:  "what is under way is not paid",
		also:   []string{"the return page of a payment that is processing does not say paid"},
		plant:  func(s *smallShop) { s.isPaid = paidIf("paid", "processing", "review") },
	},
	fault{
		name:  "every final status is paid",
		found: "declined is not paid",
		also: []string{
			"a status inside the metadata pays nothing",
			"a status inside a buyer's e-mail address pays nothing",
			"the last of two statuses counts",
			"a payment inside a list pays nothing",
			"expired is not paid",
			"cancelled is not paid",
			"declined is not paid",
		},
		plant: func(s *smallShop) { s.isPaid = func(m message) bool { return final(m.text("status")) } },
	},
	fault{
		name:   "a wrong amount is noted, and the order is paid all the same",
		source: "https://github.com/razorpay/razorpay-magento/pull/249",
		found:  "one cent too little does not pay",
		plant: func(s *smallShop) {
			s.settles = func(o *order, m message) bool {
				o.review = o.review || !settlesExactly(o, m)
				return true
			}
		},
	},
	fault{
		name:   "an amount is read up to its first letter, as parseFloat does",
		source: "https://github.com/base/account-sdk/issues/313",
		found:  "an amount with words behind it does not pay",
		plant: amounts(func(got, due string) bool {
			end := strings.IndexFunc(got, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
			if end > 0 {
				got = got[:end]
			}
			return sameAmount(got, due)
		}),
	},
	fault{
		name:   "the amount due is not rounded before it is compared",
		source: "https://github.com/nopSolutions/nopCommerce/issues/1780",
		found:  "the same amount in another spelling pays",
		plant:  amounts(func(got, due string) bool { return sameAmount(got, due+"47") }),
	},
	fault{
		name:   "an amount times 100 is cut to an integer",
		source: "https://github.com/Mastercard-Gateway/woocommerce-simplify-payment-gateway-plugin/pull/40",
		found:  "a payment pays",
		plant: func(s *smallShop) {
			s.amount = "1.15"
			amounts(func(got, due string) bool {
				cents, _ := strconv.Atoi(strings.Replace(due, ".", "", 1))
				return int(float(got)*100) == cents
			})(s)
		},
	},
	fault{
		name:  "a currency that begins with the order's is the order's, so USDT is USD",
		found: "a currency that resembles the order's does not pay",
		plant: currencies(strings.HasPrefix),
	},
	fault{
		name:  "a currency that contains the order's is the order's",
		found: "a currency that resembles the order's does not pay",
		plant: currencies(strings.Contains),
	},
	fault{
		name:  "stable coins count as dollars",
		found: "a currency that resembles the order's does not pay",
		plant: currencies(func(got, due string) bool {
			return got == due || due == "USD" && (got == "USDT" || got == "USDC")
		}),
	},
	fault{
		name:  "every currency that ends in D is the dollar",
		found: "a currency that resembles the order's does not pay",
		plant: currencies(func(got, due string) bool { return len(got) == 3 && got[2:] == due[2:] }),
	},
	fault{
		name:  "the points of amounts are removed before they are compared",
		found: "an amount with its point elsewhere does not pay",
		plant: amounts(func(got, due string) bool {
			return sameAmount(got, due) || strings.ReplaceAll(got, ".", "") == strings.ReplaceAll(due, ".", "")
		}),
	},
	fault{
		name:  "the statuses of another gateway are paid too",
		found: "another gateway's word for paid is not paid",
		plant: func(s *smallShop) { s.isPaid = paidIf("paid", "success", "succeeded", "captured") },
	},
	fault{
		name:  "an amount in the metadata replaces the payment's",
		found: "an amount inside the metadata pays nothing",
		plant: merges("amount"),
	},
	fault{
		name:  "a currency in the metadata replaces the payment's",
		found: "a currency inside the metadata pays nothing",
		plant: merges("currency"),
	},
	fault{
		name:   "the paid currency is compared with the shop's instead of the order's",
		source: "https://github.com/awesomemotive/easy-digital-downloads/issues/2727",
		found:  "another currency does not pay",
		plant: func(s *smallShop) {
			s.currency = "EUR"
			s.settles = func(o *order, m message) bool {
				return amountSettles(o, m) && m.text("currency") == "USD" && ourDomain(m)
			}
		},
	},
)

// amounts replaces the comparison of the amount with the amount due.
func amounts(same func(got, due string) bool) func(*smallShop) {
	return func(s *smallShop) {
		s.settles = func(o *order, m message) bool {
			return same(m.text("amount"), o.amount) && currencySettles(o, m) && ourDomain(m)
		}
	}
}

// currencies replaces the comparison of the currency with the order's.
func currencies(same func(got, due string) bool) func(*smallShop) {
	return func(s *smallShop) {
		s.settles = func(o *order, m message) bool {
			return amountSettles(o, m) && same(upper(m.text("currency")), o.currency) && ourDomain(m)
		}
	}
}

// merges lets a member of the metadata replace the message's own.
func merges(name string) func(*smallShop) {
	return decodes(func(_ *http.Request, m message) (message, error) {
		meta, _ := m["meta"].(map[string]any)
		if value := message(meta).text(name); value != "" {
			return m.with(name, value), nil
		}
		return m, nil
	})
}

// float is not a number if the amount is none.
func float(amount string) float64 {
	f, err := strconv.ParseFloat(amount, 64)
	if err != nil {
		return math.NaN()
	}
	return f
}

func paidIf(statuses ...string) func(message) bool {
	return func(m message) bool { return slices.Contains(statuses, m.text("status")) }
}
