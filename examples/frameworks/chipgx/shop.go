package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/inbox/pgxinbox"
)

const amount, currency = "49.95", "USD"

// apply is what the shop does with a change, in the inbox's transaction.
func apply(ctx context.Context, tx pgx.Tx, c inbox.Change) error {
	p := &c.Payment
	if c.Kind == inbox.Test {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO sessions SELECT $1, id, $2 FROM orders WHERE id = $3 AND $1 <> ''
ON CONFLICT (id) DO UPDATE SET status = excluded.status`, p.SessionID, p.Status, p.OrderID)
	if err == nil && fault("progress") && !p.Paid() {
		_, err = tx.Exec(ctx, `UPDATE orders SET state = $1 WHERE id = $2`, p.Status, p.OrderID)
	}
	settles := p.Settles(ecomtrade24.Order{ID: p.OrderID, Amount: amount, Currency: currency}) == nil
	if fault("settles") {
		settles = p.Paid()
	}
	switch {
	case err != nil || c.Kind == inbox.Progress:
		return err
	case settles && (c.Kind == inbox.Paid || c.Kind == inbox.PaidAgain && !fault("second")):
		return ship(ctx, tx, p.OrderID)
	default: // a wrong amount or currency, something is missing, or an unknown status
		return review(ctx, tx, p.OrderID)
	}
}

// ship marks the order paid, once.
func ship(ctx context.Context, tx pgx.Tx, id string) error {
	mails := 1
	if fault("mail") {
		mails = 0 // the handler sends them
	}
	tag, err := tx.Exec(ctx, `UPDATE orders SET state = 'paid', shipments = shipments + 1, receipts = receipts + $2,
points = points + 1 WHERE id = $1 AND state <> 'paid'`, id, mails)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return review(ctx, tx, id) // paid twice: refund one
	}
	number := `WITH total AS (UPDATE totals SET stock = stock - 1, invoices = invoices + 1 RETURNING invoices)
UPDATE orders SET invoice = invoices FROM total WHERE id = $1`
	if fault("invoice") {
		number = `WITH total AS (UPDATE totals SET stock = stock - 1)
UPDATE orders SET invoice = (SELECT COALESCE(MAX(invoice), 0) + 1 FROM orders, pg_sleep(0.1)) WHERE id = $1`
	}
	_, err = tx.Exec(ctx, number, id)
	return err
}

// review leaves the order to manual review.
func review(ctx context.Context, tx pgx.Tx, id string) error {
	_, err := tx.Exec(ctx, `UPDATE orders SET review = TRUE WHERE id = $1`, id)
	return err
}

type shop struct {
	db     breakable
	client *ecomtrade24.Client
	box    *pgxinbox.Inbox
	url    string
}

type order struct {
	ID, Email, State string
	Busy             bool   // a payment is under way
	JSON             string // for the API
}

func (s *shop) find(r *http.Request, id string) (order, error) {
	rows, _ := s.db.Query(r.Context(), `SELECT id, email, state, EXISTS (SELECT FROM sessions
	WHERE order_id = orders.id AND status IN ('processing', 'review')), (SELECT row_to_json(shown)::text
	FROM (SELECT state, shipments, review, receipts, points, invoice) shown)
FROM orders WHERE id = $1`, strings.ToValidUTF8(strings.ReplaceAll(id, "\x00", ""), ""))
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[order])
}

var errGateway = errors.New("the payment cannot be started")

// checkout opens a session for a stored order and sends the buyer there. It holds no transaction meanwhile.
func (s *shop) checkout(w http.ResponseWriter, r *http.Request, id, email string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 10*time.Second)
	defer cancel()
	params := ecomtrade24.SessionParams{
		Domain: "shop.example", Amount: amount, Currency: currency, OrderID: id, CustomerEmail: email,
		ReturnURL: s.url + "/thanks?order=" + id, CancelURL: s.url + "/cancelled?order=" + id,
	}
	session, err := s.client.Checkout(ctx, params)
	var choice *ecomtrade24.MethodError
	if errors.As(err, &choice) && len(choice.Available) > 0 {
		params.Method = choice.Available[0] // a real shop lets the buyer choose
		session, err = s.client.Checkout(ctx, params)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errGateway, err)
	}
	if !fault("session") { // a webhook may have been faster
		_, err = s.db.Exec(ctx, `INSERT INTO sessions VALUES ($1, $2, 'pending') ON CONFLICT DO NOTHING`, session.ID, id)
	}
	if err == nil {
		session.Redirect(w, r)
	}
	return err
}

func (s *shop) buy(w http.ResponseWriter, r *http.Request) error {
	id, email := "C"+rand.Text(), r.PostFormValue("email")
	if fault("before") {
		err := s.checkout(w, r, id, email)
		_, _ = s.db.Exec(r.Context(), `INSERT INTO orders (id, email) VALUES ($1, $2)`, id, email)
		return err
	}
	if _, err := s.db.Exec(r.Context(), `INSERT INTO orders (id, email) VALUES ($1, $2)`, id, email); err != nil {
		return err
	}
	return s.checkout(w, r, id, email)
}

func (s *shop) payAgain(w http.ResponseWriter, r *http.Request) error {
	o, err := s.find(r, chi.URLParam(r, "order"))
	if err == nil && (o.State == "paid" || o.Busy) {
		http.Redirect(w, r, "/thanks?order="+o.ID, http.StatusSeeOther)
	} else if err == nil {
		err = s.checkout(w, r, o.ID, o.Email)
	}
	return err
}

// order shows the order's own state, whatever else the URL says.
func (s *shop) order(w http.ResponseWriter, r *http.Request) error {
	o, err := s.find(r, r.URL.Query().Get("order"))
	if err != nil {
		return err
	}
	text := "It is not paid yet."
	if o.State == "paid" {
		text = "Thank you, it is paid."
	}
	fmt.Fprint(w, text)
	return nil
}

func (s *shop) show(w http.ResponseWriter, r *http.Request) error {
	o, err := s.find(r, chi.URLParam(r, "order"))
	fmt.Fprint(w, o.JSON)
	return err
}

func (s *shop) totals(w http.ResponseWriter, r *http.Request) error {
	var stock int
	err := s.db.QueryRow(r.Context(), `SELECT stock FROM totals`).Scan(&stock)
	fmt.Fprintf(w, `{"stock":%d}`, stock)
	return err
}

// reconcile looks up each session of the orders that are not paid: a webhook may be lost.
func (s *shop) reconcile(_ http.ResponseWriter, r *http.Request) error {
	rows, _ := s.db.Query(r.Context(), `SELECT s.id, order_id FROM sessions s JOIN orders o ON o.id = order_id
WHERE state <> 'paid'`)
	open, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct{ Session, Order string }])
	for _, asked := range open {
		status, err := s.client.Status(r.Context(), asked.Session)
		if err == nil && status.OrderID == asked.Order {
			err = s.box.Handle(r.Context(), &ecomtrade24.Event{Payment: status.Payment, Raw: status.Raw})
		}
		if err != nil {
			slog.Warn("lookup", "session", asked.Session, "error", err) // the next run tries again
		}
	}
	return err
}
