package main

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

const (
	buyer    = "buyer@example.com"
	password = "admin-password-of-the-test"
)

var postgres string // the folder with the Unix socket of the tests' PostgreSQL; empty if PostgreSQL is not installed

// startPostgres starts the installed PostgreSQL, if there is one, in a new folder. The shell stops the server when its
// input ends, even if this process dies. PostgreSQL does not run as root.
func startPostgres(dir string) (remove func(), err error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // Debian keeps initdb out of PATH
	if path, missing := exec.LookPath("initdb"); missing == nil {
		found = append(found, path)
	}
	if err != nil || len(found) == 0 {
		return func() {}, err
	}
	const script = `cd "$2" && "$1/initdb" -D data -U postgres -A trust -E UTF8 --no-locale >log || exit 1
"$1/postgres" -D data -k "$2" -c listen_addresses= -c max_connections=500 2>log & read _; kill -QUIT $!; wait $!`
	command := []string{"sh", "-c", script, "sh", filepath.Dir(found[len(found)-1]), dir}
	if os.Geteuid() == 0 {
		command = append([]string{"runuser", "-u", "postgres", "--"}, command...)
		err = exec.Command("chown", "postgres", dir).Run()
	}
	process := exec.Command(command[0], command[1:]...)
	process.Stderr = os.Stderr
	input, err2 := process.StdinPipe()
	if err := errors.Join(err, err2, process.Start()); err != nil {
		return nil, err
	}
	postgres = dir
	return func() {
		_ = input.Close()
		_ = process.Wait()
	}, nil
}

func dsn(database string) string { return "host=" + postgres + " user=postgres dbname=" + database }

// newDatabase copies an existing database; copying "template1" gives an empty one. Without a server, it skips the test.
func newDatabase(t *testing.T, name, from string) string {
	t.Helper()
	if postgres == "" {
		t.Skip("PostgreSQL is not installed")
	}
	db, err := sql.Open("pgx", dsn("postgres"))
	require.NoError(t, err)
	defer db.Close()
	require.Eventually(t, func() bool { return db.PingContext(t.Context()) == nil }, time.Minute, 20*time.Millisecond)
	_, err = db.ExecContext(t.Context(), "CREATE DATABASE "+name+" TEMPLATE "+from)
	require.NoError(t, err)
	return dsn(name)
}

func TestMain(m *testing.M) {
	code, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runAll(m *testing.M) (code int, err error) {
	folder, err := os.MkdirTemp("", "pg-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	remove, err := startPostgres(folder)
	if err != nil {
		return 0, err
	}
	defer remove()
	if postgres == "" && os.Getenv("CI") == "true" {
		return 0, errors.New("PostgreSQL is not installed")
	}
	temporary, err := os.MkdirTemp("", "storefront-test-") // for shops that create a temporary folder
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(temporary)
	if err := os.Setenv("TMPDIR", temporary); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// onEachDatabase runs a test twice: with a storefront on SQLite and with one on PostgreSQL.
func onEachDatabase(t *testing.T, env map[string]string, test func(s *store)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(newStore(t, env))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		name := strings.ToLower(strings.NewReplacer("/", "_", "-", "_").Replace(t.Name()))
		with := map[string]string{"DATABASE_URL": newDatabase(t, name, "template1")}
		maps.Copy(with, env)
		test(newStore(t, with))
	})
}

// store is a running storefront with a buyer's browser.
type store struct {
	t       *testing.T
	url     string
	data    string
	gateway *gatewaytest.Gateway
	browser *http.Client
	log     *syncBuffer
	stop    func() // also runs at the end of the test
}

// newStore runs the program until the test ends. The program must end without an error and have no secrets in its log.
func newStore(t *testing.T, env map[string]string, opts ...gatewaytest.Option) *store {
	t.Helper()
	g := gatewaytest.New(t, opts...)
	s := &store{t: t, data: t.TempDir(), gateway: g, log: &syncBuffer{}}
	all := map[string]string{
		"ECOMTRADE24_BASE_URL": g.URL, "ECOMTRADE24_API_KEY": g.APIKey, "ECOMTRADE24_WEBHOOK_SECRET": g.WebhookSecret,
		"DATA_DIR": s.data, "ADMIN_PASSWORD": password, "DRAIN_FOR": "0s",
	}
	maps.Copy(all, env)
	s.url, s.stop = start(t, all, s.log)
	g.DeliverTo(s.url + "/api/webhook")
	s.browser = plainBrowser(t)
	t.Cleanup(func() {
		for _, secret := range []string{g.APIKey, g.WebhookSecret, password, buyer} {
			assert.NotContains(t, s.log.String(), secret)
		}
		if t.Failed() {
			t.Log(s.log.String())
		}
	})
	return s
}

// plainBrowser keeps cookies and follows no redirect.
func plainBrowser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &http.Client{
		Jar: jar, Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// start runs the program until the test ends or invokes stop. The program must end without an error.
func start(t *testing.T, env map[string]string, log io.Writer, args ...string) (url string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, stdout := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), func(name string) string { return env[name] },
			stdout, log)
		stdout.Close()
		ended <- err
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		assert.NoError(t, <-ended)
	})
	t.Cleanup(stop)
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "Press Ctrl-C to stop"; {
		if found, ok := strings.CutPrefix(lines.Text(), "listening: "); ok {
			url = found
		}
	}
	if url == "" {
		err := <-ended
		ended <- nil
		require.NoError(t, err, "the program did not start")
	}
	return url, stop
}

