package inbox_test

import (
	"fmt"

	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// The text for a migration tool. Whoever has none calls Migrate at every start.
func ExampleDialect_Schema() {
	fmt.Print(inbox.Postgres.Schema())

	// Output:
	// CREATE TABLE IF NOT EXISTS ecomtrade24_events (
	// 	event_key   TEXT     NOT NULL PRIMARY KEY,
	// 	claimed     SMALLINT NOT NULL,
	// 	received_at BIGINT   NOT NULL
	// );
	// CREATE INDEX IF NOT EXISTS ecomtrade24_events_received_at ON ecomtrade24_events (received_at);
	// CREATE TABLE IF NOT EXISTS ecomtrade24_orders (
	// 	order_id TEXT     NOT NULL PRIMARY KEY,
	// 	st_rank  SMALLINT NOT NULL
	// );
	// CREATE TABLE IF NOT EXISTS ecomtrade24_facts (
	// 	order_id   TEXT     NOT NULL,
	// 	fact_key   TEXT     NOT NULL,
	// 	st_rank    SMALLINT NOT NULL,
	// 	session_id TEXT     NOT NULL,
	// 	txid       TEXT     NOT NULL,
	// 	amount     TEXT     NOT NULL,
	// 	currency   TEXT     NOT NULL,
	// 	PRIMARY KEY (order_id, fact_key)
	// );
}
