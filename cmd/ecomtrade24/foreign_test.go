package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// hostile is a text for attacks: unescaped, it moves the cursor, sets the window's title, forges a line, reverses
// letters and adds markup.
const hostile = "h\x1b[2J\x1b]0;t\x07\r\nFORGED\u202e\u200b\u0085\x7f<b>FORGED</b>"

// hostileServer starts a server that acts as gateway, sandbox and shop. It puts hostile text wherever a response allows
// text.
func hostileServer(t *testing.T) string {
	t.Helper()
	said := func(ok bool) string {
		b, err := json.Marshal(map[string]any{
			"ok": ok, "session_id": "12345", "order_id": hostile, "status": hostile, "amount": "1.00", "currency": hostile,
			"txid": hostile, "event": hostile, "checkout_url": "https://pay.example/" + strings.ReplaceAll(hostile, "\r\n", ""),
			"mode": hostile, "integration_mode": "smart_routing", "expires_at": hostile, "email": hostile,
			"methods": []map[string]any{{"id": hostile, "label": hostile, "available": true}, {"id": "card"}},
			"error":   map[bool]any{false: hostile}[ok], "message": hostile, "code": hostile,
		})
		require.NoError(t, err)
		return string(b)
	}
	var n atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		turn := n.Add(1)
		if strings.HasSuffix(r.URL.Path, "me.php") || turn%3 == 0 {
			_, _ = io.WriteString(w, said(true))
			return
		}
		w.Header().Set("Location", "https://elsewhere.example/"+strings.Repeat("\u202e", 3))
		w.WriteHeader([]int{http.StatusOK, http.StatusUnprocessableEntity, http.StatusFound}[turn%3])
		_, _ = io.WriteString(w, said(false))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// No command prints hostile text unescaped, or as a line that looks like the program's output. The test fails if the
// map rows has no entry for a command.
func TestOutput_foreign(t *testing.T) {
	t.Parallel()
	server, dir := hostileServer(t), t.TempDir()
	body := filepath.Join(dir, "body.json")
	text := quotedHostile(t)
	content := []byte(`{"event":"payment.session","session_id":1,"order_id":` + text + `,"status":` + text +
		`,"amount":"1.00","currency":"USD"}`)
	require.NoError(t, os.WriteFile(body, content, 0o600))
	stored := filepath.Join(dir, "stored.jsonl")
	yes := true
	line, err := json.Marshal(recorded{
		Method: hostile, Path: hostile, Query: hostile, Body: string(content), Verified: &yes,
		Header: http.Header{"X-Signature": {"00"}, "X-Odd": {"a\u202e"}},
	})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(stored, line, 0o600))
	env := filepath.Join(dir, ".env")
	require.NoError(t, os.WriteFile(env, []byte(strings.Join([]string{
		envAPIKey + "=key-1234567890", envWebhookSecret + "=" + testSecret,
		envBaseURL + "=" + server, envWebhookURL + "=" + strings.Replace(server, "//", "//m4rk3r:m4rk3r@", 1) + "/?m4rk3r",
	}, "\n")), 0o600))
	rows := map[string][][]string{
		"ecomtrade24": {{hostile}, {"--" + hostile}},
		"sandbox":     {{}, {hostile}, {"--mode", hostile}, {"--deployment", hostile}, {"--methods", hostile}},
		"pay":         {{"12345"}, {"12345"}, {"12345"}, {hostile}, {"1", "--as", hostile}},
		"trigger":     {{"paid", "--order", hostile}, {"tampered"}, {hostile}},
		"check":       {{"--create", "--domain", "shop.example"}, {"--domain", hostile, "--create"}, {"--currency", hostile}},
		"drill":       {{"--shop", server, "--addr", "127.0.0.1:0", "--webhook", "/hook", "--order", "GET /o", "--paid", "text:p", "--buy", "POST /b"}, {"--only", hostile}},
		"verify":      {{"--header", "X-Signature: 00" + hostile, body}, {"--header", hostile, body}, {hostile}},
		"sign":        {{body}, {hostile}},
		"session":     {{hostile}},
		"session create": {
			{"--domain", "shop.example", "--amount", "1.00", "--currency", "USD", "--order", "A-1", "--method", hostile},
			{"--domain", "shop.example", "--amount", "1.00", "--currency", "USD", "--order", "A-1", "--method", "card"},
			{"--domain", hostile, "--amount", hostile, "--currency", hostile, "--order", hostile, "--meta", hostile},
		},
		"session status": {{"12345"}, {"12345"}, {"12345"}, {hostile}},
		"session wait":   {{"12345", "--timeout", "100ms", "--every", "10ms"}, {hostile}},
		"methods":        {{}, {hostile}},
		"record":         {{}, {"--out", dir + "/" + hostile + "/x"}},
		"replay":         {{stored}, {stored, "--secret"}, {hostile}},
		"schema":         {{}, {hostile}},
		"version":        {{}, {hostile}},
		"completion":     {{"bash"}, {"zsh"}, {"fish"}, {"powershell"}, {hostile}},
	}
	for _, cmd := range commands(newApp().command()) {
		name := strings.TrimPrefix(cmd.CommandPath(), "ecomtrade24 ")
		lines, known := rows[name]
		require.True(t, known, "%s is not tested with hostile text", name)
		for _, args := range append(lines, []string{"--help"}) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				words := append(strings.Fields(strings.TrimPrefix(name, "ecomtrade24")), args...)
				harmless(t, words, play(t, env, dir, words, content))
			})
		}
	}
}

