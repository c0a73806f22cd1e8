package wire_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
)

func TestParse_rejects(t *testing.T) {
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
	o, err := wire.Parse([]byte(" {\"z\" : 1 ,\n\"a\":\t\"x\\/y\",\"Status\":true,\"st\\u0061tus\":[1,{\"}\":\"]\"}]," +
		"\"\":{\"k\":\"\\\"}\"},\"z\":null}\r\n"))
	require.NoError(t, err)
	var got [][2]string
	for key, v := range o.Members() {
		text, _ := v.Text()
		got = append(got, [2]string{key, v.Kind() + " " + text})
	}
	want := [][2]string{
		{"z", "a number 1"},
		{"a", "a string x/y"},
		{"Status", "a boolean "}, // keys are case-sensitive: this is not status
		{"status", "a list "},
		{"", "an object "},
		{"z", "null "}, // a repeated key appears again
	}
	assert.Empty(t, cmp.Diff(want, got), "sequence, keys and values")
	assert.True(t, o.Member("z").IsNull(), "the last value of a repeated key counts")
	assert.False(t, o.Member("").IsNull())
	assert.Zero(t, o.Member("absent"))
	for range o.Members() {
		break // a reader may stop before the last member
	}
}

// TestParse_manyMembers parses more members than fit on the stack.
func TestParse_manyMembers(t *testing.T) {
	t.Parallel()
	var body strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&body, `,"k%d":%d`, i, i)
	}
	o, err := wire.Parse([]byte("{" + body.String()[1:] + "}"))
	require.NoError(t, err)
	require.Len(t, o, 1000)
	for i, n := 0, 0; i < 1000; i += 111 {
		text, _ := o.Member(fmt.Sprint("k", i)).Text()
		_, err := fmt.Sscan(text, &n)
		require.NoError(t, err)
		assert.Equal(t, i, n)
	}
}

func TestParseStorable_overwritesTheRoom(t *testing.T) {
	t.Parallel()
	room, err := wire.Parse([]byte(`{"status":"paid"}`))
	require.NoError(t, err)
	o, _, err := wire.ParseStorable(room, []byte(`{"amount":"1"}`))
	require.NoError(t, err)
	require.Len(t, o, 1)
	text, _ := o.Member("amount").Text()
	assert.Equal(t, "1", text)
}

// ParseStorable parses the text that it returns for storage.
func TestParseStorable(t *testing.T) {
	t.Parallel()
	plain := []byte(`{"a":"b"}`)
	o, raw, err := wire.ParseStorable(nil, plain)
	require.NoError(t, err)
	assert.Same(t, &plain[0], &raw[0], "no copy if there is nothing to replace")
	assert.Len(t, o, 1)
	o, raw, err = wire.ParseStorable(nil, []byte(`{"a\u0000":"\u0000","b":"\ud83d"}`))
	require.NoError(t, err)
	assert.Equal(t, "{\"a\ufffd\":\"\ufffd\",\"b\":\"\ufffd\"}", string(raw))
	text, _ := o.Member("a\ufffd").Text()
	assert.Equal(t, "\ufffd", text)
	_, _, err = wire.ParseStorable(nil, []byte(`{"a":"\u00`))
	require.ErrorIs(t, err, wire.ErrBroken)
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

// Allocations grow only with the size of the body, regardless of its content.
//
//nolint:paralleltest // it counts what the whole process allocates
func TestParse_allocatesInProportion(t *testing.T) {
	for name, body := range map[string]string{
		"repeated maps":      `{` + strings.Repeat(`"meta":{"a":1},`, 4000) + `"z":1}`,
		"quotes after a map": `{"meta":{"a":"b"},"x":"` + strings.Repeat(`\"`, 30_000) + `"}`,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := wire.Parse([]byte(body))
		runtime.ReadMemStats(&after)
		require.NoError(t, err)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(32*len(body)), name)
	}
}
