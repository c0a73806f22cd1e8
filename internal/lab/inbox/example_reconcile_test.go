package inbox_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// reconcileEvery looks up the scheduled sessions at each tick, until ctx ends.
func reconcileEvery(ctx context.Context, tick <-chan time.Time, box *inbox.Inbox, client *ecomtrade24.Client) {
	for {
		select {
		case <-tick:
			round, cancel := context.WithTimeout(ctx, 5*time.Minute)
			if err := box.Reconcile(round, client); err != nil && ctx.Err() == nil {
				fmt.Println(err) // names the sessions that failed; the others are done
			}
			cancel()
		case <-ctx.Done():
			return
		}
	}
}

// rememberSession stores a session from CreateSession together with the shop's own row.
func rememberSession(ctx context.Context, db *sql.DB, box *inbox.Inbox, sessionID, orderID string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	_, err = tx.ExecContext(ctx, `UPDATE shop_orders SET session_id = ? WHERE id = ?`, sessionID, orderID)
	if err != nil {
		return err
	}
	if err := box.Expect(ctx, tx, sessionID, orderID); err != nil {
		return err
	}
	return tx.Commit()
}

// A ticker that recovers lost webhooks.
func Example_reconcile() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	db, box, err := openShop(ctx, inbox.WithSpacing(func(time.Duration, bool) time.Duration { return time.Nanosecond }))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("session_id") == "101" {
			fmt.Fprint(w, `{"ok":true,"order_id":"ORDER-1","status":"paid","amount":"49.95","currency":"USD","txid":"tx-1"}`)
			return
		}
		fmt.Fprint(w, `{"ok":true,"order_id":"ORDER-2","status":"pending"}`)
	}))
	defer gateway.Close()
	client, err := ecomtrade24.NewClient(gateway.URL, "MERCHANT_API_KEY")
	if err != nil {
		fmt.Println(err)
		return
	}

	for session, order := range map[string]string{"101": "ORDER-1", "102": "ORDER-2"} {
		if err := rememberSession(ctx, db, box, session, order); err != nil {
			fmt.Println(err)
		}
	}
	tick := make(chan time.Time) // in a real program: time.NewTicker(time.Minute).C
	ended := make(chan struct{})
	go func() {
		reconcileEvery(ctx, tick, box, client)
		close(ended)
	}()
	tick <- time.Now()
	tick <- time.Now() // received after the first round; changes nothing
	show(ctx, db, `SELECT id, iif(paid, 'is paid', 'is not paid') FROM shop_orders ORDER BY id`)
	cancel() // interrupts the second round, and with its connection the in-memory database goes away
	<-ended

	// Output:
	// ORDER-1 is paid
	// ORDER-2 is not paid
}