// answer is an HTTP response.
type answer struct {
	status   int
	location string
	text     string
}

func (s *store) do(r *http.Request) answer {
	s.t.Helper()
	resp, err := s.browser.Do(r)
	require.NoError(s.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	return answer{resp.StatusCode, resp.Header.Get("Location"), string(text)}
}

func (s *store) request(method, path string, form url.Values) *http.Request {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(form.Encode()))
	require.NoError(s.t, err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

func (s *store) get(path string) answer { return s.do(s.request(http.MethodGet, path, nil)) }

func (s *store) post(path string, form url.Values) answer {
	return s.do(s.request(http.MethodPost, path, form))
}

// asAdmin sends a request with the admin password.
func (s *store) asAdmin(method, path string, form url.Values) answer {
	r := s.request(method, path, form)
	r.SetBasicAuth("Ada", password)
	return s.do(r)
}

// order returns the IDs of a new, unpaid order for a mug and of its session.
func (s *store) order() (order, session string) {
	s.t.Helper()
	require.Equal(s.t, http.StatusSeeOther, s.post("/basket", url.Values{"product": {"mug"}}).status)
	to := s.post("/orders", url.Values{"email": {buyer}})
	require.Equal(s.t, http.StatusSeeOther, to.status, to.text)
	require.Contains(s.t, to.location, s.gateway.URL)
	sessions := s.gateway.Sessions()
	newest := sessions[len(sessions)-1]
	return newest.OrderID, newest.SessionID
}

// state returns the state that the order's page shows.
func (s *store) state(order string) string {
	s.t.Helper()
	shown := s.get("/orders/" + order)
	require.Equal(s.t, http.StatusOK, shown.status)
	_, after, found := strings.Cut(shown.text, `<h1 id="state" class="state`)
	require.True(s.t, found, shown.text)
	_, after, _ = strings.Cut(after, ">")
	said, _, _ := strings.Cut(after, "</h1>")
	return said
}

// deliver sends a signed webhook and returns the response's status.
func (s *store) deliver(body string) int {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/api/webhook", strings.NewReader(body))
	require.NoError(s.t, err)
	r.Header.Set("X-Signature", webhook.Sign(s.gateway.WebhookSecret, []byte(body)))
	return s.do(r).status
}

// mails returns the files of an order's mails so far.
func (s *store) mails(order string) []string {
	files, err := filepath.Glob(filepath.Join(s.data, "mail", order+".*"))
	require.NoError(s.t, err)
	return files
}

// eventually waits until the function done reports true, because the queue works in the background.
func (s *store) eventually(what string, done func() bool) {
	s.t.Helper()
	require.Eventually(s.t, done, 2*time.Minute, 50*time.Millisecond, what)
}

// syncBuffer is a log that a test may read while the program writes it.
type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *syncBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *syncBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
