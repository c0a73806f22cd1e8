package exam

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const byteForByte = "Compare order IDs and statuses byte for byte, also in the database; currencies without case."

// nearOrderIDs are payments for an order ID that nearly is another.
func nearOrderIDs() []Scenario {
	return advised(byteForByte,
		nearly("an order ID in another case pays nothing", swapCase),
		nearly("an order ID with a space behind it pays nothing", func(id string) string { return id + " " }),
		nearly("an order ID with a space before it pays nothing", func(id string) string { return " " + id }),
		nearly("an order ID with a line break behind it pays nothing", func(id string) string { return id + "\n" }),
		nearly("an order ID with leading zeros pays nothing", leadingZero),
		nearly("an order ID that is a prefix pays nothing", func(id string) string { return id[:len(id)-1] }),
		nearly("an order ID that is longer pays nothing", func(id string) string { return id + "0" }),
		nearly("an order ID with a suffix pays nothing", func(id string) string { return id + "-2" }),
		nearly("an order ID with % pays nothing", func(id string) string { return id[:len(id)-1] + "%" }),
		nearly("an order ID with _ pays nothing", func(id string) string { return id[:len(id)-1] + "_" }),
		nearly("an order ID with * pays nothing", func(id string) string { return id[:len(id)-1] + "*" }),
		nearly("the digits of an order ID pay nothing", digits),
		nearly("the digits of an order ID in a text pay nothing", func(id string) string {
			return "refund of " + digits(id) + " of 2026"
		}),
		nearly("an order ID inside a text pays nothing", func(id string) string { return "copy of " + id }),
		nearly("an order ID with a NUL behind it pays nothing", func(id string) string { return id + "\x00" }),
		nearly("an order ID in full-width letters pays nothing", fullWidth),
		nearly("an order ID with a quote and a comment behind it pays nothing", func(id string) string {
			return id + "' -- "
		}),
		nearly("an order ID with an accent pays nothing", accented),
		nearly("an order ID as a decimal pays nothing", func(id string) string { return id + ".0" }),
		nearly("a list of order IDs pays nothing", func(id string) string { return id + ",ANOTHER" }),
		nearly("an order ID with ? pays nothing", func(id string) string { return id[:len(id)-1] + "?" }),
		nearly("an order ID without its punctuation pays nothing", strings.NewReplacer("-", "", "_", "", ".", "").Replace),
		nearly("a percent-encoded order ID pays nothing", func(id string) string {
			return fmt.Sprintf("%%%02X%s", id[0], id[1:])
		}),
		nearly("an HTML-encoded order ID pays nothing", func(id string) string {
			return fmt.Sprintf("&#%d;%s", id[0], id[1:])
		}),
		nearly("an order ID with a backslash pays nothing", func(id string) string { return id[:1] + `\` + id[1:] }),
		nearby("an order ID beside a separator pays nothing", "ID:2", "ID_2", "ID/2", "ID|2", "ID#2", "ID~2", "2/ID", "2:ID"),
		nearby("an order ID with what a clean-up removes pays nothing",
			"\ufeffID", "ID\u200b", "\tID", "ID\t", "<b>ID</b>", "#ID"),
	)
}

// nearStatuses are statuses and currencies that nearly are another.
func nearStatuses() []Scenario {
	return advised(byteForByte,
		plain("nine of ten orders in a row are paid, each under its own ID", func(x *exam, first ecomtrade24.Payment) {
			others := x.others(9)
			for _, p := range others {
				x.pays(p)
			}
			x.unpaid(first)
			for _, p := range others {
				x.paid(p)
			}
		}).fix("Give the gateway an order ID that you find again letter for letter, and keep it as text."),
		plain("usd is USD", func(x *exam, p ecomtrade24.Payment) {
			x.happens(p, paying(func(p *ecomtrade24.Payment) { p.Currency = strings.ToLower(p.Currency) }))
			x.paid(p)
		}).fix("Payment.Settles compares currencies without regard to case."),
		ignored("PAİD is not paid", paying(becomes("PAİD"))),
		ignored("paıd is not paid", paying(becomes("paıd"))),
		ignored("paid in full-width letters is not paid", paying(becomes("ｐａｉｄ"))),
		ignored("paid with an invisible letter is not paid", paying(becomes("paid\u200b"))),
		ignored("paid with a no-break space is not paid", paying(becomes("\u00a0paid"))),
		ignored("paid with a Cyrillic letter is not paid", paying(becomes("pаid"))),
		ignored("unpaid is not paid", paying(becomes("unpaid"))),
		ignored("not_paid is not paid", paying(becomes("not_paid"))),
	)
}

// nearly is a payment for an order whose ID looks like the shop's own. The shop knows no such order.
func nearly(name string, near func(id string) string) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		id := near(p.OrderID)
		if id == p.OrderID || id == "" {
			x.skip("the shop's order IDs, such as %s, have no such spelling", quoted(p.OrderID))
		}
		x.says(x.foreign(p, orderID(id)))
		x.unpaid(p)
	})
}

// nearby is nearly, in several patterns: ID stands for the order's own.
func nearby(name string, patterns ...string) Scenario {
	return nonePays(name, patterns, func(x *exam, p ecomtrade24.Payment, pattern string) {
		x.says(x.foreign(p, orderID(strings.Replace(pattern, "ID", p.OrderID, 1))))
	})
}

// foreign is a payment in a session of another shop, for the same amount: nothing in it is known here.
func (x *exam) foreign(p ecomtrade24.Payment, c change) ecomtrade24.Payment {
	x.shop.buying.Lock()
	defer x.shop.buying.Unlock()
	err := x.gateway.Open(x.ctx, ecomtrade24.SessionParams{
		Domain: p.Domain, Amount: p.Amount, Currency: p.Currency, OrderID: "ANOTHER-SHOPS", CustomerEmail: p.CustomerEmail,
	})
	if err != nil {
		x.unfit("the gateway makes no session for %s %s: %v", p.Amount, p.Currency, err)
	}
	all := x.gateway.Sessions()
	return x.gateway.EditPayment(all[len(all)-1].SessionID, paying(c))
}

func orderID(id string) change { return func(p *ecomtrade24.Payment) { p.OrderID = id } }

func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s)
}

// accented is an order ID with accents, which some collations ignore.
func accented(id string) string {
	with := strings.NewReplacer(
		"O", "Ö", "o", "ö", "A", "Ä", "a", "ä", "e", "é", "E", "É", "u", "ü", "U", "Ü", "n", "ñ", "N", "Ñ",
	).Replace(id)
	if with == id {
		with += "\u0301" // an accent on the last character
	}
	return with
}

var lastNumber = regexp.MustCompile(`\d+$`)

func leadingZero(id string) string {
	if lastNumber.MatchString(id) {
		return lastNumber.ReplaceAllStringFunc(id, func(n string) string { return "0" + n })
	}
	return "0" + id
}

func digits(id string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, id)
}

func fullWidth(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r <= '~' {
			return r + 0xfee0
		}
		return r
	}, s)
}
