package exam

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const byteForByte = "Compare order IDs and statuses byte for byte, also in the database. " +
	"Ignore the letter case only in currencies."

// nearOrderIDs returns scenarios with a payment whose order ID is similar to the shop's order ID.
func nearOrderIDs() []Scenario {
	return advised(byteForByte,
		nearly("an order ID in another letter case does not match", swapCase),
		nearly("an order ID with a trailing space does not match", func(id string) string { return id + " " }),
		nearly("an order ID with a leading space does not match", func(id string) string { return " " + id }),
		nearly("an order ID with a trailing line break does not match", func(id string) string { return id + "\n" }),
		nearly("an order ID with leading zeros does not match", leadingZero),
		nearly("the beginning of an order ID alone does not match", func(id string) string { return id[:len(id)-1] }),
		nearly("an order ID with an extra digit does not match", func(id string) string { return id + "0" }),
		nearly("an order ID with a suffix does not match", func(id string) string { return id + "-2" }),
		nearly("an order ID with a % wildcard does not match", func(id string) string { return id[:len(id)-1] + "%" }),
		nearly("an order ID with a _ wildcard does not match", func(id string) string { return id[:len(id)-1] + "_" }),
		nearly("an order ID with a * wildcard does not match", func(id string) string { return id[:len(id)-1] + "*" }),
		nearly("the digits of an order ID alone do not match", digits),
		nearly("the digits of an order ID inside other text do not match", func(id string) string {
			return "refund of " + digits(id) + " of 2026"
		}),
		nearly("an order ID inside other text does not match", func(id string) string { return "copy of " + id }),
		nearly("an order ID with a trailing NUL does not match", func(id string) string { return id + "\x00" }),
		nearly("an order ID in full-width letters does not match", fullWidth),
		nearly("an order ID with an SQL injection does not match", func(id string) string {
			return id + "' -- "
		}),
		nearly("an order ID with an accent does not match", accented),
		nearly("an order ID written as a decimal number does not match", func(id string) string { return id + ".0" }),
		nearly("a list of order IDs does not match", func(id string) string { return id + ",ANOTHER" }),
		nearly("an order ID with a ? wildcard does not match", func(id string) string { return id[:len(id)-1] + "?" }),
		nearly("an order ID without its punctuation does not match", strings.NewReplacer("-", "", "_", "", ".", "").Replace),
		nearly("a percent-encoded order ID does not match", func(id string) string {
			return fmt.Sprintf("%%%02X%s", id[0], id[1:])
		}),
		nearly("an HTML-encoded order ID does not match", func(id string) string {
			return fmt.Sprintf("&#%d;%s", id[0], id[1:])
		}),
		nearly("an order ID with a backslash does not match", func(id string) string { return id[:1] + `\` + id[1:] }),
		nearby("an order ID with a separator does not match", "ID:2", "ID_2", "ID/2", "ID|2", "ID#2", "ID~2", "2/ID", "2:ID"),
		nearby("an order ID with tags or invisible characters does not match",
			"\ufeffID", "ID\u200b", "\tID", "ID\t", "<b>ID</b>", "#ID"),
	)
}

// nearStatuses returns scenarios with statuses and currencies that are similar to the real ones.
func nearStatuses() []Scenario {
	return advised(byteForByte,
		plain("paying nine of ten orders marks only those nine paid", func(x *exam, first ecomtrade24.Payment) {
			others := x.others(9)
			for _, p := range others {
				x.pays(p)
			}
			x.unpaid(first)
			for _, p := range others {
				x.paid(p)
			}
		}).fix("Send the gateway the exact order ID that you look up later, and store it as text."),
		right("the currency usd matches USD", func(p *ecomtrade24.Payment) {
			p.Currency = strings.ToLower(p.Currency)
		}).fix("Use Payment.Settles, which ignores the letter case of currencies."),
		ignored("a webhook with status PAİD does not mark the order paid", paying(becomes("PAİD"))),
		ignored("a webhook with status paıd does not mark the order paid", paying(becomes("paıd"))),
		ignored("a webhook with status paid in full-width letters does not mark the order paid", paying(becomes("ｐａｉｄ"))),
		ignored("a webhook with status paid plus an invisible character does not mark the order paid",
			paying(becomes("paid\u200b"))),
		ignored("a webhook with status paid plus a no-break space does not mark the order paid",
			paying(becomes("\u00a0paid"))),
		ignored("a webhook with status paid spelled with a Cyrillic letter does not mark the order paid",
			paying(becomes("pаid"))),
		ignored("a webhook with status unpaid does not mark the order paid", paying(becomes("unpaid"))),
		ignored("a webhook with status not_paid does not mark the order paid", paying(becomes("not_paid"))),
	)
}

// The helper nearly returns a scenario with a payment for an order ID that is similar to the shop's order ID, but does
// not exist in the shop.
func nearly(name string, near func(id string) string) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		id := near(p.OrderID)
		if id == p.OrderID || id == "" {
			x.skip("the shop's order IDs, such as %s, cannot be changed this way", quoted(p.OrderID))
		}
		x.says(x.foreign(p, orderID(id)))
		x.unpaid(p)
	})
}

// nearby is like nearly, but takes several patterns, in which ID stands for the order ID.
func nearby(name string, patterns ...string) Scenario {
	return nonePays(name, patterns, func(x *exam, p ecomtrade24.Payment, pattern string) {
		x.says(x.foreign(p, orderID(strings.Replace(pattern, "ID", p.OrderID, 1))))
	})
}

// The method foreign returns a payment of the same amount in another shop's session.
func (x *exam) foreign(p ecomtrade24.Payment, c change) ecomtrade24.Payment {
	x.shop.buying.Lock()
	defer x.shop.buying.Unlock()
	err := x.gateway.Open(x.ctx, ecomtrade24.SessionParams{
		Domain: p.Domain, Amount: p.Amount, Currency: p.Currency, OrderID: "ANOTHER-SHOPS", CustomerEmail: p.CustomerEmail,
	})
	if err != nil {
		x.unfit("the gateway created no session for %s %s: %v", p.Amount, p.Currency, err)
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

// accented returns an order ID with added accents, which some collations ignore.
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
