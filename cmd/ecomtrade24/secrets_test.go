package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// No command prints the API key, the webhook secret or the previous secret.
func TestSecrets(t *testing.T) {
	t.Parallel()
	const marker = "m4rk3r"
	dir := t.TempDir()
	write := func(name, content string) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
		return file
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	body := write("body.json", `{"session_id":1,"status":"paid"}`)
	spaced := write("spaced.txt", " "+marker+"-spaced ")
	stored := write("stored.jsonl", `{"method":"POST","header":{"X-Signature":["00"]},"body":"{}"}`+"\n")
	env := write(".env", strings.Join([]string{
		envAPIKey + "=" + marker + "-key", envWebhookSecret + "=" + marker + "-secret",
		envPreviousSecret + "=" + marker + "-previous", envBaseURL + "=" + server.URL, envWebhookURL + "=" + server.URL,
	}, "\n"))
	lines := [][]string{
		{"sandbox", "--addr", "nowhere"},
		{"sandbox", "--addr", "127.0.0.1:0", "--mode", "express"},
		{"sandbox", "--addr", "127.0.0.1:0", "--key", marker + " 1"},
		{"sandbox", "--addr", "127.0.0.1:0", "--secret", marker, "--methods", "-"},
		{"trigger", "paid"},
		{"trigger", "tampered", "--to", "http://" + marker + "@127.0.0.1:1/?" + marker},
		{"check"},
		{"check", "--create", "--domain", "shop.example", "--to", "http://" + marker + ":" + marker + "@127.0.0.1:1/"},
		{"verify", "--header", "X-Signature: 00", body},
		{"verify", "--header", "X-Signature: " + strings.Repeat("0", 64), body},
		{"verify", "--header", "X-Signature: 00", "--secret-file", spaced, body},
		{"sign", body},
		{"sign", "--secret-file", spaced, body},
		{"session", "create", "--domain", "shop.example", "--amount", "1.00", "--currency", "USD", "--order", "A-1"},
		{"session", "status", "1"},
		{"session", "wait", "1"},
		{"methods"},
		{"methods", "--key-file", spaced},
		{"record", "--out", filepath.Join(dir, "out.jsonl"), "--addr", "nowhere"},
		{"record", "--out", filepath.Join(dir, "out.jsonl"), "--secret-file", spaced},
		{"replay", stored, "--secret"},
		{"replay", stored, "--secret=" + marker},
		{"version"},
		{"completion", "bash"},
	}
	for _, line := range append(lines, misplaced(marker, dir, body)...) {
		for _, args := range [][]string{line, append([]string{"--json"}, line...)} {
			var out, errs bytes.Buffer
			run(t.Context(), append([]string{"--env-file", env}, args...), strings.NewReader(""), &out, &errs)
			assert.NotEmpty(t, out.String()+errs.String(), args)
			assert.NotContains(t, out.String()+errs.String(), marker, args)
		}
	}
}

// misplaced returns command lines with a secret in the wrong place.
func misplaced(secret, dir, body string) [][]string {
	out := filepath.Join(dir, "out.jsonl")
	return [][]string{
		{"sandbox", "--addr", secret},
		{"sandbox", "--addr", "127.0.0.1:" + secret},
		{"sandbox", "--addr", "127.0.0.1:0", "--mode", secret},
		{"sandbox", "--addr", "127.0.0.1:0", "--deployment", secret},
		{"methods", "--base-url", secret},
		{"methods", "--deployment", secret},
		{"replay", secret},
		{secret},
		{"help", secret},
		{"session", secret},
		{"session", "status", "1", secret},
		{"session", "wait", "1", secret},
		{"completion", secret},
		{"completion", "bash", secret},
		{"methods", secret},
		{"methods", "--key-file", secret},
		{"methods", "-k" + secret},
		{"methods", "-v" + secret},
		{"methods", "--" + secret},
		{"methods", "--=" + secret},
		{"methods", "--json=" + secret},
		{"check", secret},
		{"check", "--secret-file", secret},
		{"check", "--timeout", secret},
		{"trigger", secret},
		{"trigger", "paid", secret},
		{"trigger", "paid", "--secret-file", secret},
		{"trigger", "paid", "--secret-file=" + secret},
		{"trigger", "paid", "--repeat", secret},
		{"verify", "--header", secret, body},
		{"verify", "--header", "X-Signature: 00", "--previous-secret-file", secret, body},
		{"sign", secret},
		{"sign", body, secret},
		{"sign", "--secret-file", secret, body},
		{"sign", "--secret-file", body + "/" + secret, body},
		{"sandbox", "--addr", "127.0.0.1:0", "--key-file", secret},
		{"sandbox", "--addr", "127.0.0.1:0", "--secret-file", secret},
		{"record", "--out", dir + "/" + secret + "/out.jsonl"},
		{"record", "--out", out, "--secret-file", secret},
		{"--env-file", secret, "version"},
	}
}
