package shoptest_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// letterFaults are bugs in comparing texts that are almost the same.
var letterFaults = []fault{
	bug("the shop puts an unescaped order ID into SQL",
		"an order ID with an SQL injection does not match", finds(func(id, asked string) bool {
			before, _, _ := strings.Cut(asked, "' --")
			return id == before
		})),
	bug("the shop rejects a currency in lowercase",
		"the currency usd matches USD", currencies(func(got, due string) bool { return got == due })),
	bug("the shop lowercases only one side of the currency comparison",
		"the currency usd matches USD", currencies(func(got, due string) bool { return strings.ToLower(got) == due })).
		reported("https://github.com/awesomemotive/easy-digital-downloads/issues/2737"),
	bug("the shop lowercases the status by Unicode's rules, so PAİD becomes paid",
		"a webhook with status PAİD does not mark the order paid",
		pays(func(status string) bool { return strings.ToLower(status) == "paid" })),
	bug("the shop trims every kind of Unicode space from the status",
		"a webhook with status paid plus a no-break space does not mark the order paid",
		pays(func(status string) bool { return strings.TrimSpace(status) == "paid" })),
	bug("the shop removes everything except letters from the status",
		"a webhook with status paid plus an invisible character does not mark the order paid",
		pays(func(status string) bool { return regexp.MustCompile(`[^a-z]`).ReplaceAllString(status, "") == "paid" })),
	bug("the shop ignores letter case when it compares order IDs",
		"an order ID in another letter case does not match", finds(strings.EqualFold)).
		reported("https://github.com/csob/paymentgateway/issues/245"),
	bug("the shop ignores spaces around an order ID",
		"an order ID with a leading space does not match",
		finds(func(id, asked string) bool { return id == strings.TrimSpace(asked) })).
		also("an order ID with a trailing space does not match", "an order ID with a trailing line break does not match"),
	bug("the shop ignores accents in an order ID, like some collations",
		"an order ID with an accent does not match", finds(func(id, asked string) bool {
			return id == strings.NewReplacer("é", "e", "è", "e", "ë", "e", "Ö", "O", "Ó", "O", "ō", "o").Replace(asked)
		})),
	bug("the shop compares only the digits of an order ID",
		"an order ID inside other text does not match",
		finds(func(id, asked string) bool { return digits(asked) != "" && digits(id) == digits(asked) })).
		reported("https://github.com/btcpayserver/btcpayserver/issues/1446").
		also("an order ID with a trailing NUL does not match", "a list of order IDs does not match"),
	bug("the shop casts order IDs to integers",
		"paying nine of ten orders marks only those nine paid", func(s *smallShop) {
			s.newID = numbered("2017/06/05-%d")
			s.find = matching(func(id, asked string) bool { return cast(id) == cast(asked) })
		}).reported("https://github.com/clerkio/clerk-magento/issues/43").
		also("an order ID with a * wildcard does not match"),
	bug("the shop reads an order ID with leading zeros as octal",
		"paying nine of ten orders marks only those nine paid", func(s *smallShop) {
			s.newID = numbered("%05d")
			s.find = matching(func(id, asked string) bool {
				n, err := strconv.ParseInt(asked, 0, 64)
				return err == nil && strconv.FormatInt(n, 10) == strings.TrimLeft(id, "0")
			})
		}).reported("https://github.com/btcpayserver/btcpayserver/issues/2906"),
	bug("the shop drops leading zeros of an order ID",
		"an order ID with leading zeros does not match", func(s *smallShop) {
			s.newID = numbered("%d")
			s.find = matching(func(id, asked string) bool { return id == strings.TrimLeft(asked, "0") })
		}).reported("https://github.com/hobex/magento2-qcp/pull/23"),
	bug("the shop treats % and _ in an order ID as wildcards",
		"an order ID with a % wildcard does not match", finds(func(id, asked string) bool {
			like := strings.NewReplacer("%", ".*", "_", ".").Replace(regexp.QuoteMeta(asked))
			return regexp.MustCompile("^(?s:" + like + ")$").MatchString(id)
		})).reported("https://github.com/alphagov/pay-connector/pull/232").
		also("an order ID with a _ wildcard does not match"),
	bug("the shop accepts a part of an order ID",
		"the digits of an order ID alone do not match", finds(func(id, asked string) bool {
			return asked != "" && strings.Contains(strings.ToLower(id), strings.ToLower(asked))
		})).reported("https://github.com/alphagov/pay-connector/pull/1667").
		also("the beginning of an order ID alone does not match"),
	bug("the shop accepts an order ID with a suffix",
		"an order ID with a suffix does not match",
		finds(func(id, asked string) bool { return strings.HasPrefix(asked, id) })).
		also("an order ID with an extra digit does not match"),
	bug("the shop compares only the first characters of an order ID",
		"paying nine of ten orders marks only those nine paid", func(s *smallShop) {
			s.newID = numbered("ORDER-%07d")
			s.find = matching(func(id, asked string) bool { return len(asked) > 6 && strings.HasPrefix(id, asked[:7]) })
		}).reported("https://github.com/craftcms/commerce/issues/4050"),
	bug("the shop changes the case of order IDs",
		"paying nine of ten orders marks only those nine paid", func(s *smallShop) {
			s.orderID = func(m message) string { return strings.ToLower(m.text("order_id")) }
		}).reported("https://github.com/wechatpay-apiv3/wechatpay-php/issues/114"),
	bug("the shop sends the order's display number to the gateway but looks up the internal ID",
		"paying nine of ten orders marks only those nine paid", func(s *smallShop) {
			s.sends(func(o *order, p *ecomtrade24.SessionParams) { p.OrderID = "2026-" + o.id })
			s.namesOrders(func(id string) string { return strings.TrimPrefix(id, "2026-") })
		}).reported("https://github.com/conedevelopment/simplepay-gateway/issues/100"),
}

// finds makes the shop compare order IDs with the function same.
func finds(same func(id, asked string) bool) func(*smallShop) {
	return func(s *smallShop) { s.find = matching(same) }
}

// matching returns a function that finds the first order for whose ID the function same returns true.
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

// cast converts a text to an integer like PHP's (int).
func cast(s string) int {
	end := 0
	for end < len(s) && '0' <= s[end] && s[end] <= '9' {
		end++
	}
	n, _ := strconv.Atoi(s[:end])
	return n
}
