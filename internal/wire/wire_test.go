package wire_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
)

func TestParse_refuses(t *testing.T) {
	t.Parallel()
	rows := map[string]struct {
		body string
		want error
	}{
		"nothing":             {"", wire.ErrEmpty},
		"white space":         {" \r\n\t", wire.ErrEmpty},
		"proxy page":          {"<html><body>502</body></html>", wire.ErrHTML},
		"PHP warning":         {"<br />\n<b>Warning</b>: x in <b>y</b><br />\n", wire.ErrHTML},
		"warning before JSON": {"<br />\n<b>Warning</b>: x<br />\n{\"ok\":true}", wire.ErrHTML},
		"notice after JSON":   {`{"ok":true}` + "\n<br />", wire.ErrBroken},
		"cut short":           {`{"ok":true,"session_id":12`, wire.ErrBroken},
		"two objects":         {`{"ok":true}{"ok":false}`, wire.ErrBroken},
		"byte order mark":     {"\ufeff{}", wire.ErrBroken},
		"Unicode space":       {"\u00a0{}", wire.ErrBroken},
		"a NUL at the end":    {"{}\x00", wire.ErrBroken},
		"plain text":          {"OK", wire.ErrBroken},
		"a list":              {`[{"ok":true}]`, wire.ErrNotObject},
		"a string":            {`"ok"`, wire.ErrNotObject},
		"null":                {"null", wire.ErrNotObject},
		"a number":            {"1", wire.ErrNotObject},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, err := wire.Parse([]byte(row.body))
			require.ErrorIs(t, err, row.want)
			assert.Empty(t, o)
		})
	}
}

func TestObject_Members(t *testing.T) {
	t.Parallel()
	o, err := wire.Parse([]byte(" {\"z\" : 1 ,\n\"a\":\t\"x\\/y\",\"Status\":true,\"st\\u0061tus\":[1,{\"}\":\"]\"}],\"\":{\"k\":\"\\\"}\"},\"z\":null}\r\n"))
	require.NoError(t, err)
	var got [][2]string
	for key, v := range o.Members() {
		got = append(got, [2]string{key, string(v)})
	}
	want := [][2]string{
		{"z", "1"},
		{"a", `"x\/y"`},
		{"Status", "true"}, // keys are exact: this is not status
		{"status", `[1,{"}":"]"}]`},
		{"", `{"k":"\"}"}`},
		{"z", "null"}, // a repeated key comes again
	}
	assert.Empty(t, cmp.Diff(want, got), "order, keys and raw values")
	assert.Equal(t, wire.Value("null"), o.Member("z"), "the last one counts")
	assert.Empty(t, o.Member("absent"))
	for range o.Members() {
		break // a reader may stop
	}
}

func TestObject_empty(t *testing.T) {
	t.Parallel()
	for _, o := range []wire.Object{"", "{}", "{ }"} {
		for key := range o.Members() {
			t.Errorf("%q has a member %q", o, key)
		}
	}
}

func TestParse_copiesTheBody(t *testing.T) {
	t.Parallel()
	body := []byte(`{"status":"paid"}`)
	o, err := wire.Parse(body)
	require.NoError(t, err)
	copy(body, strings.Repeat("x", len(body)))
	text, ok := o.Member("status").Text()
	assert.True(t, ok)
	assert.Equal(t, "paid", text)
}

// FuzzMembers compares the reader with encoding/json: the same objects, keys, strings and numbers for every input.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{
		`{"ok":true,"session_id":12345,"checkout_url":"https:\/\/pay.example\/pay.php?session=12345","expires_at":null}`,
		"{\"a\":\"\xff\",\"\\ud800\":\"\\ud83d\\ude00\",\"n\":-1.5e-7,\"l\":[1,[\"]\",{}],null],\"a\":{\"b\":[]}}",
		` { "x" : [ ] , "y" : { } } `, `[]`, ``, `{"a":1}x`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var want map[string]json.RawMessage
		wantErr := json.Unmarshal(body, &want)
		o, err := wire.Parse(body)
		require.Equal(t, wantErr == nil && want != nil, err == nil, "accepts what encoding/json takes for an object")
		got := map[string]json.RawMessage{}
		for key, v := range o.Members() {
			got[key] = json.RawMessage(v)
		}
		if err != nil {
			require.Empty(t, got)
			return
		}
		require.Empty(t, cmp.Diff(want, got))
		for _, v := range got {
			sameValue(t, wire.Value(v))
		}
	})
}

// sameValue reads v and all within it both ways.
func sameValue(t *testing.T, v wire.Value) {
	t.Helper()
	var want any
	decoder := json.NewDecoder(strings.NewReader(string(v)))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&want))
	text, isText := v.Text()
	switch want := want.(type) {
	case string:
		require.True(t, isText)
		require.Equal(t, want, text)
	case json.Number:
		require.True(t, isText)
		require.Equal(t, want.String(), text)
	case nil:
		require.True(t, v.IsNull())
	case bool:
		got, ok := v.Bool()
		require.True(t, ok)
		require.Equal(t, want, got)
	case []any:
		n := 0
		for item := range v.Items() {
			sameValue(t, item)
			n++
		}
		require.Len(t, want, n)
	case map[string]any:
		o, ok := v.Object()
		require.True(t, ok)
		for key, item := range o.Members() {
			require.Contains(t, want, key)
			sameValue(t, item)
		}
	}
}
