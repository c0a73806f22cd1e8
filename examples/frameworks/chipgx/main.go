// Command chipgx is a small shop on chi, pgx and pgxinbox.
package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/inbox/pgxinbox"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

const price, currency = "49.95", "USD"

//go:embed schema.sql
var schema string

// apply is the shop's part of the inbox's transaction.
func apply(ctx context.Context, tx pgx.Tx, c inbox.Change) error {
	p := &c.Payment
	switch c.Kind {
	case inbox.Test:
		return nil
	case inbox.Progress:
		_, err := tx.Exec(ctx, `INSERT INTO sessions VALUES ($1, $2, $3)
ON CONFLICT (order_id, id) DO UPDATE SET status = excluded.status`, p.OrderID, p.SessionID, p.Status)
		return err
	case inbox.Paid, inbox.PaidAgain, inbox.Incomplete, inbox.Unknown: // Settles rejects Incomplete and Unknown
	}
	if err := p.Settles(ecomtrade24.Order{ID: p.OrderID, Amount: price, Currency: currency}); err != nil {
		return review(ctx, tx, p.OrderID)
	}
	tag, err := tx.Exec(ctx, `UPDATE orders SET paid = TRUE, shipments = shipments + 1, invoice = nextval('invoices')
WHERE id = $1 AND NOT paid`, p.OrderID)
	if err == nil && tag.RowsAffected() == 0 {
		err = review(ctx, tx, p.OrderID) // paid twice: refund one
	}
	return err
}

// review marks the order for manual review.
func review(ctx context.Context, tx pgx.Tx, orderID string) error {
	_, err := tx.Exec(ctx, `UPDATE orders SET review = TRUE WHERE id = $1`, orderID)
	return err
}

type shop struct {
	db     *pgxpool.Pool
	client *ecomtrade24.Client
	box    *pgxinbox.Inbox
	url    string
}

type order struct {
	ID, Email, Session   string
	Paid, Review, Closed bool // Closed: the order is paid, or a payment is under way
	Shipments, Invoice   int
}

func (s *shop) find(r *http.Request) (order, error) {
	rows, _ := s.db.Query(r.Context(), `SELECT *, paid OR EXISTS (SELECT FROM sessions WHERE order_id = orders.id
AND status IN ('processing', 'review')) AS closed FROM orders WHERE id = $1`, chi.URLParam(r, "order"))
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[order])
}

func (s *shop) buy(w http.ResponseWriter, r *http.Request) error {
	o := order{ID: "CO" + rand.Text(), Email: r.PostFormValue("email")}
	if _, err := s.db.Exec(r.Context(), `INSERT INTO orders (id, email) VALUES ($1, $2)`, o.ID, o.Email); err != nil {
		return err
	}
	return s.checkout(w, r, o)
}

// checkout creates a session for a stored order and redirects the buyer to it.
func (s *shop) checkout(w http.ResponseWriter, r *http.Request, o order) error {
	ctx, page := r.Context(), s.url+"/orders/"+o.ID
	session, err := s.client.Checkout(ctx, ecomtrade24.SessionParams{
		Domain: "shop.example", Amount: price, Currency: currency, OrderID: o.ID, CustomerEmail: o.Email,
		ReturnURL: page, CancelURL: page,
	})
	if err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE orders SET session = $1 WHERE id = $2`, session.ID, o.ID); err != nil {
			return err
		}
		return s.box.Expect(ctx, tx, session.ID, o.ID)
	})
	if err == nil {
		session.Redirect(w, r)
	}
	return err
}

func (s *shop) payAgain(w http.ResponseWriter, r *http.Request) error {
	o, err := s.find(r)
	if err != nil || o.Closed {
		return s.showOrder(w, r)
	}
	return s.checkout(w, r, o)
}

// comeBack serves the return page. If the order is not paid yet, comeBack asks the gateway first.
func (s *shop) comeBack(w http.ResponseWriter, r *http.Request) error {
	o, err := s.find(r)
	if err == nil && !o.Paid && o.Session != "" {
		ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
		defer cancel()
		if _, err := s.box.Ask(ctx, s.client, o.Session, o.ID); err != nil {
			log.Print(err) // a webhook or Reconcile will update the order later
		}
	}
	return s.showOrder(w, r)
}

// showOrder shows our own record and ignores the URL's query.
func (s *shop) showOrder(w http.ResponseWriter, r *http.Request) error {
	o, err := s.find(r)
	if err == nil {
		fmt.Fprintf(w, "paid: %t\nreview: %t\nshipments: %d\ninvoice: %d\n", o.Paid, o.Review, o.Shipments, o.Invoice)
	}
	return err
}

// reconcile recovers lost webhooks. It runs every minute.
func (s *shop) reconcile(_ http.ResponseWriter, r *http.Request) error {
	return s.box.Reconcile(r.Context(), s.client)
}

// page is a handler that may return an error.
type page func(w http.ResponseWriter, r *http.Request) error

func (p page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch err := p(w, r); {
	case errors.Is(err, pgx.ErrNoRows):
		http.NotFound(w, r)
	case err != nil:
		log.Print(err) // err contains neither the key nor the buyer's data
		http.Error(w, "Please try again later.", http.StatusServiceUnavailable)
	}
}

func main() {
	ctx := context.Background()
	client, err := ecomtrade24.NewClient(os.Getenv("ECOMTRADE24_BASE_URL"), os.Getenv("ECOMTRADE24_API_KEY"))
	if err != nil {
		log.Fatal(err)
	}
	verifier, err := webhook.NewVerifier(os.Getenv("ECOMTRADE24_WEBHOOK_SECRET"))
	if err != nil {
		log.Fatal(err)
	}
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	box := pgxinbox.New(pool, apply)
	if _, err := pool.Exec(ctx, schema); err != nil {
		log.Fatal(err)
	}
	if err := box.Migrate(ctx); err != nil {
		log.Fatal(err)
	}
	s := &shop{db: pool, client: client, box: box, url: os.Getenv("SHOP_URL")}
	router := chi.NewRouter()
	router.Handle("/api/webhook", webhook.NewHandler(verifier, box.Handle))
	router.Method(http.MethodPost, "/buy", page(s.buy))
	router.Method(http.MethodGet, "/orders/{order}", page(s.comeBack))
	router.Method(http.MethodGet, "/api/orders/{order}", page(s.showOrder))
	router.Method(http.MethodPost, "/orders/{order}/pay", page(s.payAgain))
	router.Method(http.MethodPost, "/cron/reconcile", page(s.reconcile))
	server := http.Server{Addr: strings.TrimPrefix(s.url, "http://"), Handler: router, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}
