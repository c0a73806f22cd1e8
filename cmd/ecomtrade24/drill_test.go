package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// foreign is a shop of testdata/shops, in a process of its own.
type foreign struct {
	program string
	command string // of a shell
	args    []string
}

const nodeFile = `@webhook = /api/webhook
@paid = json:state=paid
@fulfilled = json:shipments
@review = json:review
@effect = receipts=json:receipts
@effect = points=json:points
@invoice = json:invoice
@total = stock=json:stock
@returned = match:is <b>paid</b>

### buy: a basket
POST /basket item=mug

### buy: its checkout, with the token of the page
POST /checkout
Content-Type: application/x-www-form-urlencoded

csrf={field:csrf}&email=buyer@example.com

### order
GET /api/orders/{order}

### again
POST /orders/{order}/pay

### reconcile
POST /cron/reconcile

### totals
GET /api/totals
`

// loop starts the program again after a restart has killed it.
const loop = `while [ -d "$SHOP_DIR" ]; do PROGRAM & echo $! > "$SHOP_DIR/pid"; wait $!; sleep 0.02; done`

// storage are the flags that break and restart a shop, and show its log. PHP's server has workers, which die with it.
var storage = []string{
	"--log", "$SHOP_DIR/log", "--break", `touch "$SHOP_DIR/broken"`, "--mend", `rm "$SHOP_DIR/broken"`,
	"--restart", `old=$(cat "$SHOP_DIR/pid") && kill -9 $old $(cat /proc/$old/task/$old/children) &&
		while kill -0 $old 2>/dev/null; do sleep 0.02; done`,
}

func nodeShop(t *testing.T) foreign {
	t.Helper()
	file := filepath.Join(t.TempDir(), "drill.http")
	require.NoError(t, os.WriteFile(file, []byte(nodeFile), 0o600))
	return foreign{
		program: "node", command: strings.ReplaceAll(loop, "PROGRAM", "node testdata/shops/shop.mjs"),
		args: append([]string{"--file", file}, storage...),
	}
}

func phpShop() foreign {
	server := `php -d display_errors=0 -S "${SHOP_URL#http://}" testdata/shops/shop.php`
	return foreign{
		program: "php", command: strings.ReplaceAll(loop, "PROGRAM", server),
		args: append([]string{
			"--webhook", "/webhook.php", "--buy", "POST /buy email=buyer@example.com", "--order", "GET /thanks?order={order}",
			"--paid", "text:Paid", "--fulfilled", "text:Sent", "--review", "text:We are checking your payment.",
			"--again", "POST /orders/{order}/pay", "--returned", "text:Paid", "--reconcile", "POST /cron/reconcile",
			"--totals", "GET /api/totals", "--total", "stock=json:stock",
		}, storage...),
	}
}

func pythonShop() foreign {
	return foreign{
		program: "python3", command: strings.ReplaceAll(loop, "PROGRAM", "python3 testdata/shops/shop.py"),
		args: append([]string{
			"--webhook", "/api/webhook", "--buy", "POST /buy email=buyer@example.com", "--order", "GET /api/orders/{order}",
			"--paid", "json:state=paid", "--fulfilled", "json:shipments", "--review", "json:review",
			"--again", "POST /orders/{order}/pay", "--returned", "text:Thank you", "--reconcile", "POST /cron/reconcile",
			"--effect", "receipts=json:receipts", "--effect", "points=json:points", "--invoice", "json:invoice",
			"--totals", "GET /api/totals", "--total", "stock=json:stock",
		}, storage...),
	}
}

// byhandShop is a shop in Go without the inbox. A fault replaces pieces of its source.
func byhandShop(t *testing.T, fault ...string) foreign {
	t.Helper()
	source, err := filepath.Abs("testdata/shops/byhand/main.go")
	require.NoError(t, err)
	content, err := os.ReadFile(source)
	require.NoError(t, err)
	for i := 0; i < len(fault); i += 2 {
		require.Equal(t, 1, bytes.Count(content, []byte(fault[i])), fault[i])
	}
	dir := t.TempDir()
	planted, file, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "overlay"), filepath.Join(dir, "byhand")
	require.NoError(t, os.WriteFile(planted, []byte(strings.NewReplacer(fault...).Replace(string(content))), 0o600))
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{source: planted}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, overlay, 0o600))
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", file, "-o", program, "./testdata/shops/byhand")
	output, err := build.CombinedOutput()
	require.NoError(t, err, string(output))
	return foreign{
		program: program, command: strings.ReplaceAll(loop, "PROGRAM", program),
		args: append([]string{
			"--webhook", "/api/webhook", "--buy", "POST /buy email=buyer@example.com", "--order", "GET /orders/{order}",
			"--paid", "json:paid", "--fulfilled", "json:shipments", "--review", "json:review",
			"--again", "POST /orders/{order}/pay", "--returned", "json:paid", "--reconcile", "POST /cron/reconcile",
		}, append(slices.Clone(storage),
			"--break", `mkdir "$SHOP_DIR/orders.json.new"`, "--mend", `rmdir "$SHOP_DIR/orders.json.new"`)...),
	}
}

