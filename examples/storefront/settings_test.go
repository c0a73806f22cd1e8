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

// elsewhere returns settings for an unreachable gateway, plus the given settings.
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
		// Incomplete gateway settings are an error, which -demo must not hide.
		"some settings": {nil, map[string]string{"ECOMTRADE24_API_KEY": "secret-key"}, "or start with -demo"},
		"swapped": {nil, map[string]string{
			"ECOMTRADE24_BASE_URL": "secret-key", "ECOMTRADE24_API_KEY": "https://pay.example",
			"ECOMTRADE24_WEBHOOK_SECRET": "s",
		}, "swapped"},
		"nothing":                  {nil, nil, "set ECOMTRADE24_BASE_URL"},
		"-demo with some settings": {[]string{"-demo"}, map[string]string{"ECOMTRADE24_API_KEY": "secret-key"}, "unset"},
		"no such deployment":       {[]string{"-demo"}, map[string]string{"ECOMTRADE24_DEPLOYMENT": "paypal"}, "eployment"},
		"no such plan":             {[]string{"-demo", "-mode", "free"}, nil, "use hosted_checkout or smart_routing"},
		"invalid duration":         {nil, elsewhere("ORDER_TTL", "60"), "ORDER_TTL"},
		"interval too short":       {nil, elsewhere("RECONCILE_EVERY", "1ms"), "RECONCILE_EVERY"},
		"unreachable database":     {nil, elsewhere("DATABASE_URL", "postgres://u:secret-key@127.0.0.1:1/x"), "migrate"},
		"invalid database URL":     {nil, elsewhere("DATABASE_URL", "postgres://u:secret-key@host:x/"), "DATABASE_URL must"},
		"invalid public URL":       {nil, elsewhere("PUBLIC_URL", "shop.example"), "PUBLIC_URL must"},
		"public, and -demo": {
			[]string{"-demo"}, map[string]string{"PUBLIC_URL": "https://shop.example"}, "-demo takes no money",
		},
		"a public shop without a mail server": {nil, elsewhere("PUBLIC_URL", "https://shop.example"), "set SMTP_URL"},
		"a public shop with nowhere to keep orders": {
			nil, elsewhere("PUBLIC_URL", "https://shop.example", "SMTP_URL", "smtp://h"), "set DATABASE_URL or DATA_DIR",
		},
		"invalid proxy":   {nil, elsewhere("TRUSTED_PROXIES", "10.0.0.0/8, proxy.internal"), `"proxy.internal" must be a network`},
		"unusable folder": {nil, elsewhere("DATA_DIR", "/dev/null/shop"), "set DATA_DIR to a folder"},
		"flag":            {[]string{"-nonsense"}, nil, "nonsense"},
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

// The program cannot create a temporary folder, as in a container with a read-only disk.
func TestSettings_readOnlyDisk(t *testing.T) {
	t.Setenv("TMPDIR", "/dev/null")
	require.ErrorContains(t, new(settings).makeDataDir(), "set DATA_DIR to a folder")
	require.NoError(t, (&settings{databaseURL: "postgres://", smtpURL: "smtp://h"}).makeDataDir(), "which needs none")
}

// With -demo, the program needs no other settings. Without a password, or with an empty one, there is no /admin.
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

// The -demo gateway of a second run must not repeat the first run's session IDs.
func TestRun_demoSessionIDsDoNotRepeat(t *testing.T) {
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
			assert.Equal(t, mode, info.Mode(), "only this user may read buyers' data")
			require.NoError(t, os.Chmod(env["DATA_DIR"]+"/"+name, mode|0o055)) // the next start removes these permissions
		}
		stop()
	}
}
