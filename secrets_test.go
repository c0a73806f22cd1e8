package ecomtrade24_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// logLines collects log lines from any goroutine.
type logLines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// leakyAnswers returns transports for every kind of failure. Their responses contain markers in every place from which
// a careless error text might copy.
func leakyAnswers() map[string]roundTrip {
	const marker = "MARKER_BODY"
	answers := map[string]roundTrip{}
	for _, status := range []int{200, 204, 302, 401, 404, 422, 429, 500, 502, 503} {
		for i, body := range []string{
			marker,
			"<html>" + marker,
			`{"ok":false,"error":"` + marker + ` x","message":"` + marker + `"}`,
			`{"ok":false,"error":{"code":"` + marker + `","message":"` + marker + `"}}`,
			`{"ok":false,"code":"` + testKey + `","message":"` + testKey + `"}`,
			`{"status":{"` + marker + `":1},"checkout_url":["` + marker + `"],"session_id":true}`,
			`{"methods":"` + marker + `"}`,
			`{"checkout_url":"javascript:` + marker + `","session_id":1,"status":"paid"}`,
			`{"` + marker,
			strings.Repeat(marker, 1<<17),
		} {
			answers[fmt.Sprintf("%d/%d", status, i)] = func(r *http.Request) (*http.Response, error) {
				return response(status, body,
					"Location", "https://x.example/?q="+marker+"&"+r.URL.RawQuery,
					"X-Echo", r.Header.Get("Authorization")), nil
			}
		}
	}
	answers["location"] = says(302, "", "Location", "http://[::1/?"+marker)
	answers["transport"] = func(r *http.Request) (*http.Response, error) {
		body := ""
		if r.Body != nil {
			b, _ := io.ReadAll(r.Body)
			body = string(b)
		}
		return nil, fmt.Errorf("sending %s with %v: %s", r.URL, r.Header, body)
	}
	answers["url.Error"] = func(r *http.Request) (*http.Response, error) {
		inner := &url.Error{Op: "Get", URL: r.URL.String(), Err: errors.New(marker)}
		return nil, &url.Error{Op: "Get", URL: r.URL.String(), Err: inner}
	}
	answers["body"] = func(*http.Request) (*http.Response, error) {
		resp := response(200, `{"a":`)
		resp.Body = io.NopCloser(io.MultiReader(resp.Body, iotest.ErrReader(errors.New(marker))))
		return resp, nil
	}
	answers["timeout"] = hangs
	return answers
}

func TestSecrets_reachNoErrorAndNoLog(t *testing.T) {
	t.Parallel()
	for name, transport := range leakyAnswers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out logLines
			logger := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
			c := talk(t, transport).client(t, ecomtrade24.WithLogger(logger), ecomtrade24.WithTimeout(10*time.Millisecond),
				tries(2))
			p := params()
			p.OrderID, p.CustomerEmail = "MARKER_BODY", "MARKER_BODY@shop.example"
			p.Metadata = map[string]string{"MARKER_BODY": "MARKER_BODY"}
			_, create := c.CreateSession(t.Context(), p)
			_, checkout := c.Checkout(t.Context(), p)
			_, me := c.Me(t.Context())
			_, status := c.Status(t.Context(), "MARKER_QUERY")
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			_, wait := c.Wait(ctx, "MARKER_QUERY")
			ev := &ecomtrade24.Event{Payment: ecomtrade24.Payment{SessionID: "MARKER_QUERY"}}
			_, confirm := c.Confirm(t.Context(), ev, ecomtrade24.Order{ID: "1", Amount: "1", Currency: "USD"})
			for _, err := range []error{create, checkout, me, status, wait, confirm} {
				logger.Info("caller", "error", err)
				fmt.Fprintf(&out, "%v %+v %s %q\n", err, err, err, err)
				var api *ecomtrade24.APIError
				var decode *ecomtrade24.DecodeError
				if errors.As(err, &api) {
					fmt.Fprintf(&out, "%#v\n", api)
					assert.NotContains(t, api.Body+api.Message+string(api.Code), testKey, "the key must not be in any field")
				}
				if errors.As(err, &decode) {
					fmt.Fprintf(&out, "%#v\n", decode)
				}
			}
			assert.NotContains(t, out.String(), "MARKER")
			assert.Contains(t, out.String(), "attempt")
		})
	}
}