// drills starts the shop with a fault, and plays the drill against it.
func (f foreign) drills(t *testing.T, fault string, args ...string) (code int, output string) {
	t.Helper()
	if _, err := exec.LookPath(f.program); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(f.program + " is not installed")
	}
	dir := t.TempDir()
	gateway, shop := "127.0.0.1:"+freePort(t), "http://127.0.0.1:"+freePort(t)
	process := exec.CommandContext(t.Context(), "/bin/sh", "-c", f.command)
	shopSecret := sandboxSecret
	if fault == "secret" {
		shopSecret = "another"
	}
	process.Env = append(os.Environ(), "FAULT="+fault, "SHOP_DIR="+dir, "SHOP_URL="+shop, "PHP_CLI_SERVER_WORKERS=6",
		envBaseURL+"=http://"+gateway, envAPIKey+"="+sandboxKey, envWebhookSecret+"="+shopSecret)
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log, err := os.Create(filepath.Join(dir, "log"))
	require.NoError(t, err)
	defer log.Close()
	process.Stdout, process.Stderr = log, log
	require.NoError(t, process.Start())
	defer func() {
		assert.NoError(t, syscall.Kill(-process.Process.Pid, syscall.SIGKILL))
		_ = process.Wait()
		logged, err := os.ReadFile(log.Name())
		assert.NoError(t, err)
		for _, private := range []string{shopSecret, sandboxKey, "buyer@example.com", "shop_domain"} {
			if fault == "log" {
				break // that is the fault
			}
			assert.NotContains(t, string(logged), private, "the log of %s", f.program)
		}
		if t.Failed() {
			t.Logf("the end of the shop's log:\n%s", logged[max(0, len(logged)-2000):])
		}
	}()
	for i, arg := range args {
		args[i] = strings.ReplaceAll(arg, "$SHOP_DIR", dir)
	}
	own := []string{"drill", "--shop", shop, "--addr", gateway, "--stories", "20", "--wait", "2m"}
	for _, arg := range f.args {
		own = append(own, strings.ReplaceAll(arg, "$SHOP_DIR", dir))
	}
	var out bytes.Buffer
	code = run(t.Context(), append(own, args...), strings.NewReader(""), &out, &out)
	return code, out.String()
}

// given are the ports that freePort has returned.
var given sync.Map

// freePort returns a port that nothing listens on for the moment. It is none of those that the system gives to whoever
// asks for any, so that no other test gets it before the shop is up.
func freePort(t *testing.T) string {
	t.Helper()
	for {
		port := strconv.Itoa(20_000 + rand.IntN(10_000))
		if _, twice := given.LoadOrStore(port, true); twice {
			continue
		}
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:"+port)
		if err == nil {
			require.NoError(t, l.Close())
			return port
		}
	}
}

// Shops in any language pass everything that they do not lack.
func TestDrill_rightShops(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		shop        foreign
		notExamined int // single statements, another domain, IDs that cannot be guessed, and what the shop does not have
	}{
		"node":   {nodeShop(t), 18},
		"php":    {phpShop(), 25},
		"python": {pythonShop(), 18},
		"byhand": {byhandShop(t), 38},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, output := row.shop.drills(t, "")
			assert.Zero(t, code, output)
			assert.Regexp(t, `(?m)^total +\d+ +0 +`+strconv.Itoa(row.notExamined)+`$`, output)
		})
	}
}

