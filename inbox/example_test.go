package inbox_test

import (
	"fmt"

	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// The text for a migration tool. Whoever has none calls Migrate at every start.
func ExampleDialect_Schema() {
	for _, statement := range inbox.Postgres.Schema() {
		fmt.Println(statement + ";")
	}

	// Output:
	// CREATE TABLE IF NOT EXISTS ecomtrade24_orders (
	// 	account   TEXT COLLATE "C" NOT NULL,
	// 	order_key TEXT COLLATE "C" NOT NULL,
	// 	paid      SMALLINT         NOT NULL,
	// 	was_paid  SMALLINT         NOT NULL,
	// 	seen      BIGINT           NOT NULL,
	// 	PRIMARY KEY (account, order_key)
	// );
	// CREATE TABLE IF NOT EXISTS ecomtrade24_facts (
	// 	account    TEXT COLLATE "C" NOT NULL,
	// 	order_key  TEXT COLLATE "C" NOT NULL,
	// 	session_id TEXT COLLATE "C" NOT NULL,
	// 	fact       TEXT COLLATE "C" NOT NULL,
	// 	st_rank    SMALLINT         NOT NULL,
	// 	txid       TEXT COLLATE "C" NOT NULL,
	// 	amount     TEXT COLLATE "C" NOT NULL,
	// 	currency   TEXT COLLATE "C" NOT NULL,
	// 	event_key  TEXT COLLATE "C" NOT NULL,
	// 	since      BIGINT           NOT NULL,
	// 	due_at     BIGINT           NOT NULL,
	// 	PRIMARY KEY (account, order_key, session_id, fact)
	// );
	// CREATE INDEX IF NOT EXISTS ecomtrade24_facts_due ON ecomtrade24_facts (account, due_at) WHERE due_at > 0;
}
