package wire_test

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
)

// values holds valid and almost valid JSON of each kind.
var values = []string{
	// Numbers.
	`0`, `-0`, `1`, `-1`, `10`, `123456789012345678901234567890`, `0.5`, `-0.0`, `1.50`, `1e2`, `1E+2`, `1e-0`,
	`0e0`, `0.1e01`,
	`-`, `+1`, `01`, `-01`, `00`, `1.`, `.5`, `-.5`, `1.e2`, `1e`, `1e+`, `1E-`, `1.5.5`, `1e2.5`, `1e2e3`,
	`0x1`, `1_000`, `1a`, `- 1`,
	`NaN`, `Infinity`, `-Infinity`, `1 2`, `１`, "1\x00", `1e1000`, `0.` + strings.Repeat("0", 400) + `1`,
	// Strings with every kind of content.
	`""`, `"a"`, `"\"\\\/\b\f\n\r\t"`, `"\u0000\u001f\u0022\u005C\u007f\uFFFF"`, `"\u00e9\u20AC"`, `"caf\u00E9 \/"`,
	`"\ud83d\ude00"`, `"\ud83d"`, `"\ude00"`, `"\ud83d\ud83d\ude00"`, `"\ud83dx"`, `"\ud83d\n"`,
	`"\ude00\ud83d"`, `"\ud83d\u0041"`,
	`"\ud83d\\ude00"`, `"\uD83D\uDE00x\uD800"`, `"\udbff\udfff"`, `"\ufffd"`,
	`"\a"`, `"\'"`, `"\0"`, `"\x41"`, `"\u"`, `"\u1"`, `"\u12"`, `"\u123"`, `"\u123g"`, `"\u 123"`, `"\u+123"`,
	`"\u-123"`, `"\u1_23"`, `"\U0041"`,
	`"\`, `"\"`, `"`, `"a`, `'a'`, `a`, `"a"b"`, `"\ud83d\u"`, `"\ud83d\u12"`, "\"\\\n\"", "\"\\\x00\"",
	"\"\\\xff\"", `"\é"`,
	"\"\x00\"", "\"\x01\"", "\"\t\"", "\"\n\"", "\"\x1f\"", "\" \"", "\"!#\"", "\"\x7f\"", "\"é€😀\"",
	"\"\u2028\ufeff\"",
	"\"\xff\"", "\"\xc3\"", "\"\xc3\x28\"", "\"\xe2\x82\"", "\"\xf0\x9f\x98\"", "\"\xed\xa0\x80\"",
	"\"\xf4\x90\x80\x80\"", "\"\x80\x81\xfe\"",
	"\"\xc0\xaf\"", "\"\xff\\n\xff\"", "\"\xe9\\u00e9\"",
	// The words true, false and null, with near misses.
	`true`, `false`, `null`, `tru`, `truee`, `True`, `TRUE`, `t`, `f`, `n`, `nul`, `nulll`, `fals`,
	`undefined`, `nan`,
	// Objects.
	`{}`, `{ }`, "{\t\r\n }", `{"a":1}`, `{"a":1,"a":2}`, `{"":""}`, `{"a":{"b":{}}}`, `{"\u0061":1,"a":2}`,
	"{\"\xff\":1}",
	`{`, `}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{,"a":1}`, `{"a":1,,"b":2}`, `{"a" 1}`, `{"a"::1}`,
	`{a:1}`, `{'a':1}`, `{1:1}`,
	`{null:1}`, `{"a":1`, `{"a":1]`, `{"a":1}}`, `{"a":1 "b":2}`, `{"a":1;"b":2}`, `{"a","b":1}`, `{[]:1}`,
	`{"a":1/**/}`, `{"a":1//`,
	// Lists.
	`[]`, `[ ]`, `[1]`, `[ 1 , "a" , {} , [] , null ]`, `[[[]]]`, `[1,]`, `[,1]`, `[,]`, `[1,,2]`, `[1 2]`,
	`[1:2]`, `["a":1]`, `[`, `]`, `[1`, `[1}`,
	`[1]]`, `[]a`, `[#]`, "[\v]", "[\f]", "[\u00a0]", "[\u2060]", "[\x00]", `[1`, `[""`, `["`, `[tru`, `[-`,
	`[{`, `[{"a"`, `[{"a":`,
}

// around is a list of patterns for a body: % stands for a JSON value, with valid or invalid text around it.
var around = []string{
	"%", " %", "% ", "\t\r\n%\n\r\t ", "\v%", "%\f", "\ufeff%", "%\x00", "\x00%", "%,", "%x", "%%",
	"\u00a0%", "/**/%", "<br />%",
}

// corpus returns each value alone, inside an object and inside a list. It also puts an object and a list into each
// pattern from the variable around.
func corpus() []string {
	bodies := []string{``, ` `, deep(9999), deep(10_000), deep(10_001), deep(20_000), strings.Repeat("[", 30_000)}
	for _, v := range values {
		long := strings.Repeat("x", len(bodies)%17) // so that strings start at different places in a block of 8 bytes
		bodies = append(bodies, v, `{"v":`+v+`}`, `{"meta":{"`+long+`":`+v+`,"k":`+v+`},"v":[`+v+`,`+v+`]}`)
	}
	for _, a := range around {
		bodies = append(bodies, strings.ReplaceAll(a, "%", `{"a":"b"}`), strings.ReplaceAll(a, "%", `[1]`))
	}
	return bodies
}

// deep returns n nested objects and lists.
func deep(n int) string {
	innermost := strings.Repeat(`{`, n%2) + strings.Repeat(`}`, n%2)
	return strings.Repeat(`{"a":[`, n/2) + innermost + strings.Repeat(`]}`, n/2)
}

func TestParse_agreesWithEncodingJSON(t *testing.T) {
	t.Parallel()
	for _, body := range corpus() {
		agree(t, []byte(body))
	}
	agree(t, []byte(`{"v":`+deep(9999)+`}`)) // the maximum depth
	agree(t, []byte(`{"meta":`+deep(9999)+`}`))
	agree(t, []byte(`{"meta":`+deep(10_000)+`}`))
	agree(t, []byte(`{"meta":[`+deep(9998)+`,`+deep(9999)+`]}`))
}

// TestParse_everyByteEverywhere tries each byte after a backslash, and each byte at each position of a string of up to
// 24 bytes.
func TestParse_everyByteEverywhere(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		agree(t, append([]byte(`{"k":"\`), byte(c), '"', '}'))
		for at := range 24 {
			body := []byte(`{"k":"` + strings.Repeat("x", 24) + `"}`)
			body[len(`{"k":"`)+at] = byte(c)
			agree(t, body)
			agree(t, append(body[:len(`{"k":"`)+at+1], `"}`...))
		}
	}
}

// FuzzParse checks that Parse accepts the same objects as encoding/json, with the same keys, strings and numbers.
func FuzzParse(f *testing.F) {
	for _, body := range corpus() {
		if len(body) < 1<<12 { // long bodies slow the fuzzer down, and the tests cover them
			f.Add([]byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) { agree(t, body) })
}

// agree checks that wire and encoding/json read body the same way.
func agree(t *testing.T, body []byte) {
	t.Helper()
	o, err := wire.Parse(body)
	if !json.Valid(body) {
		require.Nil(t, o, "%.200q", body)
		switch first := strings.Trim(string(body), " \t\r\n"); {
		case first == "":
			require.ErrorIs(t, err, wire.ErrEmpty)
		case first[0] == '<':
			require.ErrorIs(t, err, wire.ErrHTML)
		default:
			require.ErrorIs(t, err, wire.ErrBroken, "%.200q", body)
		}
		return
	}
	var want map[string]json.RawMessage
	if json.Unmarshal(body, &want) != nil || want == nil {
		require.ErrorIs(t, err, wire.ErrNotObject, "%.200q", body)
		return
	}
	require.NoError(t, err, "%.200q", body)
	sameMembers(t, want, o, 0)
	storable, _ := wire.Storable(body)
	require.True(t, json.Valid(storable) && utf8.Valid(storable), "%.200q", body)
	require.Equal(t, withoutNUL(decoded(t, body)), decoded(t, storable), "%.200q", body)
}

// decoded returns body after decoding it with encoding/json and encoding the result again, so that equal values have
// equal text.
func decoded(t *testing.T, body []byte) string {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var v any
	require.NoError(t, decoder.Decode(&v))
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}

// withoutNUL replaces each NUL that encoding/json wrote with U+FFFD.
func withoutNUL(text string) string {
	return strings.NewReplacer(`\\`, `\\`, `\u0000`, "\ufffd").Replace(text)
}

func sameMembers(t *testing.T, want map[string]json.RawMessage, o wire.Object, depth int) {
	t.Helper()
	got := map[string]wire.Value{}
	for key, v := range o.Members() {
		got[key] = v
	}
	require.Len(t, got, len(want))
	for key, raw := range want {
		require.Contains(t, got, key)
		sameValue(t, raw, got[key], depth+1)
	}
}

// sameValue compares a value and its nested values. It stops at a depth limit, since it reads each level again and
// would become too slow.
func sameValue(t *testing.T, raw json.RawMessage, v wire.Value, depth int) {
	t.Helper()
	if depth > 20 {
		return
	}
	text, isText := v.Text()
	switch raw[0] {
	case '{':
		var want map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(raw, &want))
		o, ok := v.Object()
		require.True(t, ok)
		sameMembers(t, want, o, depth)
		sameMap(t, o, v)
	case '[':
		var want []json.RawMessage
		require.NoError(t, json.Unmarshal(raw, &want))
		items := v.Items()
		require.Len(t, items, len(want))
		for i, item := range items {
			sameValue(t, want[i], item, depth+1)
		}
	case '"':
		var want string
		require.NoError(t, json.Unmarshal(raw, &want))
		require.True(t, isText)
		require.Equal(t, want, text)
	case 't', 'f':
		got, ok := v.Bool()
		require.True(t, ok)
		require.Equal(t, raw[0] == 't', got)
	case 'n':
		require.True(t, v.IsNull())
	default:
		require.True(t, isText)
		require.Equal(t, string(raw), text)
	}
}

// sameMap compares Map with the texts, numbers and booleans among the members.
func sameMap(t *testing.T, o wire.Object, v wire.Value) {
	t.Helper()
	var want map[string]string
	for key, item := range o.Members() {
		text, ok := item.Text()
		if item.Kind() == "a boolean" {
			truth, _ := item.Bool()
			text, ok = strconv.FormatBool(truth), true
		}
		if ok && want == nil {
			want = map[string]string{}
		}
		if ok {
			want[key] = text
		}
	}
	require.Empty(t, cmp.Diff(want, v.Map()))
}