// With -update it leaves in docs/pictures what the drill says of a shop that forgets to look at the currency, for the
// browser tests to photograph.
func TestDrill_picture(t *testing.T) {
	t.Parallel()
	if !*update {
		t.Skip("only with -update")
	}
	var settings strings.Builder
	shop := phpShop()
	for flag := range slices.Chunk(shop.args[:len(shop.args)-len(storage)], 2) {
		fmt.Fprintf(&settings, "@%s = %s\n", strings.TrimPrefix(flag[0], "--"), flag[1])
	}
	file := filepath.Join(t.TempDir(), "shop.http")
	require.NoError(t, os.WriteFile(file, []byte(settings.String()), 0o600))
	shop.args = []string{"--file", file}
	_, output := shop.drills(t, "currency", "--only", "money")
	_, found, _ := strings.Cut(output, "\n\nmoney\n")
	require.Contains(t, found, "FAILED", output)
	found = regexp.MustCompile(`--shop=.*?--file=\S+/`).ReplaceAllString(found, "--file=")
	text := "$ ecomtrade24 drill --file=shop.http --only=money\n\nmoney\n" + found
	require.NoError(t, os.WriteFile("../../docs/pictures/examination.txt", []byte(text), 0o600))
}

// Each fault that is planted into them is found.
func TestDrill_faults(t *testing.T) {
	t.Parallel()
	node, php, python := nodeShop(t), phpShop(), pythonShop()
	for _, row := range []struct {
		shop         foreign
		fault, found string
	}{
		{node, "parsed", "the signature is that of the raw body"},
		{node, "chunk", "a webhook that comes slowly is accepted"},
		{node, "float", "an amount with an exponent does not pay"},
		{node, "status", "paid, then expired ships once"},
		{node, "twice", "the same webhook again ships nothing more"},
		{node, "swallowed", "a webhook that could not be stored is not acknowledged"},
		{node, "return", "coming back is no payment"},
		{node, "await", "Reconcile finds a payment whose webhook was lost"},
		{node, "bigint", "a session ID beyond 2^53 is looked up"},
		{node, "log", "the log holds no webhook's body"},
		{php, "optional", "an unsigned webhook pays nothing"},
		{php, "header", "X-Webhook-Signature is accepted"},
		{php, "loose", "an amount with an exponent does not pay"},
		{php, "currency", "another currency does not pay"},
		{php, "test", "a test with a real order pays nothing"},
		{php, "race", "the same payment sixteen times at once ships once"},
		{php, "query", "the query string names no status"},
		{php, "xss", "the return page shows no markup from its address"},
		{php, "unknown", "an unknown order is no error"},
		{php, "cancel", "a visit to the cancel URL stops no payment"},
		{python, "zip", "a signature cut short pays nothing"},
		{python, "exponent", "an amount with an exponent does not pay"},
		{python, "expired", "expired, then paid pays"},
		{python, "sql", "an order ID with a quote and a comment behind it pays nothing"},
		{python, "case", "an order ID in another case pays nothing"},
		{python, "seen", "a webhook that could not be stored is not acknowledged"},
		{python, "lock", "a gateway that hangs stops nobody but its own buyer"},
		{python, "fold", "paid with a no-break space is not paid"},
		{python, "again", "no second session while a payment is processing"},
		{python, "points", "the same webhook again ships nothing more"},
	} {
		t.Run(filepath.Base(row.shop.program)+"/"+row.fault, func(t *testing.T) {
			t.Parallel()
			row.shop.fails(t, row.fault, row.found)
		})
	}
}

// fails requires that the drill finds the fault.
func (f foreign) fails(t *testing.T, fault, found string) {
	t.Helper()
	code, output := f.drills(t, fault, "--only", found)
	assert.Equal(t, exitFailed, code, output)
	assert.Contains(t, output, "\n  FAILED  "+found+"\n", output)
	assert.Contains(t, output, "Impact: ", output)
	assert.Contains(t, output, "Fix: ", output)
}

