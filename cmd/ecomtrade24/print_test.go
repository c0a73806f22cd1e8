package main

import (
	"bytes"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Only terminals get colors, unless NO_COLOR or TERM=dumb turns them off.
func TestApp_color(t *testing.T) {
	t.Parallel()
	terminal, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0) // a character device, like a terminal
	require.NoError(t, err)
	t.Cleanup(func() { _ = terminal.Close() })
	file, err := os.Create(t.TempDir() + "/out")
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() })
	for name, c := range map[string]struct {
		to      io.Writer
		json    bool
		setting map[string]string
		want    string
	}{
		"a terminal":                   {terminal, false, map[string]string{"TERM": "xterm"}, "\x1b[31merror\x1b[0m"},
		"NO_COLOR":                     {terminal, false, map[string]string{"NO_COLOR": "1"}, "error"},
		"an empty NO_COLOR is ignored": {terminal, false, map[string]string{"NO_COLOR": ""}, "\x1b[31merror\x1b[0m"},
		"a terminal without colors":    {terminal, false, map[string]string{"TERM": "dumb"}, "error"},
		"JSON":                         {terminal, true, nil, "error"},
		"a file":                       {file, false, nil, "error"},
		"a pipe":                       {&bytes.Buffer{}, false, nil, "error"},
	} {
		a := &app{json: c.json, getenv: func(name string) string { return c.setting[name] }}
		assert.Equal(t, c.want, a.color(c.to, red, "error"), name)
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "> one two\n> three\n> a-word-that-is-too-long\n> four\n",
		wrap("one two  three\na-word-that-is-too-long four", "> ", 9))
}

// parseEnvLine reads a line as shells and docker do.
func TestParseEnvLine(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][2]string{
		"A=b":                           {"A", "b"},
		" export A = b ":                {"A", "b"},
		"A=b # comment":                 {"A", "b"},
		"A=b#c":                         {"A", "b#c"},
		"A=#c":                          {"A", ""},
		`A="b # c" # d`:                 {"A", "b # c"},
		"A='b \"c\" '":                  {"A", `b "c" `},
		"A=":                            {"A", ""},
		"A=b=c":                         {"A", "b=c"},
		"# A=b":                         {"", ""},
		"  ":                            {"", ""},
		"\ufeffA=b":                     {"A", "b"},
		"A=\"b\"c":                      {"error"},
		"A='b":                          {"error"},
		"=b":                            {"error"},
		"A B=c":                         {"error"},
		"a line without an equals sign": {"error"},
	} {
		name, value, err := parseEnvLine(line)
		if want[0] == "error" {
			require.Error(t, err, line)
			continue
		}
		require.NoError(t, err, line)
		assert.Equal(t, want, [2]string{name, value}, line)
	}
}
