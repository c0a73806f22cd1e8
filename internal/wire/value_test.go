package wire_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
)

func TestValue_Text(t *testing.T) {
	t.Parallel()
	rows := map[wire.Value]string{
		`"paid"`:                    "paid",
		`""`:                        "",
		`"https:\/\/pay.example\/"`: "https://pay.example/",
		`"caf\u00e9 \"x\" \\"`:      `café "x" \`,
		`"\ud83d\ude00"`:            "😀",
		"\"\xff\"":                  "\ufffd", // broken UTF-8 is mended as encoding/json mends it
		`12345`:                     "12345",
		`10.50`:                     "10.50", // digits as they came
		`1.0e-5`:                    "1.0e-5",
		`-0`:                        "-0",
		`null`:                      "",
	}
	for v, want := range rows {
		got, ok := v.Text()
		assert.True(t, ok, v)
		assert.Equal(t, want, got, v)
	}
	for _, v := range []wire.Value{`true`, `false`, `{}`, `[]`, ``} {
		_, ok := v.Text()
		assert.False(t, ok, v)
	}
}

func TestValue_Bool(t *testing.T) {
	t.Parallel()
	for v, want := range map[wire.Value]bool{
		`true`: true, `1`: true, `"1"`: true, `"true"`: true,
		`false`: false, `0`: false, `"0"`: false, `"false"`: false, `""`: false, `null`: false,
	} {
		got, ok := v.Bool()
		assert.True(t, ok, v)
		assert.Equal(t, want, got, v)
	}
	for _, v := range []wire.Value{`"yes"`, `2`, `1.0`, `{}`, `[]`, ``} {
		got, ok := v.Bool()
		assert.False(t, ok, v)
		assert.False(t, got, v)
	}
}

func TestValue_Time(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 11, 22, 6, 15, 57, 0, time.UTC)
	for _, v := range []wire.Value{
		`"2026-11-22 06:15:57"`, // no zone: UTC
		`"2026-11-22T06:15:57Z"`, `"2026-11-22T06:15:57+00:00"`, `"2026-11-22T07:15:57+01:00"`,
	} {
		assert.Empty(t, cmp.Diff(want, v.Time()), v)
		assert.Equal(t, time.UTC, v.Time().Location(), v)
	}
	for _, v := range []wire.Value{`null`, `""`, `"0000-00-00 00:00:00"`, `1763792157`, `"soon"`, `{}`, ``} {
		assert.True(t, v.Time().IsZero(), v)
	}
}

func TestValue_Map(t *testing.T) {
	t.Parallel()
	rows := map[wire.Value]map[string]string{
		`{"color":"red","size":42,"gift":true,"note":null,"nested":{"x":1}}`: {"color": "red", "size": "42", "gift": "true", "note": ""},
		`{}`:        nil,
		`[]`:        nil, // PHP's empty map
		`["a","b"]`: {"0": "a", "1": "b"},
		`[[1],"b"]`: {"1": "b"},
		`null`:      nil,
		`"x"`:       nil,
	}
	for v, want := range rows {
		assert.Empty(t, cmp.Diff(want, v.Map()), v)
	}
}

func TestValue_Items(t *testing.T) {
	t.Parallel()
	var got []wire.Value
	for item := range wire.Value(`[ "a" , {"]":[1]},[],2 ]`).Items() {
		got = append(got, item)
	}
	assert.Equal(t, []wire.Value{`"a"`, `{"]":[1]}`, `[]`, `2`}, got)
	for _, v := range []wire.Value{`[]`, `[ ]`, `{}`, ``} {
		for item := range v.Items() {
			t.Errorf("%q has an item %q", v, item)
		}
	}
	for range wire.Value(`[1,2]`).Items() {
		break // a reader may stop
	}
}

func TestFields_keepsTheFirstError(t *testing.T) {
	t.Parallel()
	var f wire.Fields
	var text string
	var truth bool
	f.Text(&text, "order_id", `7`)
	f.Bool(&truth, "test", `"1"`)
	require.NoError(t, f.Err())
	assert.Equal(t, "7", text)
	assert.True(t, truth)

	f.Text(&text, "amount", `{"secret":1}`)
	f.Bool(&truth, "test", `"maybe"`)
	require.EqualError(t, f.Err(), "amount is an object, want text")
	assert.Equal(t, "7", text, "left as it was")
}

func TestValue_Kind(t *testing.T) {
	t.Parallel()
	for v, want := range map[wire.Value]string{
		`""`: "a string", `{}`: "an object", `[]`: "a list", `true`: "a boolean", `false`: "a boolean", `null`: "null", `-1`: "a number",
	} {
		assert.Equal(t, want, v.Kind())
	}
}
