package shoptest_test

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// moneyFaults are bugs in deciding which messages mark an order paid.
var moneyFaults = []fault{
	bug("the shop does not compare the amount",
		"a payment of 0.01 does not mark the order paid", amounts(func(string, string) bool { return true })).
		reported("https://github.com/opencart/opencart/issues/12111").
		also("an amount of 1e400 does not mark the order paid",
			"an amount with a currency sign does not mark the order paid",
			"an amount without its decimals does not mark the order paid"),
	bug("the shop compares amounts as floats",
		"an amount with an exponent does not mark the order paid",
		amounts(func(got, due string) bool { return float(got) == float(due) })).
		reported("https://github.com/profullstack/sh1pt/pull/922"),
	bug("amounts are rounded",
		"a payment one cent short does not mark the order paid",
		amounts(func(got, due string) bool { return math.Abs(float(got)-float(due)) < 0.02 })).
		also("an amount with a float's rounding error does not mark the order paid",
			"a wrong payment does not mark the order paid even if a database statement fails"),
	bug("the shop ignores the amount's sign",
		"a negative amount does not mark the order paid",
		amounts(func(got, due string) bool { return math.Abs(float(got)) == float(due) })),
	bug("the shop reads a comma as a decimal point",
		"an amount with a decimal comma does not mark the order paid",
		amounts(func(got, due string) bool { return sameAmount(strings.ReplaceAll(got, ",", "."), due) })),
	bug("the shop compares amounts as text",
		"the same amount with more decimals marks the order paid", amounts(func(got, due string) bool { return got == due })),
	bug("the shop accepts an overpayment without review",
		"an overpayment goes to manual review", amounts(func(got, due string) bool { return float(got) >= float(due) })).
		also("an amount of Infinity does not mark the order paid"),
	bug("the shop rejects only amounts below or above the amount due, so it accepts NaN",
		"an amount of NaN does not mark the order paid",
		amounts(func(got, due string) bool { return !(float(got) < float(due)) && !(float(got) > float(due)) })),
	bug("the shop treats an amount of zero as the amount due",
		"a payment of 0.00 does not mark the order paid",
		amounts(func(got, due string) bool { return float(got) == 0 || sameAmount(got, due) })),
	bug("the shop treats a missing amount as the amount due",
		"a payment without an amount ships nothing until the amount is known",
		amounts(func(got, due string) bool { return got == "" || sameAmount(got, due) })).
		also("an amount sent as a JSON list does not mark the order paid",
			"an amount sent as JSON true does not mark the order paid",
			"a lookup response without an amount does not mark the order paid"),
	bug("the shop treats a missing currency as the order's currency",
		"a payment without a currency ships nothing until the currency is known",
		currencies(func(got, due string) bool { return got == "" || sameWord(got, due) })),
	bug("the shop does not compare the currency",
		"a payment in another currency does not mark the order paid",
		currencies(func(string, string) bool { return true })).
		reported("https://github.com/juanarrietabusiness-pixel/tommalopty/issues/7").
		also("a payment in another currency goes to manual review",
			"a lookup response in another currency does not mark the order paid"),
	bug("the shop does not compare the domain",
		"a payment for another shop's domain does not mark the order paid", func(s *smallShop) {
			s.settles = func(o *order, m message) bool { return amountSettles(o, m) && currencySettles(o, m) }
		}).reported("https://github.com/coinbase/coinbase-commerce-woocommerce/issues/27"),
	bug("any second payment completes a partial payment",
		"small partial payments do not mark the order paid", func(s *smallShop) {
			s.settles = func(o *order, m message) bool {
				rest := o.review && float(m.text("amount")) > 0
				return (rest || amountSettles(o, m)) && currencySettles(o, m) && ourDomain(m)
			}
		}).also("a partial payment reported twice does not mark the order paid"),
	bug("the shop does not send wrong amounts to manual review",
		"an underpayment goes to manual review", func(s *smallShop) { s.mismatch = func(*order, message) {} }),
	bug("the shop accepts a test webhook as a payment",
		"a test webhook does not mark a real order paid",
		func(s *smallShop) { s.isTest = func(message) bool { return false } }).
		reported("https://github.com/Automattic/woocommerce-payments/pull/5288").
		also("a test flag of 1 marks a test webhook", "a test flag that is the string true marks a test webhook"),
	bug("the shop accepts the status test as paid",
		"a webhook with status test does not mark the order paid", func(s *smallShop) {
			s.isTest = func(m message) bool { return m.yes("test") }
			paidIf("paid", "test")(s)
		}),
	bug("the shop accepts every status that starts with paid",
		"a webhook with a status that starts with paid does not mark the order paid",
		pays(func(status string) bool { return strings.HasPrefix(status, "paid") })).
		also("a webhook with status paid plus an invisible character does not mark the order paid"),
	bug("the shop accepts every unknown status as paid",
		"a webhook with an unknown status does not mark the order paid",
		pays(func(status string) bool { return status == "paid" || rank(status) == 0 })).
		also("a webhook with status completed does not mark the order paid",
			"a webhook with status paıd does not mark the order paid",
			"a webhook with status paid in full-width letters does not mark the order paid",
			"a webhook with status paid spelled with a Cyrillic letter does not mark the order paid",
			"a webhook with status unpaid does not mark the order paid",
			"a webhook with status not_paid does not mark the order paid",
			"a webhook with status partially_paid does not mark the order paid",
			"a webhook with status authorized does not mark the order paid",
			"a webhook without a status ships nothing",
			"an unknown status causes no server error",
			"a very long status causes no server error"),
	bug("the shop accepts the status processing as paid",
		"a webhook with status pending, processing or review does not mark the order paid",
		paidIf("paid", "processing", "review")).
		reported("https://github.com/medusajs/medusa/issues/14205").
		also("the return page of a processing payment does not say paid"),
	bug("the shop accepts every final status as paid",
		"a webhook with status declined does not mark the order paid", pays(final)).
		also("a status in the metadata is ignored",
			"a status in the buyer's email address is ignored",
			"the shop uses the last of two status members in a body",
			"a status nested inside another JSON member is ignored",
			"a webhook with status expired does not mark the order paid",
			"a webhook with status cancelled does not mark the order paid"),
	bug("the shop records a wrong amount but marks the order paid anyway",
		"a payment one cent short does not mark the order paid", func(s *smallShop) {
			s.settles = func(o *order, m message) bool {
				o.review = o.review || !settlesExactly(o, m)
				return true
			}
		}).reported("https://github.com/razorpay/razorpay-magento/pull/249"),
	bug("the shop ignores text after an amount, like parseFloat",
		"an amount followed by text does not mark the order paid", amounts(func(got, due string) bool {
			end := strings.IndexFunc(got, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
			if end > 0 {
				got = got[:end]
			}
			return sameAmount(got, due)
		})).reported("https://github.com/base/account-sdk/issues/313"),
	bug("the shop does not round the amount due before comparing it",
		"the same amount with more decimals marks the order paid",
		amounts(func(got, due string) bool { return sameAmount(got, due+"47") })).
		reported("https://github.com/nopSolutions/nopCommerce/issues/1780"),
	bug("the shop multiplies amounts by 100 and truncates the result to an integer",
		"a payment marks the order paid", func(s *smallShop) {
			s.amount = "1.15"
			amounts(func(got, due string) bool {
				cents, _ := strconv.Atoi(strings.Replace(due, ".", "", 1))
				return int(float(got)*100) == cents
			})(s)
		}).reported("https://github.com/Mastercard-Gateway/woocommerce-simplify-payment-gateway-plugin/pull/40"),
	bug("the shop accepts any currency code that starts with the order's code, such as USDT for USD",
		"a payment in a similar currency does not mark the order paid", currencies(strings.HasPrefix)),
	bug("the shop accepts any currency code that contains the order's code",
		"a payment in a similar currency does not mark the order paid", currencies(strings.Contains)),
	bug("the shop accepts stablecoins as dollars",
		"a payment in a similar currency does not mark the order paid", currencies(func(got, due string) bool {
			return got == due || due == "USD" && (got == "USDT" || got == "USDC")
		})),
	bug("the shop accepts every currency that ends in D as dollars",
		"a payment in a similar currency does not mark the order paid",
		currencies(func(got, due string) bool { return len(got) == 3 && got[2:] == due[2:] })),
	bug("the shop removes decimal points before comparing amounts",
		"an amount with a shifted decimal point does not mark the order paid", amounts(func(got, due string) bool {
			return sameAmount(got, due) || strings.ReplaceAll(got, ".", "") == strings.ReplaceAll(due, ".", "")
		})),
	bug("the shop accepts another gateway's words for paid",
		"a status that means paid at another gateway does not mark the order paid",
		paidIf("paid", "success", "succeeded", "captured")),
	bug("an amount in the metadata replaces the payment's amount",
		"an amount in the metadata is ignored", merges("amount")),
	bug("a currency in the metadata replaces the payment's currency",
		"a currency in the metadata is ignored", merges("currency")),
	bug("the shop compares the currency with its default currency instead of the order's currency",
		"a payment in another currency does not mark the order paid", func(s *smallShop) {
			s.currency = "EUR"
			currencies(func(got, _ string) bool { return got == "USD" })(s)
		}).reported("https://github.com/awesomemotive/easy-digital-downloads/issues/2727"),
}

// amounts makes the shop compare the amount with the amount due by invoking same.
func amounts(same func(got, due string) bool) func(*smallShop) {
	return func(s *smallShop) {
		s.settles = func(o *order, m message) bool {
			return same(m.text("amount"), o.amount) && currencySettles(o, m) && ourDomain(m)
		}
	}
}

// currencies makes the shop compare the currency with the order's currency by invoking same.
func currencies(same func(got, due string) bool) func(*smallShop) {
	return func(s *smallShop) {
		s.settles = func(o *order, m message) bool {
			return amountSettles(o, m) && same(m.text("currency"), o.currency) && ourDomain(m)
		}
	}
}

// merges makes the shop replace the message's member with the metadata's member of the same name.
func merges(name string) func(*smallShop) {
	return decodes(func(_ *http.Request, m message) (message, error) {
		meta, _ := m["meta"].(map[string]any)
		if value := message(meta).text(name); value != "" {
			return m.with(name, value), nil
		}
		return m, nil
	})
}

// float returns the amount as a float64, or NaN if it cannot be parsed.
func float(amount string) float64 {
	f, err := strconv.ParseFloat(amount, 64)
	if err != nil {
		return math.NaN()
	}
	return f
}

// pays makes the shop check the status with the function paid.
func pays(paid func(status string) bool) func(*smallShop) {
	return func(s *smallShop) { s.isPaid = func(m message) bool { return paid(m.text("status")) } }
}

func paidIf(statuses ...string) func(*smallShop) {
	return pays(func(status string) bool { return slices.Contains(statuses, status) })
}