func TestSecrets_clientPrintsNoKey(t *testing.T) {
	t.Parallel()
	c := newClient(t, "https://pay.example")
	inside := struct {
		Client *ecomtrade24.Client
		hidden *ecomtrade24.Client
	}{c, c}
	var out logLines
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb+"\n", c, inside)
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("client", "c", c, "inside", inside)
	encoded, err := json.Marshal(inside)
	require.NoError(t, err)
	text := out.String() + string(encoded)
	assert.NotContains(t, text, testKey)
	assert.NotContains(t, text, fmt.Sprintf("%x", testKey))
	assert.Contains(t, text, "ecomtrade24.Client(https://pay.example)")
}

// If a response contains the key, the error's Body does not, even if the key crosses the limit of 2 KiB or is escaped
// in JSON.
func TestSecrets_bodyHoldsNoKey(t *testing.T) {
	t.Parallel()
	const key = `sk/live/"MARK\ER"/0123456789`
	escaped := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key)
	for name, form := range map[string]string{
		"as it is":            key,
		"in JSON":             escaped,
		"PHP's slashes":       strings.ReplaceAll(escaped, "/", `\/`),
		"hexadecimal":         strings.ReplaceAll(escaped, "/", `\u002f`),
		"hexadecimal capital": strings.ReplaceAll(escaped, "/", `\u002F`),
		"mixed":               strings.NewReplacer("k/", `k\/`, "live/", `live\u002F`, "ER", `\u0045R`).Replace(escaped),
		"all hexadecimal":     hexadecimal(key),
	} {
		for at := 2048 - len(form); at <= 2049; at++ {
			for _, status := range []int{200, 500} {
				kept, _ := meFails(t, key, status, strings.Repeat("x", at)+form+"y")
				want := strings.Repeat("x", at) + "[redacted]y"
				require.Equal(t, want[:min(len(want), 2048)], kept, "%s at %d", name, at)
			}
		}
	}
	for _, spell := range []func(string) string{
		func(s string) string { return s },
		strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace,
		strings.NewReplacer(`\`, `\\`, `"`, `\"`, `/`, `\/`).Replace,
		hexadecimal,
	} {
		form := spell(key)
		for n := len(spell(key[:8])); n < len(form); n++ { // the connection breaks within the key
			kept, _ := meFails(t, key, 500, "bad key "+form[:n])
			require.Equal(t, "bad key [redacted]", kept, "%q", form[:n])
		}
	}
	_, err := meFails(t, key, 422, `{"ok":false,"error":"a `+escaped+`","message":"b `+escaped+`"}`)
	api := as[*ecomtrade24.APIError](t, err)
	assert.Empty(t, api.Code, "a sentence must not become a code")
	assert.Equal(t, "b [redacted]", api.Message)
}

// meFails returns the error of a call with the key, and the body that the error keeps.
func meFails(t *testing.T, key string, status int, body string) (kept string, failed error) {
	t.Helper()
	c, err := ecomtrade24.NewClient("https://pay.example", key, withoutRetries(), through(says(status, body)))
	require.NoError(t, err)
	_, err = c.Me(t.Context())
	if status == http.StatusOK {
		return as[*ecomtrade24.DecodeError](t, err).Body, err
	}
	return as[*ecomtrade24.APIError](t, err).Body, err
}

func hexadecimal(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, `\u%04x`, s[i])
	}
	return b.String()
}

// SECURITY.md names tests for each promise, and each of these tests exists.
func TestSecurity_everyPromiseHasItsTests(t *testing.T) {
	t.Parallel()
	declared := map[string]bool{}
	declaration := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	require.NoError(t, filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, match := range declaration.FindAllStringSubmatch(string(source), -1) {
			declared[match[1]] = true
		}
		return err
	}))
	page, err := os.ReadFile("SECURITY.md")
	require.NoError(t, err)
	_, promises, found := strings.Cut(string(page), "## What the SDK promises\n")
	require.True(t, found)
	promises, _, _ = strings.Cut(promises, "\n## ")
	list := strings.Split(promises, "\n- **")[1:]
	require.NotEmpty(t, list)
	for _, promise := range list {
		tests := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(promise, -1)
		assert.NotEmpty(t, tests, "no test for the promise %q", promise)
		for _, test := range tests {
			assert.True(t, declared[test[1]], "%s does not exist", test[1])
		}
	}
}
