package main

import (
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// elsewhere are the settings of a gateway that is not there, and one more.
func elsewhere(name, value string) map[string]string {
	return map[string]string{
		"ECOMTRADE24_BASE_URL": "http://127.0.0.1:1", "ECOMTRADE24_API_KEY": "key", "ECOMTRADE24_WEBHOOK_SECRET": "secret",
		name: value,
	}
}

func TestRun_refuses(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		args []string
		env  map[string]string
		want string
	}{
		// Half of the settings must not look like none of them.
		"half a gateway": {nil, map[string]string{"ECOMTRADE24_API_KEY": "secret-key"}, "or none of them"},
		"swapped": {nil, map[string]string{
			"ECOMTRADE24_BASE_URL": "secret-key", "ECOMTRADE24_API_KEY": "https://pay.example",
			"ECOMTRADE24_WEBHOOK_SECRET": "s",
		}, "swapped"},
		"no such deployment": {nil, map[string]string{"ECOMTRADE24_DEPLOYMENT": "paypal"}, "eployment"},
		"no such plan":       {[]string{"-mode", "free"}, nil, "use hosted_checkout or smart_routing"},
		"no duration":        {nil, map[string]string{"ORDER_TTL": "60"}, "ORDER_TTL"},
		"no second":          {nil, map[string]string{"RECONCILE_EVERY": "1ms"}, "RECONCILE_EVERY"},
		"no database":        {nil, elsewhere("DATABASE_URL", "postgres://u:secret-key@127.0.0.1:1/x"), "migrate"},
		"no database URL":    {nil, elsewhere("DATABASE_URL", "postgres://u:secret-key@host:x/"), "DATABASE_URL must"},
		"no public URL":      {nil, map[string]string{"PUBLIC_URL": "shop.example"}, "PUBLIC_URL must"},
		"public, without a gateway": {
			nil,
			map[string]string{"PUBLIC_URL": "https://shop.example"},
			"the gateway in this process takes no money",
		},
		"public, without mail": {nil, elsewhere("PUBLIC_URL", "https://shop.example"), "set SMTP_URL"},
		"flag":                 {[]string{"-nonsense"}, nil, "nonsense"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			err := run(t.Context(), append([]string{"-addr", "127.0.0.1:0"}, row.args...),
				func(name string) string { return row.env[name] }, &out, io.Discard)
			require.ErrorContains(t, err, row.want)
			assert.NotContains(t, err.Error(), "secret-key")
			assert.NotContains(t, out.String(), "shop:")
		})
	}
}

// Without any setting the program is whole: a gateway, a database, a shop.
func TestRun_nothingSet(t *testing.T) {
	t.Parallel()
	log := &syncBuffer{}
	url, _ := start(t, nil, log, "-mode", "smart_routing")
	s := &store{t: t, url: url, browser: plainBrowser(t)}
	assert.Contains(t, s.get("/").text, "Teapot")
	assert.Equal(t, 404, s.get("/admin").status)
}

// The built-in gateway of a second run knows nothing of the first one's sessions, and must not use their ids again.
func TestRun_lastingFolder(t *testing.T) {
	t.Parallel()
	env := map[string]string{"DATA_DIR": t.TempDir()}
	sessions := map[string]bool{}
	for range 2 {
		address, stop := start(t, env, io.Discard)
		s := &store{t: t, url: address, browser: plainBrowser(t)}
		require.Equal(t, http.StatusSeeOther, s.post("/basket", url.Values{"product": {"mug"}}).status)
		checkout, err := url.Parse(s.post("/orders", url.Values{"email": {buyer}}).location)
		require.NoError(t, err)
		session := checkout.Query().Get("session")
		assert.NotEmpty(t, session)
		assert.NotContains(t, sessions, session)
		sessions[session] = true
		info, err := os.Stat(env["DATA_DIR"] + "/storefront.db")
		require.NoError(t, err)
		assert.Equal(t, fs.FileMode(0o600), info.Mode(), "what buyers wrote is for this user alone")
		stop()
	}
}
