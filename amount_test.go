package ecomtrade24_test

import (
	"database/sql"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

func TestAmountFromMinor(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		minor    int64
		currency string
		want     ecomtrade24.Amount
	}{
		{4995, "USD", "49.95"},
		{5, "EUR", "0.05"},
		{0, "usd", "0.00"},
		{500, "JPY", "500"},
		{1500, "KWD", "1.500"},
		{1, "CLF", "0.0001"},
		{math.MaxInt64, "USD", "92233720368547758.07"},
	} {
		got, err := ecomtrade24.AmountFromMinor(row.minor, row.currency)
		require.NoError(t, err)
		assert.Equal(t, row.want, got)
		back, err := got.Minor(row.currency)
		require.NoError(t, err)
		assert.Equal(t, row.minor, back)
	}
	for currency, why := range map[string]string{"USDT": "not in ISO 4217", "": "not in ISO 4217"} {
		_, err := ecomtrade24.AmountFromMinor(1, currency)
		require.ErrorContains(t, err, why)
	}
	_, err := ecomtrade24.AmountFromMinor(-1, "USD")
	require.ErrorContains(t, err, "negative")
}

// The numbers of decimal places match ISO 4217.
func TestAmount_Minor_currencies(t *testing.T) {
	t.Parallel()
	for want, currencies := range map[int64]string{
		1:      "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF jpy",
		100:    "USD usd EUR UYU MGA MRU ZMW AED CNY",
		1_000:  "BHD IQD JOD KWD LYD OMR TND",
		10_000: "CLF UYW",
	} {
		for _, currency := range strings.Fields(currencies) {
			minor, err := ecomtrade24.Amount("1").Minor(currency)
			require.NoError(t, err, currency)
			assert.Equal(t, want, minor, currency)
		}
	}
	for _, unknown := range []string{"", "US", "USDT", "BTC", "D A", " US", "€", "ıS", "ſ", "\u212a", "AEDAFN", "XXX"} {
		_, err := ecomtrade24.Amount("1").Minor(unknown)
		require.ErrorContains(t, err, "not in ISO 4217", "%q", unknown)
	}
}

func TestAmount_Valid(t *testing.T) {
	t.Parallel()
	for _, a := range []ecomtrade24.Amount{"0", "1", "49.95", "007", "0.00000001", "123456789012345678901234567890.1"} {
		assert.True(t, a.Valid(), a)
	}
	for _, a := range []ecomtrade24.Amount{
		"", ".", ".5", "5.", "1.2.3", "-1", "+1", "1e2", "1,50", " 1", "1 ", "0x1", "NaN", "١", "1\x00",
	} {
		assert.False(t, a.Valid(), a)
		assert.Empty(t, cmp.Diff(a, a), "an amount must equal itself: %q", a)
		assert.False(t, a.Equal("0"), a)
		_, err := a.Minor("USD")
		require.Error(t, err, a)
	}
}

func TestAmount_Cmp(t *testing.T) {
	t.Parallel()
	rows := []struct {
		a, b ecomtrade24.Amount
		want int
	}{
		{"49.9", "49.90", 0},
		{"007", "7", 0},
		{"0", "0.000", 0},
		{"9", "10", -1},     // compared by value, not as text
		{"0.9", "0.10", 1},  // a longer fraction is not always larger
		{"1.05", "1.5", -1}, // zeros after the point are significant
		{"100000000000000000000.01", "100000000000000000000.02", -1}, // too large for a float64 and an int64
		{"", "0", -1},     // an invalid amount is less than any valid one
		{"1e9", "0", -1},  // an exponent is invalid
		{"0.01", "-5", 1}, // a sign is invalid
		{"a", "b", -1},    // invalid amounts still have a total order
	}
	for _, row := range rows {
		assert.Equal(t, row.want, row.a.Cmp(row.b), "%q against %q", row.a, row.b)
		assert.Equal(t, -row.want, row.b.Cmp(row.a), "%q against %q", row.b, row.a)
	}
	assert.True(t, ecomtrade24.Amount("49.9").Equal("49.90"))
	assert.False(t, ecomtrade24.Amount("49.9").Equal("49.91"))
}

func TestAmount_Minor(t *testing.T) {
	t.Parallel()
	rows := []struct {
		a    ecomtrade24.Amount
		in   string
		want int64
		why  string // a part of the error text; empty on success
	}{
		{"49.95", "USD", 4995, ""},
		{"49.9", "usd", 4990, ""},
		{"49.9500", "USD", 4995, ""}, // trailing zeros add no precision
		{"0.00", "USD", 0, ""},
		{"500", "JPY", 500, ""},
		{"500.00", "JPY", 500, ""},
		{"92233720368547758.07", "USD", math.MaxInt64, ""},
		{"92233720368547758.08", "USD", 0, "too large"},
		{"49.955", "USD", 0, "rounded"}, // Minor never rounds
		{"49.9", "JPY", 0, "rounded"},
		{"1", "USDT", 0, "not in ISO 4217"},
		{"1e2", "USD", 0, "decimal literal"},
	}
	for _, row := range rows {
		got, err := row.a.Minor(row.in)
		if row.why != "" {
			require.ErrorContains(t, err, row.why, row.a)
			continue
		}
		require.NoError(t, err, row.a)
		assert.Equal(t, row.want, got, row.a)
	}
}

