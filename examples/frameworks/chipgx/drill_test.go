package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/internal/lab/database"
)

const (
	key    = "a-key-for-tests"
	secret = "a-secret-for-tests"
)

// All tests of this package share these variables.
var (
	postgres = database.Shared{Start: database.StartPostgres}
	programs = sync.OnceValues(build)
)

func TestMain(m *testing.M) {
	code := m.Run()
	postgres.Remove()
	if dir, err := programs(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// build returns a directory with the command ecomtrade24.
func build() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "chipgx-"); err == nil {
		err = compile("-C", "../../../cmd", "-o", filepath.Join(dir, "ecomtrade24"), "./ecomtrade24")
	}
	return dir, err
}

// soon holds the source of an inbox that looks up each open session only twice, immediately. Reconcile makes four
// lookups a second, so it must not repeat lookups of sessions that earlier scenarios left open.
const soon = `pgxinbox.New(pool, apply, inbox.WithSpacing(func(age time.Duration, _ bool) time.Duration {
	if age < 2*time.Millisecond {
		return time.Millisecond
	}
	return 0
}))`

func compile(args ...string) error {
	output, err := exec.CommandContext(context.Background(), "go", append([]string{"build"}, args...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("go build %v: %w\n%s", args, err, output)
	}
	return nil
}

// plant makes the replacements that fault lists in this shop's source, builds the shop and returns the program's path.
func plant(t *testing.T, fault []string) (program string) {
	t.Helper()
	source, err := filepath.Abs("main.go")
	require.NoError(t, err)
	content, err := os.ReadFile(source)
	require.NoError(t, err)
	fault = append([]string{`pgxinbox.New(pool, apply)`, soon}, fault...)
	for i := 0; i < len(fault); i += 2 {
		require.Equal(t, 1, bytes.Count(content, []byte(fault[i])), fault[i])
	}
	dir := t.TempDir()
	planted := filepath.Join(dir, "main.go")
	require.NoError(t, os.WriteFile(planted, []byte(strings.NewReplacer(fault...).Replace(string(content))), 0o600))
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{source: planted}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600))
	program = filepath.Join(dir, "shop")
	require.NoError(t, compile("-overlay", filepath.Join(dir, "overlay.json"), "-o", program, "."))
	return program
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

// drill starts the shop, with a bug unless fault is nil, and runs "ecomtrade24 drill" against it.
func drill(t *testing.T, fault []string, args ...string) (code int, output string) {
	t.Helper()
	bin, err := programs()
	require.NoError(t, err)
	dir, gateway, shop := t.TempDir(), freeAddress(t), "http://"+freeAddress(t)
	env := append(os.Environ(), "SHOP_DIR="+dir, "SHOP_URL="+shop, "DATABASE_URL="+postgres.New(t),
		"ECOMTRADE24_BASE_URL=http://"+gateway, "ECOMTRADE24_API_KEY="+key, "ECOMTRADE24_WEBHOOK_SECRET="+secret)
	logs, err := os.Create(filepath.Join(dir, "log"))
	require.NoError(t, err)
	defer logs.Close()
	process := exec.CommandContext(t.Context(), "/bin/sh", "-c",
		`while [ -d "$SHOP_DIR" ]; do "$0" & echo $! >"$SHOP_DIR/pid"; wait $!; sleep 0.02; done`, plant(t, fault))
	process.Env, process.Stderr = env, logs
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, process.Start())
	defer func() {
		assert.NoError(t, syscall.Kill(-process.Process.Pid, syscall.SIGKILL))
		_ = process.Wait()
		logged, err := os.ReadFile(logs.Name())
		assert.NoError(t, err)
		for _, private := range []string{key, secret, "buyer@example.com", "shop_domain"} {
			if fault == nil { // a shop with a planted bug may log a webhook
				assert.NotContains(t, string(logged), private)
			}
		}
		if t.Failed() {
			t.Logf("the end of the shop's log:\n%s", logged[max(0, len(logged)-2000):])
		}
	}()
	all := append([]string{
		"drill", "--shop", shop, "--addr", gateway, "--stories", "20", "--wait", "2m", "--patience", "20s",
		"--webhook", "/api/webhook", "--buy", "POST /buy email=buyer@example.com", "--order", "GET /api/orders/{order}",
		"--paid", "text:paid: true", "--fulfilled", `match:shipments: (\d+)`, "--review", "text:review: true",
		"--again", "POST /orders/{order}/pay", "--returned", "text:paid: true", "--reconcile", "POST /cron/reconcile",
		"--invoice", `match:invoice: (\d+)`, "--log", logs.Name(),
		"--break", `psql -qc "ALTER TABLE orders RENAME TO lost" "$DATABASE_URL"`,
		"--fix", `psql -qc "ALTER TABLE lost RENAME TO orders" "$DATABASE_URL"`,
		"--restart", `old=$(cat "$SHOP_DIR/pid") && kill -9 $old && while kill -0 $old 2>/dev/null; do sleep 0.02; done`,
	}, args...)
	play := exec.CommandContext(t.Context(), filepath.Join(bin, "ecomtrade24"), all...)
	var out bytes.Buffer
	play.Env, play.Stdout, play.Stderr = env, &out, &out
	var exit *exec.ExitError
	if err := play.Run(); !errors.As(err, &exit) {
		require.NoError(t, err, out.String())
	}
	return play.ProcessState.ExitCode(), out.String()
}

