package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// foreign is a shop from testdata/shops, run as a separate process.
type foreign struct {
	program string
	command string // starts the shop
	args    []string
	secret  string // "" means the gateway's secret
	loud    bool   // the shop logs webhooks
}

// loop is a shell script that restarts the program after it is killed.
const loop = `while [ -d "$SHOP_DIR" ]; do PROGRAM & echo $! > "$SHOP_DIR/pid"; wait $!; sleep 0.02; done`

// storage holds drill's flags for the shop's log and for breaking, fixing and restarting the shop. The restart also
// kills the workers of PHP's server.
var storage = []string{
	"--log", "$SHOP_DIR/log", "--break", `touch "$SHOP_DIR/broken"`, "--fix", `rm "$SHOP_DIR/broken"`,
	"--restart", `old=$(cat "$SHOP_DIR/pid") && kill -9 $old $(cat /proc/$old/task/$old/children) &&
		while kill -0 $old 2>/dev/null; do sleep 0.02; done`,
}

func nodeShop() foreign {
	return foreign{
		program: "node", command: strings.ReplaceAll(loop, "PROGRAM", "node testdata/shops/shop.mjs"),
		args: append([]string{"--file", "testdata/shops/shop.http"}, storage...),
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

// byhandShop builds the Go shop that does not use the inbox. The parameter fault holds pairs of old and new source.
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
			"--break", `mkdir "$SHOP_DIR/orders.json.new"`, "--fix", `rmdir "$SHOP_DIR/orders.json.new"`)...),
	}
}

// drills starts the shop with the fault, drills it, and returns the drill's exit code and output.
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
	secret := cmp.Or(f.secret, sandboxSecret)
	process.Env = append(os.Environ(), "FAULT="+fault, "SHOP_DIR="+dir, "SHOP_URL="+shop, "PHP_CLI_SERVER_WORKERS=6",
		envBaseURL+"=http://"+gateway, envAPIKey+"="+sandboxKey, envWebhookSecret+"="+secret)
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
		for _, private := range []string{secret, sandboxKey, "buyer@example.com", "shop_domain"} {
			if !f.loud {
				assert.NotContains(t, string(logged), private, "the log of %s", f.program)
			}
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

// given holds the ports that freePort has already returned.
var given sync.Map

// freePort returns a port that is free now. The system never assigns it to a listener on port 0, so no other test gets
// it before the shop is up.
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

// fails requires that a shop with this fault fails one scenario, whose GROUP/NAME is the parameter found.
func (f foreign) fails(t *testing.T, fault, found string) {
	t.Helper()
	code, output := f.drills(t, fault, "--only", found)
	assert.Equal(t, exitFailed, code, output)
	assert.Contains(t, output, "\n  FAILED  "+found+"\n", output)
	assert.Contains(t, output, "Impact: ", output)
	assert.Contains(t, output, "Fix: ", output)
}