func TestAmount_Scan(t *testing.T) {
	t.Parallel()
	for want, src := range map[ecomtrade24.Amount]any{
		"49.95":               "49.95",           // TEXT
		"49.9500":             []byte("49.9500"), // NUMERIC and DECIMAL
		"50":                  int64(50),         // a whole number in a NUMERIC column of SQLite
		"0":                   int64(0),
		"9223372036854775807": int64(math.MaxInt64),
		"90071992547409.93":   "90071992547409.93", // a float64 would change the digits
	} {
		got := ecomtrade24.Amount("before")
		require.NoError(t, got.Scan(src))
		assert.Equal(t, want, got)
	}
	for _, row := range []struct {
		src any
		why string
	}{
		{49.95, "declare it TEXT in SQLite"},
		{50.0, "float64"}, // a float64 is an error even if its value is exact
		{nil, "sql.Null[ecomtrade24.Amount]"},
		{int64(-1), "not hold a decimal literal"},
		{"", "not hold a decimal literal"},
		{"NaN", "not hold a decimal literal"},    // PostgreSQL's NUMERIC can hold NaN
		{"$49.95", "not hold a decimal literal"}, // PostgreSQL's money type
		{[]byte("-1.00"), "not hold a decimal literal"},
		{true, "is a bool"},
		{time.Time{}, "is a time.Time"},
	} {
		got := ecomtrade24.Amount("before")
		err := got.Scan(row.src)
		require.ErrorContains(t, err, "ecomtrade24: amount: scan: the column ", "%v", row.src)
		require.ErrorContains(t, err, row.why, "%v", row.src)
		assert.Equal(t, ecomtrade24.Amount("before"), got, "unchanged")
	}
}

func TestAmount_Scan_copies(t *testing.T) {
	t.Parallel()
	buffer := []byte("49.95")
	var got ecomtrade24.Amount
	require.NoError(t, got.Scan(buffer))
	copy(buffer, "00000") // the driver reuses its buffer
	assert.Equal(t, ecomtrade24.Amount("49.95"), got)
}

func TestAmount_Value(t *testing.T) {
	t.Parallel()
	got, err := ecomtrade24.Amount("49.950").Value()
	require.NoError(t, err)
	assert.Equal(t, "49.950", got)
	for _, a := range []ecomtrade24.Amount{"", "-1", "1e2", "NaN"} {
		got, err := a.Value()
		require.ErrorContains(t, err, "ecomtrade24: amount: value: ")
		assert.Nil(t, got)
	}
	got, err = sql.Null[ecomtrade24.Amount]{}.Value()
	require.NoError(t, err)
	assert.Nil(t, got, "NULL")
	var null sql.Null[ecomtrade24.Amount]
	require.NoError(t, null.Scan(nil))
	assert.False(t, null.Valid)
	require.NoError(t, null.Scan([]byte("49.95")))
	assert.Equal(t, sql.Null[ecomtrade24.Amount]{V: "49.95", Valid: true}, null)
}

// Converting minor units to an amount and back changes nothing, and comparisons do not depend on the spelling.
func FuzzAmount(f *testing.F) {
	f.Add("49.95", "49.950", int64(4995), "USD")
	f.Add("1e2", "-5", int64(-1), "jpy")
	f.Fuzz(func(t *testing.T, a, b string, minor int64, currency string) {
		x, y := ecomtrade24.Amount(a), ecomtrade24.Amount(b)
		require.Equal(t, x.Cmp(y), -y.Cmp(x))
		if x.Valid() {
			require.True(t, x.Equal("0"+x))
		}
		from, err := ecomtrade24.AmountFromMinor(minor, currency)
		_, unknown := ecomtrade24.Amount("0").Minor(currency)
		require.Equal(t, minor >= 0 && unknown == nil, err == nil)
		require.Equal(t, err == nil, from.Valid())
		if err == nil {
			back, err := from.Minor(currency)
			require.NoError(t, err)
			require.Equal(t, minor, back)
		}
	})
}

// Equal amounts have the same canonical text, and an invalid amount keeps its text.
func TestAmount_Canonical(t *testing.T) {
	t.Parallel()
	for amount, want := range map[ecomtrade24.Amount]ecomtrade24.Amount{
		"49.95": "49.95", "049.950": "49.95", "50.00": "50", "50": "50", "0.10": "0.1", "00.00": "0", "0": "0", "": "",
		"1e3": "1e3", "-1.00": "-1.00", "1.": "1.", ".5": ".5", "9007199254740993.010": "9007199254740993.01",
	} {
		assert.Equal(t, want, amount.Canonical())
		assert.True(t, amount.Equal(want))
		assert.Equal(t, want, want.Canonical())
	}
}