// play runs a command line and returns its output. If the command is a server, play attacks it and then stops it.
func play(t *testing.T, env, dir string, words []string, content []byte) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out := &running{}
	out.more = sync.NewCond(&out.mu)
	serves := words[0] == "sandbox" || words[0] == "record"
	if serves && len(words) != 2 { // with two words, the second is a wrong argument or --help
		words = append(words, "--addr", "127.0.0.1:0")
		if words[0] == "record" && len(words) == 3 {
			words = append(words, "--out", filepath.Join(dir, "recorded.jsonl"))
		}
		go func() {
			defer cancel()
			if at, err := out.await(`http://127\.0\.0\.1:\d+`); err == nil { // an error means that the program has ended
				attack(t, string(at), content)
			}
		}()
	}
	run(ctx, append([]string{"--env-file", env}, words...), strings.NewReader(""), out, out)
	out.mu.Lock()
	defer out.mu.Unlock()
	return out.said.String()
}

// attack sends hostile requests to the sandbox or the recorder.
func attack(t *testing.T, url string, content []byte) {
	t.Helper()
	text := quotedHostile(t)
	session := `{"domain":"shop.example","amount":"1.00","currency":"usd","order_id":` + text + `,"status":"x",` +
		`"method":` + text + `,"return_url":` + text + `}`
	for _, q := range []struct{ method, path, body string }{
		{http.MethodPost, "/gateway/session.php", session},
		{"A&touch$IFS$9x&", "/gateway/status.php?session_id=%1b%0aFORGED%e2%80%ae", ""},
		{http.MethodPost, "/%1b%5b2J%0aFORGED", string(content)},
		{http.MethodPost, "/hook", string(content)},
	} {
		r, err := http.NewRequestWithContext(t.Context(), q.method, url+q.path, strings.NewReader(q.body))
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer key-1234567890")
		r.Header.Set("X-Signature", webhook.Sign(testSecret, []byte(q.body)))
		r.Header.Set("X-Odd", "a\u202eb")
		resp, err := http.DefaultTransport.RoundTrip(r)
		if assert.NoError(t, err) {
			_ = resp.Body.Close()
		}
	}
}

func harmless(t *testing.T, words []string, text string) {
	t.Helper()
	assert.NotEmpty(t, text)
	assert.NotContains(t, text, "m4rk3r", "of a URL")
	for line := range strings.Lines(text) {
		assert.False(t, strings.HasPrefix(strings.TrimSpace(line), "FORGED"), "%q prints %q", words, line)
	}
	for _, r := range text {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			assert.Fail(t, "hidden", "%q prints %q in %q", words, r, text)
			return
		}
	}
}

func quotedHostile(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	require.NoError(t, encoder.Encode(hostile))
	return strings.TrimSpace(b.String())
}
