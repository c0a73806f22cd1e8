package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// If a delivery was verified with the sandbox's public secret, the replay command re-signs it only if --sign-line names
// its line.
func TestReplay_sandbox(t *testing.T) {
	t.Parallel()
	right := true
	all := []recorded{{Verified: &right, Sandbox: true, line: 1}, {Verified: &right, line: 2}}
	for secret, row := range map[string]struct {
		named []int
		want  int
	}{"": {nil, 2}, sandboxSecret: {nil, 2}, "whsec_real": {nil, 1}, "whsec_other": {[]int{1}, 2}} {
		f := replayFlags{signLines: row.named}
		chosen, out := f.choose(all, secret)
		assert.Len(t, chosen, row.want, secret)
		assert.Len(t, out, 2-row.want, secret)
	}
}

// readRecorded also reads the deliveries after a large delivery.
func TestReadRecorded_large(t *testing.T) {
	t.Parallel()
	large := recorded{
		Method: http.MethodPost, Body: strings.Repeat("\x01", largestRecorded),
		Header: http.Header{"X-Padding": {strings.Repeat("\x01", 1<<20)}},
	}
	var lines []byte
	for _, d := range []recorded{{Method: http.MethodPost, Body: "{}"}, large, {Method: http.MethodPost, Body: "[]"}} {
		line, err := json.Marshal(d)
		require.NoError(t, err)
		lines = append(append(lines, line...), '\n')
	}
	file := filepath.Join(t.TempDir(), "deliveries.jsonl")
	require.NoError(t, os.WriteFile(file, lines, 0o600))
	all, err := readRecorded(file)
	require.NoError(t, err)
	require.Len(t, all, 3)
	assert.Equal(t, large.Body, string(all[1].content()))
	assert.Equal(t, 3, all[2].line)
}
