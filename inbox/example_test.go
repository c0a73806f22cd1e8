package inbox_test

import (
	"fmt"

	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// Schema is for your own migration tool. If you have no migration tool, call Migrate at every start.
func ExampleDialect_Schema() {
	for _, statement := range inbox.Postgres.Schema() {
		fmt.Println(statement + ";")
	}

	// Output:
	// CREATE TABLE IF NOT EXISTS ecomtrade24_orders (
	// 	namespace TEXT COLLATE "C" NOT NULL,
	// 	order_key TEXT COLLATE "C" NOT NULL,
	// 	paid      SMALLINT         NOT NULL,
	// 	was_paid  SMALLINT         NOT NULL,
	// 	seen      BIGINT           NOT NULL,
	// 	PRIMARY KEY (namespace, order_key)
	// );
	// CREATE TABLE IF NOT EXISTS ecomtrade24_facts (
	// 	namespace   TEXT COLLATE "C" NOT NULL,
	// 	order_key   TEXT COLLATE "C" NOT NULL,
	// 	session_id  TEXT COLLATE "C" NOT NULL,
	// 	fact        TEXT COLLATE "C" NOT NULL,
	// 	st_rank     SMALLINT         NOT NULL,
	// 	txid        TEXT COLLATE "C" NOT NULL,
	// 	amount      TEXT COLLATE "C" NOT NULL,
	// 	currency    TEXT COLLATE "C" NOT NULL,
	// 	event_key   TEXT COLLATE "C" NOT NULL,
	// 	since       BIGINT           NOT NULL,
	// 	next_check  BIGINT           NOT NULL,
	// 	lease_until BIGINT           NOT NULL,
	// 	PRIMARY KEY (namespace, order_key, session_id, fact)
	// );
	// CREATE INDEX IF NOT EXISTS ecomtrade24_facts_next_check
	// ON ecomtrade24_facts (namespace, next_check) WHERE next_check > 0;
}
