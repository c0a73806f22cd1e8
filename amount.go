package ecomtrade24

import (
	"cmp"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Amount is an exact sum of money in major units, written as a decimal literal: "49.95". It is never a float.
// A valid amount is digits, or digits, a point and digits: no sign, exponent, spaces or separators.
// The zero value is not a valid amount. In SQL it is read from and written to NUMERIC, DECIMAL and TEXT columns.
type Amount string

// AmountFromMinor writes a sum given in minor units, such as cents, as an Amount: AmountFromMinor(4995, 2) is
// "49.95". exp is the number of decimal places, 0 to 18; outside of that, or for a negative sum, the result is not a
// valid Amount, which CreateSession refuses.
func AmountFromMinor(minor int64, exp int) Amount {
	if exp < 0 || exp > 18 {
		return ""
	}
	digits, sign := strconv.FormatInt(minor, 10), ""
	if minor < 0 {
		digits, sign = digits[1:], "-"
	}
	if exp == 0 {
		return Amount(sign + digits)
	}
	if missing := exp + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - exp
	return Amount(sign + digits[:point] + "." + digits[point:])
}

// Valid reports whether the amount is a decimal literal. Zero is valid, but a session needs more than zero.
func (a Amount) Valid() bool {
	_, _, ok := a.split()
	return ok
}

// Cmp compares by value: -1 if a is less than b, 0 if they are equal, +1 if a is more. It is exact at any length.
// An invalid amount sorts before every valid one, so that it never seems enough; two invalid ones compare as text.
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
	case len(aWhole) < len(bWhole):
		return -1
	case len(aWhole) > len(bWhole):
		return 1
	case aWhole != bWhole:
		return strings.Compare(aWhole, bWhole)
	default:
		return strings.Compare(aFraction, bFraction)
	}
}

// Equal reports whether both are the same sum: "49.9" equals "49.90". An invalid amount equals only the same text, so
// check Valid as well where money depends on it, as Payment.Settles does.
func (a Amount) Equal(b Amount) bool { return a.Cmp(b) == 0 }

// Minor returns the sum in minor units: Amount("49.95").Minor(2) is 4995. It never rounds: an amount with more
// decimal places than exp, an invalid one, or one beyond int64 is an error.
func (a Amount) Minor(exp int) (int64, error) {
	whole, fraction, ok := a.split()
	switch {
	case !ok:
		return 0, errors.New("ecomtrade24: amount: not a decimal literal such as 49.95")
	case exp < 0 || exp > 18:
		return 0, errors.New("ecomtrade24: amount: the number of decimal places must be 0 to 18")
	case len(fraction) > exp:
		return 0, errors.New("ecomtrade24: amount: more decimal places than the currency has; it would have to be rounded")
	}
	minor, err := strconv.ParseInt("0"+whole+fraction+strings.Repeat("0", exp-len(fraction)), 10, 64)
	if err != nil {
		return 0, errors.New("ecomtrade24: amount: too large for int64 minor units")
	}
	return minor, nil
}

// Scan reads an amount in major units from a SQL column, exactly: from text, as drivers give NUMERIC, DECIMAL and TEXT
// columns, or from a whole number. A float64 is an error, since it is not exact: SQLite has no decimal type, so declare
// the column TEXT there. Text that is not a valid amount and NULL are errors too: scan a column that may be NULL into a
// sql.Null[Amount]. Do not scan a column of integer minor units: read an int64 and call AmountFromMinor.
func (a *Amount) Scan(src any) error {
	var read Amount
	switch v := src.(type) {
	case string:
		read = Amount(v)
	case []byte:
		read = Amount(v)
	case int64:
		read = AmountFromMinor(v, 0)
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

// Value gives the amount to a SQL column as its decimal text, which fits NUMERIC, DECIMAL and TEXT. An amount that is
// not valid, the empty one included, is an error: write NULL with a sql.Null[Amount].
func (a Amount) Value() (driver.Value, error) {
	if !a.Valid() {
		return nil, errors.New("ecomtrade24: amount: value: not a decimal literal such as 49.95: write NULL with a " +
			"sql.Null[ecomtrade24.Amount]")
	}
	return string(a), nil
}

// split returns the digits before and after the point without the zeros that carry no value.
func (a Amount) split() (whole, fraction string, ok bool) {
	whole, fraction, point := strings.Cut(string(a), ".")
	if !digits(whole) || point && !digits(fraction) {
		return "", "", false
	}
	return strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0"), true
}

// canonical returns the same text for all valid amounts of the same value, and an invalid one as it is.
func (a Amount) canonical() string {
	whole, fraction, ok := a.split()
	switch {
	case !ok:
		return string(a)
	case fraction == "":
		return cmp.Or(whole, "0")
	default:
		return cmp.Or(whole, "0") + "." + fraction
	}
}

// digits reports whether s is one or more of 0 to 9.
func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