func TestShop(t *testing.T) {
	t.Parallel()
	code, output := drill(t, nil)
	assert.Zero(t, code, output)
	assert.Regexp(t, regexp.MustCompile(`(?m)^total +\d+ +0 +\d+$`), output)
	var gaps []string
	for _, found := range regexp.MustCompile(`(?m)^  \d+ scenarios?: (.+)$`).FindAllStringSubmatch(output, -1) {
		gaps = append(gaps, regexp.MustCompile(`such as \w+`).ReplaceAllString(found[1], "such as ID"))
	}
	assert.ElementsMatch(t, []string{
		"needs shoptest, which can make single statements fail",
		"needs --totals and --total",
		"needs --domain",
		"Order returns no side effects",
		"the shop's order IDs, such as ID, cannot be changed this way",
		"the return URL names its order in the path",
		"an order's return URL cannot be guessed from another order's URL",
		"this shop sells nothing while cards are the only method of its plan",
	}, gaps)
}

// faults lists the bugs, which are planted one at a time.
var faults = map[string]struct {
	found string
	fault []string // pairs of source text and its replacement
}{
	"middleware": {"the signature is verified over the raw body", []string{
		`import (`, `import ("io"`,
		`router.Handle("/api/webhook"`, `router.With(tidied).Handle("/api/webhook"`,
		`func main() {`, `
			func tidied(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					tidy := strings.ReplaceAll(string(body), "\\/", "/")
					r.Body, r.ContentLength = io.NopCloser(strings.NewReader(tidy)), int64(len(tidy))
					next.ServeHTTP(w, r)
				})
			}
			func main() {`,
	}},
	"amount": {"a payment of 0.01 does not mark the order paid", []string{`Amount: price, Currency: currency}); err`, `Amount: p.Amount, Currency: currency}); err`}},
	"progress": {"an old session that expires does not undo the payment in a newer session", []string{
		`		_, err := tx.Exec(ctx, ` + "`INSERT", `		if _, err := tx.Exec(ctx, "UPDATE orders SET paid = FALSE WHERE id = $1", p.OrderID); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, ` + "`INSERT",
	}},
	"second": {"a correct payment after an underpayment marks the order paid", []string{
		`case inbox.Paid, inbox.PaidAgain,`, `case inbox.PaidAgain:
			return review(ctx, tx, p.OrderID)
		case inbox.Paid,`,
	}},
	"discard": {"a webhook that could not be stored is not acknowledged", []string{
		`box.Handle)`, `func(ctx context.Context, event *ecomtrade24.Event) error { return webhook.Discard(box.Handle(ctx, event)) })`,
	}},
	"session": {"the Reconcile hook finds a payment whose webhook was lost", []string{
		`return s.box.Expect(ctx, tx, session.ID, o.ID)`, `return nil`,
	}},
	"invoice": {"orders paid at the same time have different invoice numbers", []string{
		`nextval('invoices')`, `(SELECT MAX(invoice) + 1 FROM orders, pg_sleep(0.1))`,
	}},
	"outside": {"a repeated webhook ships nothing more", []string{
		`box.Handle)`, `func(ctx context.Context, event *ecomtrade24.Event) error {
			if _, err := pool.Exec(ctx, "UPDATE orders SET shipments = shipments+1 WHERE id = $1", event.OrderID); err != nil {
				return err
			}
			return box.Handle(ctx, event)
		})`,
		`shipments = shipments + 1`, `shipments = shipments`,
	}},
	"debug": {"the log contains no webhook body", []string{
		`	p := &c.Payment
`, `	p := &c.Payment
		log.Print(string(c.Raw))
`,
	}},
	"before": {"a webhook that arrives earlier than session.php's response marks the order paid", []string{
		`if _, err := s.db.Exec(r.Context(), `, `defer func(ctx context.Context, query string, args ...any) {
			_, _ = s.db.Exec(ctx, query, args...)
		}(context.WithoutCancel(r.Context()), `,
		"o.ID, o.Email); err != nil {\n\t\treturn err\n\t}\n", "o.ID, o.Email)\n",
	}},
}

// The drill finds each planted bug.
func TestShop_faults(t *testing.T) {
	t.Parallel()
	for name, row := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, output := drill(t, row.fault, "--only", row.found)
			assert.Equal(t, 1, code, output)
			assert.Contains(t, output, "\n  FAILED  "+row.found+"\n", output)
		})
	}
}
