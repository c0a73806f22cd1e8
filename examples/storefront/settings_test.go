package main

import (
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// elsewhere are the settings of a gateway that is not there, and more.
func elsewhere(more ...string) map[string]string {
	env := map[string]string{
		"ECOMTRADE24_BASE_URL": "http://127.0.0.1:1", "ECOMTRADE24_API_KEY": "key", "ECOMTRADE24_WEBHOOK_SECRET": "secret",
	}
	for pair := range slices.Chunk(more, 2) {
		env[pair[0]] = pair[1]
	}
	return env
}

func TestRun_refuses(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		args []string
		env  map[string]string
		want string
	}{
		// Half of the settings is no gateway, and -demo must not hide it.
		"half a gateway": {nil, map[string]string{"ECOMTRADE24_API_KEY": "secret-key"}, "or start with -demo"},
		"swapped": {nil, map[string]string{
			"ECOMTRADE24_BASE_URL": "secret-key", "ECOMTRADE24_API_KEY": "https://pay.example",
			"ECOMTRADE24_WEBHOOK_SECRET": "s",
		}, "swapped"},
		"nothing":                   {nil, nil, "set ECOMTRADE24_BASE_URL"},
		"half a gateway, and -demo": {[]string{"-demo"}, map[string]string{"ECOMTRADE24_API_KEY": "secret-key"}, "unset"},
		"no such deployment":        {[]string{"-demo"}, map[string]string{"ECOMTRADE24_DEPLOYMENT": "paypal"}, "eployment"},
		"no such plan":              {[]string{"-demo", "-mode", "free"}, nil, "use hosted_checkout or smart_routing"},
		"no duration":               {nil, elsewhere("ORDER_TTL", "60"), "ORDER_TTL"},
		"no second":                 {nil, elsewhere("RECONCILE_EVERY", "1ms"), "RECONCILE_EVERY"},
		"no database":               {nil, elsewhere("DATABASE_URL", "postgres://u:secret-key@127.0.0.1:1/x"), "migrate"},
		"no database URL":           {nil, elsewhere("DATABASE_URL", "postgres://u:secret-key@host:x/"), "DATABASE_URL must"},
		"no public URL":             {nil, elsewhere("PUBLIC_URL", "shop.example"), "PUBLIC_URL must"},
		"public, and -demo": {
			[]string{"-demo"}, map[string]string{"PUBLIC_URL": "https://shop.example"}, "-demo takes no money",
		},
		"public, without mail": {nil, elsewhere("PUBLIC_URL", "https://shop.example"), "set SMTP_URL"},
		"public, with nowhere to keep orders": {
			nil, elsewhere("PUBLIC_URL", "https://shop.example", "SMTP_URL", "smtp://h"), "set DATABASE_URL or DATA_DIR",
		},
		"no proxy":  {nil, elsewhere("TRUSTED_PROXIES", "10.0.0.0/8, proxy.internal"), `"proxy.internal" must be a network`},
		"no folder": {nil, elsewhere("DATA_DIR", "/dev/null/shop"), "set DATA_DIR to a folder"},
		"flag":      {[]string{"-nonsense"}, nil, "nonsense"},
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

// No folder can be made for temporary files, as in a container whose disk is read-only.
func TestSettings_readOnlyDisk(t *testing.T) {
	t.Setenv("TMPDIR", "/dev/null")
	require.ErrorContains(t, new(settings).makeDataDir(), "set DATA_DIR to a folder")
	require.NoError(t, (&settings{databaseURL: "postgres://", smtpURL: "smtp://h"}).makeDataDir(), "which needs none")
}

// With -demo the program is complete: a gateway, a database, a shop. Without a password there is no /admin, also for an
// empty password.
func TestRun_demo(t *testing.T) {
	t.Parallel()
	log := &syncBuffer{}
	url, _ := start(t, nil, log, "-demo", "-mode", "smart_routing")
	s := &store{t: t, url: url, browser: plainBrowser(t)}
	assert.Contains(t, s.get("/").text, "Teapot")
	r := s.request(http.MethodGet, "/admin", nil)
	assert.Equal(t, http.StatusNotFound, s.do(r).status)
	r.SetBasicAuth("Ada", "")
	assert.Equal(t, http.StatusNotFound, s.do(r).status)
}

// The built-in gateway of a second run knows nothing of the first one's sessions, and must not use their ids again.
func TestRun_lastingFolder(t *testing.T) {
	t.Parallel()
	env := map[string]string{"DATA_DIR": t.TempDir()}
	require.NoError(t, os.Mkdir(env["DATA_DIR"]+"/mail", 0o755))
	sessions := map[string]bool{}
	for range 2 {
		address, stop := start(t, env, io.Discard, "-demo")
		s := &store{t: t, url: address, browser: plainBrowser(t)}
		require.Equal(t, http.StatusSeeOther, s.post("/basket", url.Values{"product": {"mug"}}).status)
		checkout, err := url.Parse(s.post("/orders", url.Values{"email": {buyer}}).location)
		require.NoError(t, err)
		session := checkout.Query().Get("session")
		assert.NotEmpty(t, session)
		assert.NotContains(t, sessions, session)
		sessions[session] = true
		for name, mode := range map[string]fs.FileMode{"storefront.db": 0o600, "mail": fs.ModeDir | 0o700} {
			info, err := os.Stat(env["DATA_DIR"] + "/" + name)
			require.NoError(t, err)
			assert.Equal(t, mode, info.Mode(), "what buyers wrote is for this user alone")
			require.NoError(t, os.Chmod(env["DATA_DIR"]+"/"+name, mode|0o055)) // which the next start fixes
		}
		stop()
	}
}
