package wire_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
)

// value returns a piece of JSON as a Value, which is absent if text is empty.
func value(t *testing.T, text string) wire.Value {
	t.Helper()
	if text == "" {
		return wire.Value{}
	}
	o, err := wire.Parse([]byte(`{"v":` + text + `}`))
	require.NoError(t, err, text)
	return o.Member("v")
}

func TestValue_Text(t *testing.T) {
	t.Parallel()
	rows := map[string]string{
		`"paid"`:                    "paid",
		`""`:                        "",
		`"https:\/\/pay.example\/"`: "https://pay.example/",
		`"caf\u00e9 \"x\" \\"`:      `café "x" \`,
		`"\ud83d\ude00"`:            "😀",
		"\"\xff\"":                  "\ufffd", // invalid UTF-8 is replaced, as in encoding/json
		`12345`:                     "12345",
		`10.50`:                     "10.50", // the digits stay unchanged
		`1.0e-5`:                    "1.0e-5",
		`-0`:                        "-0",
		`null`:                      "",
	}
	for v, want := range rows {
		got, ok := value(t, v).Text()
		assert.True(t, ok, v)
		assert.Equal(t, want, got, v)
	}
	for _, v := range []string{`true`, `false`, `{}`, `[]`, ``} {
		_, ok := value(t, v).Text()
		assert.False(t, ok, v)
	}
}

func TestValue_Given(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]struct {
		given bool
		id    string
		ok    bool
	}{
		``: {false, "", true}, `null`: {false, "", true}, `false`: {false, "", true}, `""`: {false, "", true},
		`0`: {true, "", true}, `"0"`: {true, "", true}, // 0 is a possible amount but not an ID
		`7`: {true, "7", true}, `"00"`: {true, "00", true}, `0.0`: {true, "0.0", true},
		`"false"`: {true, "false", true}, `" "`: {true, " ", true},
		`true`: {true, "", false}, `{}`: {true, "", false}, `[]`: {true, "", false},
	} {
		assert.Equal(t, want.given, value(t, v).Given(), v)
		id, ok := value(t, v).ID()
		assert.Equal(t, want.ok, ok, v)
		assert.Equal(t, want.id, id, v)
	}
}

func TestStorable(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"a":"\u0000"}`:                     "{\"a\":\"\ufffd\"}",
		`{"\u0000":"x\u0000\u0000"}`:         "{\"\ufffd\":\"x\ufffd\ufffd\"}",
		`{"a":"\\u0000"}`:                    `{"a":"\\u0000"}`, // an escaped backslash and letters, not a NUL
		`{"a":"\\\u0000"}`:                   "{\"a\":\"\\\\\ufffd\"}",
		`{"a":"\ud83d"}`:                     "{\"a\":\"\ufffd\"}",
		`{"a":"\ude00\ud83d"}`:               "{\"a\":\"\ufffd\ufffd\"}",
		`{"a":"\ud83d\ude00 caf\u00E9\/\n"}`: `{"a":"\ud83d\ude00 caf\u00E9\/\n"}`,
		"{\"a\":\"\xff\"}":                   "{\"a\":\"\ufffd\"}",
		`{"a":"plain é"}`:                    `{"a":"plain é"}`,
	} {
		storable, changed := wire.Storable([]byte(raw))
		assert.Equal(t, want, string(storable), raw)
		assert.Equal(t, want != raw, changed, raw)
	}
}

func TestValue_Bool(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]bool{
		`true`: true, `1`: true, `"1"`: true, `"true"`: true,
		`false`: false, `0`: false, `"0"`: false, `"false"`: false, `""`: false, `null`: false,
	} {
		got, ok := value(t, v).Bool()
		assert.True(t, ok, v)
		assert.Equal(t, want, got, v)
	}
	for _, v := range []string{`"yes"`, `2`, `1.0`, `{}`, `[]`, ``} {
		got, ok := value(t, v).Bool()
		assert.False(t, ok, v)
		assert.False(t, got, v)
	}
}

