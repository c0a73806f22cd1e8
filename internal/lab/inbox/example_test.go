package inbox_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// apply is a shop's part of the transaction. Both kinds of complete payment are handled the same way: the shop's own
// row says whether the order still needs a payment.
func apply(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
	switch c.Kind {
	case inbox.Paid, inbox.PaidAgain:
		return settle(ctx, tx, c)
	case inbox.Incomplete, inbox.Unknown: // an Incomplete comes again once it is complete
		_, err := tx.ExecContext(ctx, `INSERT INTO shop_reviews VALUES (?, ?)`, c.Payment.OrderID, string(c.Kind))
		return err
	case inbox.Progress, inbox.Test: // record the status, or do nothing
	}
	return nil
}

func settle(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
	due := ecomtrade24.Order{ID: c.Payment.OrderID}
	row := tx.QueryRowContext(ctx, `SELECT amount, currency FROM shop_orders WHERE id = ?`, due.ID)
	if err := row.Scan(&due.Amount, &due.Currency); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if err := c.Payment.Settles(due); err != nil { // no redelivery could fix it; also if the order does not exist
		_, err = tx.ExecContext(ctx, `INSERT INTO shop_reviews VALUES (?, ?)`, due.ID, err.Error())
		return err
	}
	result, err := tx.ExecContext(ctx, `UPDATE shop_orders SET paid = 1 WHERE id = ? AND paid = 0`, due.ID)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO shop_reviews VALUES (?, 'paid twice: refund one')`, due.ID)
	return err
}

// openShop returns a shop with two unpaid orders.
func openShop(ctx context.Context, opts ...inbox.Option) (*sql.DB, *inbox.Inbox, error) {
	db, err := sql.Open("sqlite", ":memory:") // in a real program a file: see package inbox for the parameters
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(1)
	box := inbox.New(db, inbox.SQLite, apply, opts...)
	if err := box.Migrate(ctx); err != nil {
		return nil, nil, err
	}
	_, err = db.ExecContext(ctx, `
CREATE TABLE shop_orders (id TEXT PRIMARY KEY, session_id TEXT, amount TEXT, currency TEXT, paid INT);
CREATE TABLE shop_reviews (id TEXT, reason TEXT);
INSERT INTO shop_orders VALUES ('ORDER-1', '101', '49.95', 'USD', 0), ('ORDER-2', '102', '20.00', 'USD', 0)`)
	return db, box, err
}

// show prints the shop's rows.
func show(ctx context.Context, db *sql.DB, query string) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rows.Close()
	for rows.Next() {
		var id, what string
		if err := rows.Scan(&id, &what); err != nil {
			fmt.Println(err)
		}
		fmt.Println(id, what)
	}
	if err := rows.Err(); err != nil {
		fmt.Println(err)
	}
}

// A webhook handler that marks an order paid once, whatever is delivered.
func Example() {
	ctx := context.Background()
	db, box, err := openShop(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	verifier, err := webhook.NewVerifier("webhook-secret")
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := webhook.NewHandler(verifier, box.Handle)

	const paid = `{"session_id":101,"order_id":"ORDER-1","status":"paid","amount":"49.95","currency":"USD","txid":"tx-1"`
	for _, body := range []string{
		paid + `,"sent_at":"2026-05-23T16:43:11+00:00"}`,
		paid + `,"sent_at":"2026-05-23T16:44:11+00:00"}`,
		`{"session_id":100,"order_id":"ORDER-1","status":"expired","amount":"49.95","currency":"USD"}`,
		`{"session_id":103,"order_id":"ORDER-1","status":"paid","amount":"49.95","currency":"USD","txid":"tx-3"}`,
		`{"session_id":102,"order_id":"ORDER-2","status":"paid","amount":"0.20","currency":"USD","txid":"tx-2"}`,
		`{"session_id":109,"order_id":"ORDER-9","status":"paid","amount":"9.00","currency":"USD","txid":"tx-9"}`,
	} {
		r := httptest.NewRequest(http.MethodPost, "/api/webhook", strings.NewReader(body))
		r.Header.Set("X-Signature", webhook.Sign("webhook-secret", []byte(body)))
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	show(ctx, db, `SELECT id, iif(paid, 'is paid', 'is not paid') FROM shop_orders ORDER BY id`)
	show(ctx, db, `SELECT id, reason FROM shop_reviews`)

	// Output:
	// 200
	// 200
	// 200
	// 200
	// 200
	// 200
	// ORDER-1 is paid
	// ORDER-2 is not paid
	// ORDER-1 paid twice: refund one
	// ORDER-2 ecomtrade24: do not fulfil: Amount is "0.20", due is "20.00"
	// ORDER-9 ecomtrade24: do not fulfil: Amount is "9.00", due is "", which no payment matches; Currency is "USD", due is ""
}
