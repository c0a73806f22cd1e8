package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/internal/exam"
)

// foreign is a shop in another language, of testdata/shops.
type foreign struct {
	program string
	command string // of a shell
	args    []string
}

const nodeFile = `@webhook = /api/webhook
@paid = json:state=paid
@fulfilled = json:shipments
@review = json:review
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
`

func nodeShop(t *testing.T) foreign {
	t.Helper()
	file := filepath.Join(t.TempDir(), "drill.http")
	require.NoError(t, os.WriteFile(file, []byte(nodeFile), 0o600))
	return foreign{
		program: "node",
		command: `while [ -d "$SHOP_DIR" ]; do node testdata/shops/shop.mjs; done`,
		args: []string{
			"--file", file, "--break", `touch "$SHOP_DIR/broken"`, "--mend", `rm "$SHOP_DIR/broken"`,
			"--restart", `old=$(cat "$SHOP_DIR/pid") && kill -9 $old && while kill -0 $old 2>/dev/null; do sleep 0.02; done`,
		},
	}
}

func phpShop() foreign {
	return foreign{
		program: "php",
		command: `exec php -d display_errors=0 -S "${SHOP_URL#http://}" testdata/shops/shop.php`,
		args: []string{
			"--webhook", "/webhook.php", "--buy", "POST /buy email=buyer@example.com", "--order", "GET /order?order={order}",
			"--paid", "text:Paid", "--fulfilled", "text:Parcel sent", "--review", "text:Somebody of us looks into it.",
			"--again", "POST /pay?order={order}",
		},
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
	process.Env = append(os.Environ(), "FAULT="+fault, "SHOP_DIR="+dir, "SHOP_URL="+shop, "PHP_CLI_SERVER_WORKERS=6",
		envBaseURL+"=http://"+gateway, envAPIKey+"="+sandboxKey, envWebhookSecret+"="+sandboxSecret)
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, process.Start())
	defer func() {
		assert.NoError(t, syscall.Kill(-process.Process.Pid, syscall.SIGKILL))
		_ = process.Wait()
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

// freePort is a port that nothing listens on for the moment. It is none of those that the system gives to whoever asks
// for any, so that no other test gets it before the shop is up.
func freePort(t *testing.T) string {
	t.Helper()
	for {
		port := strconv.Itoa(20_000 + rand.IntN(10_000))
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:"+port)
		if err == nil {
			require.NoError(t, l.Close())
			return port
		}
	}
}

// Shops in other languages pass everything that they do not lack.
func TestDrill_rightShops(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		shop    foreign
		skipped int
	}{
		"node": {nodeShop(t), 1},
		"php":  {phpShop(), 14},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, output := row.shop.drills(t, "")
			assert.Zero(t, code, output)
			assert.Equal(t, row.skipped, strings.Count(output, ": needs --"), output)
			assert.Equal(t, len(exam.Scenarios())-row.skipped, strings.Count(output, "\n  ok "), output)
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
	_, output := phpShop().drills(t, "currency", "--only", "money")
	_, found, _ := strings.Cut(output, "\n\nmoney\n")
	require.Contains(t, found, "FAILED", output)
	text := "$ ecomtrade24 drill --shop http://127.0.0.1:8080 --only money\n\nmoney\n" + found
	require.NoError(t, os.WriteFile("../../docs/pictures/examination.txt", []byte(text), 0o600))
}

// Each fault that is planted into them is found.
func TestDrill_faults(t *testing.T) {
	t.Parallel()
	node, php := nodeShop(t), phpShop()
	for _, row := range []struct {
		shop         foreign
		fault, found string
	}{
		{node, "unsigned", "an unsigned webhook pays nothing"},
		{node, "parsed", "the signature is that of the body as it came"},
		{node, "float", "an amount with an exponent does not pay"},
		{node, "status", "paid, then expired stays paid"},
		{node, "twice", "the same webhook again ships nothing more"},
		{node, "return", "coming back proves no payment"},
		{node, "chunk", "a webhook that comes slowly is taken"},
		{node, "swallowed", "a webhook that could not be stored is not acknowledged"},
		{node, "memory", "a restart forgets no order"},
		{node, "reconcile", "a webhook that never comes is made up for"},
		{php, "unsigned", "a webhook signed with another secret pays nothing"},
		{php, "header", "X-Webhook-Signature is looked at"},
		{php, "loose", "an amount with an exponent does not pay"},
		{php, "currency", "another currency does not pay"},
		{php, "test", "a test with a real order pays nothing"},
		{php, "race", "the same payment sixteen times at once ships once"},
	} {
		t.Run(row.shop.program+"/"+row.fault, func(t *testing.T) {
			t.Parallel()
			code, output := row.shop.drills(t, row.fault, "--only", row.found)
			assert.Equal(t, exitFailed, code, output)
			assert.Contains(t, output, "\n  FAILED  "+row.found+"\n", output)
			assert.Contains(t, output, "It costs: ", output)
			assert.Contains(t, output, "Mend it: ", output)
		})
	}
}

// A shop that cannot be examined fails once; the reports for programs say the same.
func TestDrill_reports(t *testing.T) {
	t.Parallel()
	code, output := nodeShop(t).drills(t, "secret")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, output, "responds 401 to a rightly signed webhook: has the shop the gateway's secret?")
	assert.Contains(t, output, "The shop cannot be examined: nothing else was played.")

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
