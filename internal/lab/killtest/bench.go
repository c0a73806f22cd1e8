package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // PostgreSQL
	_ "modernc.org/sqlite"             // SQLite

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/internal/lab/cluster"
	"github.com/ecomtrade24/ecomtrade24-go/internal/lab/database"
)

// bench holds everything that a run needs: a database, a gateway, the storefront's processes and a proxy in front of
// them.
type bench struct {
	dir     string
	db      *sql.DB
	gateway *gatewaytest.Gateway
	cluster *cluster.Cluster
	proxy   *proxy

	ends []func() // functions that stop what newBench started, oldest first
}

// newBench returns b even if it fails, so that the caller can close it.
func newBench(ctx context.Context, kind string) (b *bench, err error) {
	b = &bench{}
	if b.dir, err = os.MkdirTemp("", "killtest-"); err != nil {
		return b, err
	}
	b.ends = append(b.ends, func() { _ = os.RemoveAll(b.dir) })
	program := filepath.Join(b.dir, "storefront")
	if err := build(ctx, program); err != nil {
		return b, fmt.Errorf("build the storefront: %w", err)
	}
	b.gateway, err = gatewaytest.Start(gatewaytest.WithRedelivery(10, 50*time.Millisecond),
		gatewaytest.WithPlan(ecomtrade24.ModeSmartRouting))
	if err != nil {
		return b, err
	}
	// Close returns an error for lost webhooks, which are expected here.
	b.ends = append(b.ends, func() { _ = b.gateway.Close() }) //nolint:contextcheck // Close also runs after ctx has ended
	if b.proxy, err = newProxy(ctx); err != nil {
		return b, err
	}
	b.ends = append(b.ends, b.proxy.close)
	b.gateway.DeliverTo(b.proxy.url + "/api/webhook")
	replicas, databaseURL := 2, ""
	switch kind {
	case "postgres":
		databaseURL, err = b.openPostgres(ctx)
	case "sqlite":
		replicas = 1
		b.db, err = sql.Open("sqlite", database.SQLiteDSN(filepath.Join(b.dir, "storefront.db")))
	default:
		err = fmt.Errorf("-database: %q is neither postgres nor sqlite", kind)
	}
	if err != nil {
		return b, err
	}
	b.ends = append(b.ends, func() { _ = b.db.Close() })
	env := append(os.Environ(),
		"ECOMTRADE24_BASE_URL="+b.gateway.URL, "ECOMTRADE24_API_KEY="+b.gateway.APIKey,
		"ECOMTRADE24_WEBHOOK_SECRET="+b.gateway.WebhookSecret, "DATABASE_URL="+databaseURL, "DATA_DIR="+b.dir,
		"PUBLIC_URL="+b.proxy.url, "SMTP_URL=", "ADMIN_PASSWORD=", "RECONCILE_EVERY=2s", "JOB_TIMEOUT=2s")
	storefront := cluster.Program{Path: program, Args: []string{"-addr", "127.0.0.1:0"}, Env: env}
	if b.cluster, err = cluster.Start(ctx, replicas, storefront); err != nil {
		return b, err
	}
	b.ends = append(b.ends, func() { _ = b.cluster.Stop() })
	b.proxy.serve(b.cluster)
	return b, nil
}

// build compiles the storefront, which is a separate module.
func build(ctx context.Context, program string) error {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}",
		"github.com/ecomtrade24/ecomtrade24-go").Output()
	if err != nil {
		return err
	}
	storefront := filepath.Join(strings.TrimSpace(string(root)), "examples", "storefront")
	out, err := exec.CommandContext(ctx, "go", "build", "-C", storefront, "-o", program, ".").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

func (b *bench) openPostgres(ctx context.Context) (dsn string, err error) {
	server, err := database.StartPostgres(ctx)
	if err != nil {
		return "", err
	}
	b.ends = append(b.ends, server.Remove)
	if dsn, err = server.CreateDatabase(ctx, "shop"); err != nil {
		return "", err
	}
	b.db, err = sql.Open("pgx", dsn)
	return dsn, err
}

func (b *bench) close() {
	for _, end := range slices.Backward(b.ends) {
		end()
	}
}
