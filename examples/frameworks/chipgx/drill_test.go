package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"sync/atomic"
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

// What all tests of this package share.
var (
	server    = sync.OnceValues(func() (*database.Server, error) { return database.StartPostgres(context.Background()) })
	programs  = sync.OnceValues(build)
	databases atomic.Int64
)

func TestMain(m *testing.M) {
	code := m.Run()
	if s, err := server(); err == nil {
		s.Remove()
	}
	if dir, err := programs(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// build returns a directory with this shop and the command ecomtrade24.
func build() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "chipgx-"); err != nil {
		return "", err
	}
	for _, args := range [][]string{
		{"build", "-o", filepath.Join(dir, "shop"), "."},
		{"build", "-C", "../../../cmd", "-o", filepath.Join(dir, "ecomtrade24"), "./ecomtrade24"},
	} {
		if output, err := exec.CommandContext(context.Background(), "go", args...).CombinedOutput(); err != nil {
			return dir, fmt.Errorf("go %v: %w\n%s", args, err, output)
		}
	}
	return dir, nil
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

func openDatabase(t *testing.T) (dsn string) {
	t.Helper()
	s, err := server()
	if errors.Is(err, database.ErrMissing) && os.Getenv("CI") != "true" {
		t.Skip("PostgreSQL is not installed: ", err)
	}
	require.NoError(t, err)
	dsn, err = s.CreateDatabase(t.Context(), fmt.Sprintf("shop%d", databases.Add(1)))
	require.NoError(t, err)
	return dsn
}

// drill starts the shop with a fault and plays the drill against it.
func drill(t *testing.T, fault string, args ...string) (code int, output string) {
	t.Helper()
	bin, err := programs()
	require.NoError(t, err)
	dir, gateway, shop := t.TempDir(), freeAddress(t), "http://"+freeAddress(t)
	env := append(os.Environ(), "FAULT="+fault, "SHOP_DIR="+dir, "SHOP_URL="+shop, "DATABASE_URL="+openDatabase(t),
		"ECOMTRADE24_BASE_URL=http://"+gateway, "ECOMTRADE24_API_KEY="+key, "ECOMTRADE24_WEBHOOK_SECRET="+secret)
	logs, err := os.Create(filepath.Join(dir, "log"))
	require.NoError(t, err)
	defer logs.Close()
	process := exec.CommandContext(t.Context(), "/bin/sh", "-c", `while [ -d "$SHOP_DIR" ]; do "$0"; sleep 0.02; done`,
		filepath.Join(bin, "shop"))
	process.Env, process.Stderr = env, logs
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, process.Start())
	defer func() {
		assert.NoError(t, syscall.Kill(-process.Process.Pid, syscall.SIGKILL))
		_ = process.Wait()
		logged, err := os.ReadFile(logs.Name())
		assert.NoError(t, err)
		for _, private := range []string{key, secret, "buyer@example.com", "shop_domain"} {
			if fault == "debug" {
				break // that is the fault
			}
			assert.NotContains(t, string(logged), private)
		}
		if t.Failed() {
			t.Logf("the end of the shop's log:\n%s", logged[max(0, len(logged)-2000):])
		}
	}()
	all := append([]string{
		"drill", "--shop", shop, "--addr", gateway, "--stories", "20", "--wait", "2m",
		"--webhook", "/api/webhook", "--buy", "POST /buy email=buyer@example.com", "--order", "GET /api/orders/{order}",
		"--paid", "json:state=paid", "--fulfilled", "json:shipments", "--review", "json:review",
		"--again", "POST /orders/{order}/pay", "--returned", "text:Thank you", "--reconcile", "POST /cron/reconcile",
		"--effect", "receipts=json:receipts", "--effect", "points=json:points", "--invoice", "json:invoice",
		"--totals", "GET /api/totals", "--total", "stock=json:stock", "--log", logs.Name(),
		"--break", `touch "$SHOP_DIR/broken"`, "--mend", `rm "$SHOP_DIR/broken"`,
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
	code, output := drill(t, "")
	assert.Zero(t, code, output)
	// Single statements, another domain and IDs that can be guessed are not examined.
	assert.Regexp(t, regexp.MustCompile(`(?m)^total +\d+ +0 +13$`), output)
}

// Each planted fault is found.
func TestShop_faults(t *testing.T) {
	t.Parallel()
	for fault, found := range map[string]string{
		"middleware": "the signature is that of the raw body",
		"settles":    "a cent pays for nothing dearer",
		"progress":   "an old session's end does not touch the payment in a new one",
		"second":     "a right payment after too little pays",
		"discard":    "a webhook that could not be stored is not acknowledged",
		"session":    "Reconcile finds a payment whose webhook was lost",
		"invoice":    "orders paid at once have different invoice numbers",
		"mail":       "the same webhook again ships nothing more",
		"debug":      "the log holds no webhook's body",
		"before":     "a webhook before the session's response pays",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			code, output := drill(t, fault, "--only", found)
			assert.Equal(t, 1, code, output)
			assert.Contains(t, output, "\n  FAILED  "+found+"\n", output)
		})
	}
}
