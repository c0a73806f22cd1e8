package inboxtest_test

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// openSessions yields the sessions of the orders that nobody has paid yet.
func openSessions(ctx context.Context, db *sql.DB) iter.Seq[string] {
	return func(yield func(string) bool) {
		rows, err := db.QueryContext(ctx, `SELECT session_id FROM shop_orders WHERE paid = 0`)
		if err != nil {
			return // log it in real life; the next tick tries again
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil || !yield(id) {
				return
			}
		}
		_ = rows.Err() // and this
	}
}

// reconcileEvery asks about the open orders at each tick, until ctx ends.
func reconcileEvery(
	ctx context.Context, tick <-chan time.Time, db *sql.DB, box *inbox.Inbox, client *ecomtrade24.Client,
) {
	for {
		select {
		case <-tick:
			round, cancel := context.WithTimeout(ctx, 5*time.Minute)
			if err := box.Reconcile(round, client, openSessions(round, db)); err != nil && ctx.Err() == nil {
				fmt.Println(err) // names each session that failed; the others are done
			}
			cancel()
		case <-ctx.Done():
			return
		}
	}
}

// A ticker that mends webhooks which never came.
func Example_reconcile() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	db, box, err := openShop(ctx)
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

	tick := make(chan time.Time) // time.NewTicker(5 * time.Minute).C in real life
	ended := make(chan struct{})
	go func() {
		reconcileEvery(ctx, tick, db, box, client)
		close(ended)
	}()
	tick <- time.Now()
	tick <- time.Now() // taken when the first round is over; changes nothing
	show(ctx, db, `SELECT id, iif(paid, 'is paid', 'is not paid') FROM shop_orders ORDER BY id`)
	cancel() // breaks off the second round, and with its connection goes a database that is in memory
	<-ended

	// Output:
	// ORDER-1 is paid
	// ORDER-2 is not paid
}
