// Command chipgx is a small shop on chi, pgx and pgxinbox. FAULT plants one fault; without it the shop passes
// ecomtrade24 drill.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox/pgxinbox"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

//go:embed schema.sql
var schema string

func fault(name string) bool { return os.Getenv("FAULT") == name }

// breakable fails while there is a file named broken.
type breakable struct{ *pgxpool.Pool }

func (d breakable) BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error) {
	if _, err := os.Stat(os.Getenv("SHOP_DIR") + "/broken"); err == nil { //nolint:gosec // the test names it
		return nil, errors.New("the database fails")
	}
	return d.Pool.BeginTx(ctx, options)
}

// handle is what the shop does with a webhook.
func (s *shop) handle(ctx context.Context, event *ecomtrade24.Event) error {
	err := s.box.Handle(ctx, event)
	switch {
	case fault("discard"):
		return webhook.Discard(err)
	case fault("debug"):
		slog.Info("webhook", "body", string(event.Raw))
	case fault("mail") && err == nil && event.Paid():
		_, err = s.db.Exec(ctx, `UPDATE orders SET receipts = receipts + 1 WHERE id = $1`, event.OrderID)
	}
	return err
}

// page is a handler that returns why it failed.
type page func(w http.ResponseWriter, r *http.Request) error

func (p page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := p(w, r)
	status := http.StatusInternalServerError
	switch {
	case err == nil:
		return
	case errors.Is(err, pgx.ErrNoRows):
		status = http.StatusNotFound
	case errors.Is(err, errGateway):
		status = http.StatusBadGateway
	}
	slog.Error("request", "method", r.Method, "path", r.URL.Path, "status", status, "error", err)
	http.Error(w, http.StatusText(status), status)
}

// tidied is the fault named middleware: it passes on another body than the one that was signed.
func tidied(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		body = bytes.ReplaceAll(body, []byte(`\/`), []byte("/"))
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		next.ServeHTTP(w, r)
	})
}

func (s *shop) routes(verifier *webhook.Verifier) http.Handler {
	router := chi.NewRouter()
	hook := http.Handler(webhook.NewHandler(verifier, s.handle, webhook.WithLogger(slog.Default())))
	if fault("middleware") {
		hook = tidied(hook)
	}
	router.Handle("/api/webhook", hook)
	router.Method(http.MethodPost, "/buy", page(s.buy))
	router.Method(http.MethodPost, "/orders/{order}/pay", page(s.payAgain))
	router.Method(http.MethodPost, "/cron/reconcile", page(s.reconcile))
	router.Method(http.MethodGet, "/api/orders/{order}", page(s.show))
	router.Method(http.MethodGet, "/api/totals", page(s.totals))
	for _, path := range []string{"/thanks", "/cancelled"} {
		router.Method(http.MethodGet, path, page(s.order))
		router.Method(http.MethodHead, path, page(s.order))
	}
	return router
}

func run(ctx context.Context) error {
	verifier, err := webhook.NewVerifier(os.Getenv("ECOMTRADE24_WEBHOOK_SECRET"))
	if err != nil {
		return err
	}
	client, err := ecomtrade24.NewClient(os.Getenv("ECOMTRADE24_BASE_URL"), os.Getenv("ECOMTRADE24_API_KEY"))
	if err != nil {
		return err
	}
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, schema); err != nil {
		return err
	}
	s := &shop{db: breakable{pool}, client: client, url: os.Getenv("SHOP_URL")}
	s.box = pgxinbox.New(s.db, apply)
	if err := s.box.Migrate(ctx); err != nil {
		return err
	}
	at, err := url.Parse(s.url)
	if err != nil {
		return err
	}
	pid := strconv.Itoa(os.Getpid())
	if err := os.WriteFile(os.Getenv("SHOP_DIR")+"/pid", []byte(pid), 0o600); err != nil { //nolint:gosec // as above
		return err
	}
	server := http.Server{Addr: at.Host, Handler: s.routes(verifier), ReadHeaderTimeout: 10 * time.Second}
	return server.ListenAndServe()
}

func main() {
	log.Fatal(run(context.Background()))
}