// Each fault is found that replaces pieces of the shop in Go.
func TestDrill_byhandFaults(t *testing.T) {
	t.Parallel()
	const (
		settles = "Amount: price, Currency: currency})\n\tif o == nil ||"
		hook    = "webhook.NewHandler(verifier, s.apply)"
		apply   = "return s.change(func(orders map[string]*order) { orders[event.OrderID]"
	)
	for name, row := range map[string]struct {
		found string
		fault []string // what it replaces, and by what
	}{
		"amount":   {"a cent pays for nothing dearer", []string{settles, strings.Replace(settles, "price", "p.Amount", 1)}},
		"currency": {"another currency does not pay", []string{settles, strings.Replace(settles, "currency", "p.Currency", 1)}},
		"letters":  {"usd is USD", []string{settles, settles + ` p.Paid() && p.Currency != currency ||`}},
		"expired": {"paid, then expired ships once", []string{
			settles, strings.Replace(settles, "\n", "\n\tif o != nil && p.Status.Final() { o.Paid = false }\n", 1),
		}},
		"prefix": {"a signature with the prefix sha256= is accepted", []string{hook, `http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.Header.Get("X-Signature"), "=") {
				http.Error(w, "no hex digits", http.StatusUnauthorized)
				return
			}
			` + hook + `.ServeHTTP(w, r)
		})`}},
		"read": {"a webhook that comes slowly is accepted", []string{`import (`, `import ("bytes"; "io"`, hook, `http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body := make([]byte, 64<<10)
			n, _ := r.Body.Read(body)
			r.Body = io.NopCloser(bytes.NewReader(body[:n]))
			` + hook + `.ServeHTTP(w, r)
		})`}},
		"early": {"a webhook that could not be stored is not acknowledged", []string{
			hook, `webhook.NewHandler(verifier, func(_ context.Context, event *ecomtrade24.Event) error {
				go s.apply(context.Background(), event)
				return nil
			})`,
		}},
		"race": {"the same payment sixteen times at once ships once", []string{apply, `
			orders, _ := s.load()
			open := orders[event.OrderID] != nil && !orders[event.OrderID].Paid
			time.Sleep(time.Second)
			return s.change(func(orders map[string]*order) {
				if open {
					orders[event.OrderID].Paid = false
				}
				orders[event.OrderID]`}},
		"memory":   {"a restart forgets no payment", []string{`"/orders.json"`, `fmt.Sprint("/orders", os.Getpid())`}},
		"payments": {"two paid sessions ship once", []string{`err == nil && !o.Paid:`, `err == nil && (!o.Paid || o.SessionID != p.SessionID):`}},
		"other":    {"a lookup's response about another order pays nothing", []string{`status.OrderID == id`, `id != ""`}},
		"session":  {"Reconcile finds a payment whose webhook was lost", []string{`SessionID: session.ID, Status:`, `Status:`}},
		"redirect": {"the return page leads to no other site", []string{`w http.ResponseWriter, _ *http.Request, o *order) error {`, `w http.ResponseWriter, r *http.Request, o *order) error {
			if next := r.URL.Query().Get("next"); next != "" {
				http.Redirect(w, r, next, http.StatusSeeOther)
			}`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			byhandShop(t, row.fault...).fails(t, name, row.found)
		})
	}
}

// An example is read, so none has more than 200 lines.
func TestShops_short(t *testing.T) {
	t.Parallel()
	const shops = "testdata/shops/"
	for _, pattern := range []string{
		shops + "shop.mjs", shops + "shop.php", shops + "shop.py", shops + "byhand/*", "../../examples/frameworks/chipgx/*",
	} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		lines := 0
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			lines += bytes.Count(content, []byte("\n"))
		}
		assert.Positive(t, lines, pattern)
		assert.LessOrEqual(t, lines, 200, pattern)
	}
}

// A shop that cannot be examined fails once; the reports for programs say the same.
func TestDrill_reports(t *testing.T) {
	t.Parallel()
	code, output := nodeShop(t).drills(t, "secret")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, output, "responds 401 to a correctly signed webhook: does the shop have this gateway's secret?")
	assert.Contains(t, output, "The shop cannot be examined: nothing else was played.")

	code, output = nodeShop(t).drills(t, "", "--html", filepath.Join(t.TempDir(), "none", "report.html"))
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, output, "--html: no such file or directory: name a file that can be written")
	assert.NotContains(t, output, "The drill plays")

	file := filepath.Join(t.TempDir(), "drill.xml")
	code, output = nodeShop(t).drills(t, "twice",
		"--only", "twice/the same webhook", "--only", "domain", "--json", "--junit", file)
	assert.Equal(t, exitFailed, code)
	var last struct{ Passed, Failed, Skipped int }
	lines := strings.Split(strings.TrimSpace(output), "\n")
	for _, line := range lines {
		require.True(t, json.Valid([]byte(line)), line)
	}
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &last))
	assert.Positive(t, last.Failed)
	assert.Equal(t, 1, last.Skipped)
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	var suites junitSuites
	require.NoError(t, xml.Unmarshal(content, &suites))
	failures, skips := 0, 0
	for _, suite := range suites.Suites {
		failures += suite.Failures
		skips += suite.Skipped
	}
	assert.Equal(t, last.Failed, failures)
	assert.Equal(t, last.Skipped, skips)
}