func TestValue_Time(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 11, 22, 6, 15, 57, 0, time.UTC)
	for _, v := range []string{
		`"2026-11-22 06:15:57"`, // no zone: UTC
		`"2026-11-22T06:15:57Z"`, `"2026-11-22T06:15:57+00:00"`, `"2026-11-22T07:15:57+01:00"`,
		`"2026-11-22T07:15:57+0100"`, // PHP's DATE_ISO8601
	} {
		got := value(t, v).Time()
		assert.Empty(t, cmp.Diff(want, got), v)
		assert.Equal(t, time.UTC, got.Location(), v)
	}
	for _, v := range []string{`null`, `""`, `"0000-00-00 00:00:00"`, `1763792157`, `"soon"`, `{}`, ``} {
		assert.True(t, value(t, v).Time().IsZero(), v)
	}
}

// TestValue_Map reads each value twice: as the event's metadata, which Parse reads into a map, and as any other member.
func TestValue_Map(t *testing.T) {
	t.Parallel()
	rows := map[string]map[string]string{
		`{"color":"red","size":42,"gift":true,"note":null}`: {"color": "red", "size": "42", "gift": "true", "note": ""},
		`{"a":{"x":1},"b":[1],"c":false}`:                   {"c": "false"}, // nested values are left out
		`{"a":1,"\u0061":"caf\u00e9","b":"\/"}`:             {"a": "café", "b": "/"},
		`{}`:                                                nil,
		`[]`:                                                nil, // PHP's empty map
		`{"x":{}}`:                                          nil,
		`["a","b"]`:                                         {"0": "a", "1": "b"},
		`[ [1] , "b" ]`:                                     {"1": "b"},
		`null`:                                              nil,
		`"x"`:                                               nil,
		`7`:                                                 nil,
	}
	for v, want := range rows {
		assert.Empty(t, cmp.Diff(want, value(t, v).Map()), v)
		o, err := wire.Parse([]byte(`{"meta":` + v + `}`))
		require.NoError(t, err)
		assert.Empty(t, cmp.Diff(want, o.Member("meta").Map()), v)
		assert.Equal(t, value(t, v).Kind(), o.Member("meta").Kind())
	}
	assert.Nil(t, wire.Value{}.Map())
}

func TestValue_Items(t *testing.T) {
	t.Parallel()
	var got []string
	for _, item := range value(t, `[ "a" , {"]":[1]},[],2 ]`).Items() {
		text, _ := item.Text()
		got = append(got, item.Kind()+" "+text)
	}
	assert.Equal(t, []string{"a string a", "an object ", "a list ", "a number 2"}, got)
	for _, v := range []string{`[]`, `[ ]`, `{}`, `{"a":1}`, ``} {
		assert.Empty(t, value(t, v).Items(), v)
	}
}

func TestFields_keepsTheFirstError(t *testing.T) {
	t.Parallel()
	var f wire.Fields
	var text string
	var truth bool
	f.Text(&text, "order_id", value(t, `7`))
	f.Bool(&truth, "test", value(t, `"1"`))
	require.NoError(t, f.Err())
	assert.Equal(t, "7", text)
	assert.True(t, truth)

	f.Text(&text, "amount", value(t, `{"secret":1}`))
	f.Bool(&truth, "test", value(t, `"maybe"`))
	require.EqualError(t, f.Err(), "amount is an object, want text")
	assert.Equal(t, "7", text, "unchanged")
}

func TestValue_Kind(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]string{
		`""`: "a string", `{}`: "an object", `[]`: "a list", `true`: "a boolean", `false`: "a boolean",
		`null`: "null", `-1`: "a number",
	} {
		assert.Equal(t, want, value(t, v).Kind())
		assert.Equal(t, v == `null`, value(t, v).IsNull(), v)
		assert.Equal(t, v == `[]`, value(t, v).IsList(), v)
		_, object := value(t, v).Object()
		assert.Equal(t, v == `{}`, object, v)
	}
	assert.True(t, wire.Value{}.IsNull(), "an absent value is null")
}

func TestFlaw(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "12345": "", "a b": "", "ORDER-ä": "",
		" 1": "white space", "1\u00a0": "white space", "1\n": "control characters", "1\x002": "control characters",
		"1\u0085": "control characters", "\xff": "UTF-8",
	} {
		flaw := wire.Flaw(text)
		assert.Contains(t, flaw, want, "%q", text)
		assert.Equal(t, want == "", flaw == "", "%q", text)
	}
}
