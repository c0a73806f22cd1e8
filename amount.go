package ecomtrade24

import (
	"cmp"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Amount is an exact sum of money in major units, written as a decimal literal: "49.95". It is never a float. A valid
// amount is digits, optionally followed by a point and more digits: no sign, exponent, spaces or separators. The zero
// value is not a valid amount. Amount scans from and writes to NUMERIC, DECIMAL and TEXT columns in SQL.
type Amount string

// AmountFromMinor converts a sum in the currency's minor units, such as cents, to an Amount: AmountFromMinor(4995,
// "USD") is "49.95", and AmountFromMinor(4995, "JPY") is "4995". It returns an error if the sum is negative or if ISO
// 4217 does not list the currency, as with a stablecoin.
func AmountFromMinor(minor int64, currency string) (Amount, error) {
	exp, known := exponent(currency)
	switch {
	case !known:
		return "", errExponent
	case minor < 0:
		return "", errors.New("ecomtrade24: amount: a sum must not be negative")
	}
	digits := strconv.FormatInt(minor, 10)
	if exp == 0 {
		return Amount(digits), nil
	}
	digits = strings.Repeat("0", max(exp+1-len(digits), 0)) + digits
	point := len(digits) - exp
	return Amount(digits[:point] + "." + digits[point:]), nil
}

var errExponent = errors.New("ecomtrade24: amount: the currency is not in ISO 4217, so its decimal places are not " +
	"known: keep its sums as decimal text")

// currencies lists the ISO 4217 codes by their number of decimal places.
//
//nolint:gochecknoglobals // a constant in all but name
var currencies = [...]string{
	0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
	2: "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE " +
		"CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL " +
		"HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR " +
		"MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK " +
		"SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD " +
		"XCG YER ZAR ZMW ZWG",
	3: "BHD IQD JOD KWD LYD OMR TND",
	4: "CLF UYW",
}

// exponent returns a currency's number of decimal places in ISO 4217: 2 for USD, 0 for JPY, 3 for KWD. It ignores case.
// The result known is false if currency is not a current ISO 4217 code; a stablecoin's code is not.
func exponent(currency string) (exp int, known bool) {
	code := strings.ToUpper(currency)
	if len(currency) != 3 || len(code) != 3 || strings.Contains(code, " ") {
		return 0, false
	}
	for exp, codes := range currencies {
		if strings.Contains(codes, code) {
			return exp, true
		}
	}
	return 0, false
}

// Valid reports whether the amount is a decimal literal. Zero is valid, although a session's amount must be above zero.
func (a Amount) Valid() bool {
	_, _, ok := a.split()
	return ok
}

// Cmp compares two amounts by value and returns -1 if a is less than b, 0 if they are equal, +1 if a is more. The
// comparison is exact at any length. An invalid amount is less than every valid amount, so it never covers an amount
// due. Two invalid amounts compare as text.
func (a Amount) Cmp(b Amount) int {
	aWhole, aFraction, aOK := a.split()
	bWhole, bFraction, bOK := b.split()
	switch {
	case !aOK && !bOK:
		return strings.Compare(string(a), string(b))
	case !aOK:
		return -1
	case !bOK:
		return 1
	}
	return cmp.Or(cmp.Compare(len(aWhole), len(bWhole)), strings.Compare(aWhole, bWhole),
		strings.Compare(aFraction, bFraction))
}

// Equal reports whether a and b are the same sum: "49.9" equals "49.90". An invalid amount is equal only to an amount
// with the same text. If money depends on the result, check Valid too, as Payment.Settles does.
func (a Amount) Equal(b Amount) bool { return a.Cmp(b) == 0 }

// Minor returns the sum in the currency's minor units: Amount("49.95").Minor("USD") is 4995. It never rounds. It
// returns an error if the amount is invalid, has more decimal places than the currency or exceeds int64, or if the
// currency is not in ISO 4217.
func (a Amount) Minor(currency string) (int64, error) {
	whole, fraction, ok := a.split()
	exp, known := exponent(currency)
	switch {
	case !ok:
		return 0, errors.New("ecomtrade24: amount: not a decimal literal such as 49.95")
	case !known:
		return 0, errExponent
	case len(fraction) > exp:
		return 0, errors.New("ecomtrade24: amount: more decimal places than the currency has; it would have to be rounded")
	}
	minor, err := strconv.ParseInt("0"+whole+fraction+strings.Repeat("0", exp-len(fraction)), 10, 64)
	if err != nil {
		return 0, errors.New("ecomtrade24: amount: too large for int64 minor units")
	}
	return minor, nil
}

// Scan reads an amount in major units from a SQL column: from text, which drivers return for NUMERIC, DECIMAL and TEXT,
// or from an integer. A float64 is an error because it is not exact. SQLite has no decimal type, so declare the column
// TEXT there. Invalid text and NULL are errors too: scan a nullable column into a sql.Null[Amount]. Do not scan a
// column of integer minor units: read an int64 and call AmountFromMinor.
func (a *Amount) Scan(src any) error {
	var read Amount
	switch v := src.(type) {
	case string:
		read = Amount(v)
	case []byte:
		read = Amount(v)
	case int64:
		read = Amount(strconv.FormatInt(v, 10))
	case float64:
		return errors.New("ecomtrade24: amount: scan: the column is a float64, which is not exact: declare it TEXT in " +
			"SQLite, NUMERIC elsewhere, or keep integer minor units")
	case nil:
		return errors.New("ecomtrade24: amount: scan: the column is NULL: scan into a sql.Null[ecomtrade24.Amount]")
	default:
		return fmt.Errorf("ecomtrade24: amount: scan: the column is a %T: declare it NUMERIC or TEXT", src)
	}
	if !read.Valid() {
		return errors.New("ecomtrade24: amount: scan: the column does not hold a decimal literal such as 49.95")
	}
	*a = read
	return nil
}

// Value returns the amount as decimal text, which fits a NUMERIC, DECIMAL or TEXT column. An invalid or empty amount is
// an error: write NULL with a sql.Null[Amount].
func (a Amount) Value() (driver.Value, error) {
	if !a.Valid() {
		return nil, errors.New("ecomtrade24: amount: value: not a decimal literal such as 49.95: write NULL with a " +
			"sql.Null[ecomtrade24.Amount]")
	}
	return string(a), nil
}

// split returns the digits before and after the point, without leading or trailing zeros.
func (a Amount) split() (whole, fraction string, ok bool) {
	whole, fraction, point := strings.Cut(string(a), ".")
	if !digits(whole) || point && !digits(fraction) {
		return "", "", false
	}
	return strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0"), true
}

// Canonical returns the amount without leading and trailing zeros, so equal amounts have the same text: "49.9" for
// "049.90". It returns an invalid amount unchanged.
func (a Amount) Canonical() Amount {
	whole, fraction, ok := a.split()
	whole = cmp.Or(whole, "0")
	switch {
	case !ok:
		return a
	case fraction == "":
		return Amount(whole)
	default:
		return Amount(whole + "." + fraction)
	}
}

// digits reports whether s is not empty and has only the digits 0 to 9.
func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
