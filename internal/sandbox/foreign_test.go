package sandbox_test

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// hostile is text with markup, terminal commands, and characters that are invisible or reverse the text direction.
const hostile = "<b>FORGED</b>'\"\x1b[2J\x07\u202e\u200b\u0085\x7f"

// attacked returns a sandbox that has received hostile text in every field, including a webhook URL with a password.
func attacked(t *testing.T) *sandbox.Gateway {
	t.Helper()
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Odd", "a\u202e<b>FORGED")
		if strings.Contains(r.URL.Path, "gone") {
			w.Header().Set("Location", "/%zz")
			w.WriteHeader(http.StatusFound)
		}
		_, _ = io.WriteString(w, hostile)
	}))
	t.Cleanup(shop.Close)
	g := start(t, sandbox.Config{
		Mode:    ecomtrade24.ModeSmartRouting,
		Methods: []ecomtrade24.Method{{ID: "card", Label: hostile, Available: true}, {ID: hostile, Available: true}},
		Called:  func(sandbox.Request) {}, Delivered: func(sandbox.Delivery) {},
	})
	require.NoError(t, g.DeliverTo(withPassword(shop.URL)+"/hook?token="+marker))
	text, err := json.Marshal(hostile)
	require.NoError(t, err)
	create(t, g, `{"order_id":`+string(text)+`,"method":"card","amount":"5.00","customer_email":`+string(text)+
		`,"return_url":`+string(text)+`,"meta":{`+string(text)+`:`+string(text)+`}}`)
	call(t, g, http.MethodPost, "/gateway/session.php", session(`{"amount":`+string(text)+`}`))
	call(t, g, "A&touch$IFS$9x&", "/gateway/status.php?session_id=%3Cb%3EFORGED%1b%e2%80%ae", `x`)
	call(t, g, http.MethodPost, "/gateway/session.php", hostile)
	for _, action := range []string{"process", "pay", "resend", "tell"} {
		do(t, g, http.MethodPost, "/sandbox/sessions/12345/"+action, `{"status":`+string(text)+`,"event":`+string(text)+`}`,
			http.Header{"Content-Type": {"application/json"}})
	}
	require.NoError(t, g.DeliverTo(withPassword(shop.URL)+"/gone"))
	do(t, g, http.MethodPost, "/sandbox/sessions/12345/resend", `{}`, http.Header{"Content-Type": {"application/json"}})
	require.NoError(t, g.DeliverTo(withPassword("http://127.0.0.1:1")+"/hook?token="+marker))
	do(t, g, http.MethodPost, "/sandbox/sessions/12345/resend", `{}`, http.Header{"Content-Type": {"application/json"}})
	return g
}

// marker stands for every part of a URL that may be secret.
const marker = "m4rk3r"

func withPassword(url string) string {
	return strings.Replace(url, "http://", "http://"+marker+":"+marker+"@", 1)
}

var (
	link   = regexp.MustCompile(` (?:href|action|src)="([^"]*)"`)
	listed = []string{"/", "/sandbox/calls", "/sandbox/sessions", "/sandbox/deliveries", "/sandbox/faults"}
)

// Every linked page shows received data only as text, and never shows a password.
func TestPages_foreign(t *testing.T) {
	t.Parallel()
	g := attacked(t)
	seen, todo := map[string]bool{}, listed
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		if seen[path] || !strings.HasPrefix(path, "/") {
			continue
		}
		seen[path] = true
		resp, text := do(t, g, http.MethodGet, path, "", http.Header{"Accept": {"text/html"}})
		assert.NotContains(t, text, marker, path)
		if !strings.Contains(resp.Header.Get("Content-Type"), "html") {
			continue
		}
		assert.NotContains(t, text, "<b>FORGED", path)
		for _, r := range text {
			if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
				assert.Fail(t, "hidden", "%s has %q", path, r)
				break
			}
		}
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			to := html.UnescapeString(found[1])
			assert.NotRegexp(t, `^\s*(javascript|data):[^,]`, to, path) // the icon uses "data:,"
			todo = append(todo, to)
		}
	}
	for _, path := range []string{"/sessions", "/sessions/12345", "/calls/1", "/deliveries/1", "/faults"} {
		assert.True(t, seen[path], "%s has not been seen among %v", path, seen)
	}
}
