package readme_test

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	_ "modernc.org/sqlite"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// Shop sells one thing. Its tables:
//
//	orders:  id, amount and currency TEXT, paid INT DEFAULT 0, session_id TEXT DEFAULT ''
//	reviews: order_id and why TEXT
type Shop struct {
	db     *sql.DB
	client *ecomtrade24.Client
	box    *inbox.Inbox
}

// buy sends the buyer to the checkout. The order is in the database already: a webhook can arrive before Checkout
// returns.
func (s *Shop) buy(w http.ResponseWriter, r *http.Request) {
	session, err := s.client.Checkout(r.Context(), ecomtrade24.SessionParams{
		Domain:    "merchant-store.example", // an approved domain, letter for letter
		Amount:    "49.95",                  // a decimal string, never a float
		Currency:  "USD",
		OrderID:   "ORDER-10001",
		ReturnURL: "https://merchant-store.example/orders/ORDER-10001",
		CancelURL: "https://merchant-store.example/orders/ORDER-10001",
	})
	if err == nil {
		err = s.storeSession(r.Context(), session.ID, "ORDER-10001")
	}
	if err != nil {
		log.Print(err) // contains neither the key nor the buyer's data
		http.Error(w, "the checkout is not available, please try again", http.StatusBadGateway)
		return
	}
	session.Redirect(w, r)
}

// storeSession stores the session ID and invokes Expect, so that Reconcile can recover a lost webhook.
func (s *Shop) storeSession(ctx context.Context, sessionID, orderID string) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, `UPDATE orders SET session_id = ? WHERE id = ?`, sessionID, orderID); err != nil {
		return err
	}
	if err := s.box.Expect(ctx, tx, sessionID, orderID); err != nil {
		return err
	}
	return tx.Commit()
}

// apply runs once for each change, in the transaction that stores the webhook.
func apply(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
	switch c.Kind {
	case inbox.Progress, inbox.Test:
		return nil // pending, expired …: nothing to ship
	case inbox.Incomplete, inbox.Unknown:
		return review(ctx, tx, c.Payment.OrderID, "incomplete, or an unknown status")
	case inbox.Paid, inbox.PaidAgain:
	}
	due, err := findDue(ctx, tx, c.Payment.OrderID) // ID, amount and currency of the order
	if err != nil {
		return err // rolls back, and the gateway delivers again
	}
	if err := c.Payment.Settles(due); err != nil {
		return review(ctx, tx, c.Payment.OrderID, err.Error()) // wrong amount, unknown order …
	}
	return markPaid(ctx, tx, due.ID)
}

// findDue returns our own record of the order, or the zero Order if the order does not exist.
func findDue(ctx context.Context, tx *sql.Tx, orderID string) (ecomtrade24.Order, error) {
	var due ecomtrade24.Order
	row := tx.QueryRowContext(ctx, `SELECT id, amount, currency FROM orders WHERE id = ?`, orderID)
	if err := row.Scan(&due.ID, &due.Amount, &due.Currency); !errors.Is(err, sql.ErrNoRows) {
		return due, err
	}
	return due, nil
}

// markPaid marks the order paid. If the order is already paid, this is a second payment.
func markPaid(ctx context.Context, tx *sql.Tx, orderID string) error {
	result, err := tx.ExecContext(ctx, `UPDATE orders SET paid = 1 WHERE id = ? AND paid = 0`, orderID)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return review(ctx, tx, orderID, "paid twice: refund one")
}

// review sends a payment to manual review.
func review(ctx context.Context, tx *sql.Tx, orderID, why string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO reviews (order_id, why) VALUES (?, ?)`, orderID, why)
	return err
}

// showOrder is the return page. If our record does not say that the order is paid, it first asks the gateway.
func (s *Shop) showOrder(w http.ResponseWriter, r *http.Request) {
	sessionID, paid, err := s.find(r.Context(), r.PathValue("id"))
	if err == nil && !paid && sessionID != "" {
		if _, err := s.box.Ask(r.Context(), s.client, sessionID, r.PathValue("id")); err != nil {
			log.Print(err) // a webhook or Reconcile will update the order later
		}
		_, paid, err = s.find(r.Context(), r.PathValue("id"))
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		http.NotFound(w, r)
	case err != nil:
		http.Error(w, "please try again later", http.StatusInternalServerError)
	default:
		fmt.Fprintln(w, "paid:", paid)
	}
}

func (s *Shop) find(ctx context.Context, orderID string) (sessionID string, paid bool, err error) {
	row := s.db.QueryRowContext(ctx, `SELECT session_id, paid FROM orders WHERE id = ?`, orderID)
	err = row.Scan(&sessionID, &paid)
	return sessionID, paid, err
}

// reconcile recovers payments whose webhook was lost. In main: go s.reconcile(ctx, time.Tick(time.Minute)).
func (s *Shop) reconcile(ctx context.Context, tick <-chan time.Time) {
	for {
		select {
		case <-tick:
			if err := s.box.Reconcile(ctx, s.client); err != nil {
				log.Print(err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// open connects everything. In main, pass os.Getenv and serve the handler.
func open(ctx context.Context, db *sql.DB, getenv func(string) string) (*Shop, http.Handler, error) {
	client, err := ecomtrade24.NewClient(getenv("ECOMTRADE24_BASE_URL"), getenv("ECOMTRADE24_API_KEY"),
		ecomtrade24.WithDeployment(ecomtrade24.Deployment(cmp.Or(getenv("ECOMTRADE24_DEPLOYMENT"), "fiavexpay"))))
	if err != nil {
		return nil, nil, err
	}
	verifier, err := webhook.NewVerifier(getenv("ECOMTRADE24_WEBHOOK_SECRET"))
	if err != nil {
		return nil, nil, err
	}
	box, mux := inbox.New(db, inbox.SQLite, apply), http.NewServeMux()
	s := &Shop{db: db, client: client, box: box}
	mux.Handle("POST /api/webhook", webhook.NewHandler(verifier, box.Handle))
	mux.HandleFunc("POST /buy", s.buy)
	mux.HandleFunc("GET /orders/{id}", s.showOrder)
	return s, mux, box.Migrate(ctx) // creates the inbox's two tables
}
