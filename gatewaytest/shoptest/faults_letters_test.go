package shoptest_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// letterFaults are about texts that are almost the same.
var letterFaults = ofKind(
	"exact matching",
	fault{
		name:  "the shop puts an unescaped order ID into SQL",
		found: "an order ID with an SQL injection does not match",
		plant: finds(func(id, asked string) bool {
			before, _, _ := strings.Cut(asked, "' --")
			return id == before
		}),
	},
	fault{
		name:  "the shop rejects a currency in lowercase",
		found: "the currency usd matches USD",
		plant: func(s *smallShop) {
			s.settles = func(o *order, m message) bool {
				return amountSettles(o, m) && m.text("currency") == o.currency && ourDomain(m)
			}
		},
	},
	fault{
		name:   "only one side of the currency comparison is lowercased",
		source: "https://github.com/awesomemotive/easy-digital-downloads/issues/2737",
		found:  "the currency usd matches USD",
		plant: func(s *smallShop) {
			s.settles = func(o *order, m message) bool {
				return amountSettles(o, m) && strings.ToLower(m.text("currency")) == o.currency && ourDomain(m)
			}
		},
	},
	fault{
		name:  "the shop lowercases the status by Unicode's rules, so PAİD becomes paid",
		found: "the status PAİD does not mark the order paid",
		plant: func(s *smallShop) {
			s.isPaid = func(m message) bool { return strings.ToLower(m.text("status")) == "paid" }
		},
	},
	fault{
		name:  "every kind of Unicode space is trimmed from the status",
		found: "the status paid with a no-break space does not mark the order paid",
		plant: func(s *smallShop) {
			s.isPaid = func(m message) bool { return strings.TrimSpace(m.text("status")) == "paid" }
		},
	},
	fault{
		name:  "the shop removes everything except letters from the status",
		found: "the status paid with an invisible character does not mark the order paid",
		plant: func(s *smallShop) {
			noLetter := regexp.MustCompile(`[^a-z]`)
			s.isPaid = func(m message) bool { return noLetter.ReplaceAllString(m.text("status"), "") == "paid" }
		},
	},
	fault{
		name:   "order IDs are compared without case",
		source: "https://github.com/csob/paymentgateway/issues/245",
		found:  "an order ID in another case does not match",
		plant:  finds(strings.EqualFold),
	},
	fault{
		name:  "spaces around an order ID are ignored",
		found: "an order ID with a leading space does not match",
		also: []string{
			"an order ID with a trailing space does not match",
			"an order ID with a trailing line break does not match",
		},
		plant: finds(func(id, asked string) bool { return id == strings.TrimSpace(asked) }),
	},
	fault{
		name:  "accents in an order ID are ignored, as in some collations",
		found: "an order ID with an accent does not match",
		plant: finds(func(id, asked string) bool {
			return id == strings.NewReplacer("é", "e", "è", "e", "ë", "e", "Ö", "O", "Ó", "O", "ō", "o").Replace(asked)
		}),
	},
	fault{
		name:   "the shop compares only the digits of an order ID",
		source: "https://github.com/btcpayserver/btcpayserver/issues/1446",
		found:  "an order ID inside other text does not match",
		also:   []string{"an order ID with a trailing NUL does not match", "a list of order IDs does not match"},
		plant:  finds(func(id, asked string) bool { return digits(asked) != "" && digits(id) == digits(asked) }),
	},
	fault{
		name:   "order IDs are cast to integers",
		source: "https://github.com/clerkio/clerk-magento/issues/43",
		found:  "paying nine of ten orders marks only those nine paid",
		also:   []string{"an order ID with a * wildcard does not match"},
		plant: func(s *smallShop) {
			s.newID = numbered("2017/06/05-%d")
			s.find = matching(func(id, asked string) bool { return cast(id) == cast(asked) })
		},
	},
	fault{
		name:   "the shop reads an order ID with leading zeros as octal",
		source: "https://github.com/btcpayserver/btcpayserver/issues/2906",
		found:  "paying nine of ten orders marks only those nine paid",
		plant: func(s *smallShop) {
			s.newID = func(t *tables) string {
				t.numbers["orders"]++
				return fmt.Sprintf("%05d", t.numbers["orders"])
			}
			s.find = matching(func(id, asked string) bool {
				n, err := strconv.ParseInt(asked, 0, 64)
				return err == nil && strconv.FormatInt(n, 10) == strings.TrimLeft(id, "0")
			})
		},
	},
	fault{
		name:   "the shop drops leading zeros of an order ID",
		source: "https://github.com/hobex/magento2-qcp/pull/23",
		found:  "an order ID with leading zeros does not match",
		plant: func(s *smallShop) {
			s.newID = numbered("%d")
			s.find = matching(func(id, asked string) bool { return id == strings.TrimLeft(asked, "0") })
		},
	},
	fault{
		name:   "the shop treats % and _ in an order ID as wildcards",
		source: "https://github.com/alphagov/pay-connector/pull/232",
		found:  "an order ID with a % wildcard does not match",
		also:   []string{"an order ID with a _ wildcard does not match"},
		plant: finds(func(id, asked string) bool {
			like := strings.NewReplacer("%", ".*", "_", ".").Replace(regexp.QuoteMeta(asked))
			return regexp.MustCompile("^(?s:" + like + ")$").MatchString(id)
		}),
	},
	fault{
		name:   "the shop accepts a part of an order ID",
		source: "https://github.com/alphagov/pay-connector/pull/1667",
		found:  "the digits of an order ID do not match",
		also:   []string{"the beginning of an order ID does not match"},
		plant: finds(func(id, asked string) bool {
			return asked != "" && strings.Contains(strings.ToLower(id), strings.ToLower(asked))
		}),
	},
	fault{
		name:  "the shop accepts an order ID with a suffix",
		found: "an order ID with a suffix does not match",
		also:  []string{"an order ID with an extra digit does not match"},
		plant: finds(func(id, asked string) bool { return strings.HasPrefix(asked, id) }),
	},
	fault{
		name:   "the shop compares only the first characters of an order ID",
		source: "https://github.com/craftcms/commerce/issues/4050",
		found:  "paying nine of ten orders marks only those nine paid",
		plant: func(s *smallShop) {
			s.newID = numbered("ORDER-%07d")
			s.find = matching(func(id, asked string) bool { return len(asked) > 6 && strings.HasPrefix(id, asked[:7]) })
		},
	},
	fault{
		name:   "the shop changes the case of order IDs",
		source: "https://github.com/wechatpay-apiv3/wechatpay-php/issues/114",
		found:  "paying nine of ten orders marks only those nine paid",
		plant: func(s *smallShop) {
			s.orderID = func(m message) string { return strings.ToLower(m.text("order_id")) }
		},
	},
	fault{
		name:   "the shop sends its display number to the gateway but looks for its internal ID",
		source: "https://github.com/conedevelopment/simplepay-gateway/issues/100",
		found:  "paying nine of ten orders marks only those nine paid",
		plant: func(s *smallShop) {
			s.sends(func(o *order, p *ecomtrade24.SessionParams) { p.OrderID = "2026-" + o.id })
			s.namesOrders(func(id string) string { return strings.TrimPrefix(id, "2026-") })
		},
	},
)

// finds is a find step that compares order IDs by a rule of its own.
func finds(same func(id, asked string) bool) func(*smallShop) {
	return func(s *smallShop) { s.find = matching(same) }
}

// matching finds the exact order, or else the first one that is the same by that rule.
func matching(same func(id, asked string) bool) func(t *tables, m message) *order {
	return func(t *tables, m message) *order {
		asked := m.text("order_id")
		for _, o := range t.all() {
			if same(o.id, asked) {
				return o
			}
		}
		return nil
	}
}

func numbered(format string) func(t *tables) string {
	return func(t *tables) string {
		t.numbers["orders"]++
		return fmt.Sprintf(format, t.numbers["orders"])
	}
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// cast is PHP's (int).
func cast(s string) int {
	end := 0
	for end < len(s) && '0' <= s[end] && s[end] <= '9' {
		end++
	}
	n, _ := strconv.Atoi(s[:end])
	return n
}
