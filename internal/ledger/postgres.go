package ledger

// Postgres returns the statements of PostgreSQL, for packages inbox and pgxinbox. Lock returns seen, was_paid and the
// mark, which is the transaction's ID. The indexes keep an order's rows together, as the tables do in the other
// databases. If order IDs increase over time, the indexes also keep new orders together, so many old orders cost
// little.
func Postgres() Statements {
	s := Standard(`(EXTRACT(EPOCH FROM statement_timestamp()) * 1000)::bigint`)
	s.TableLock = `SELECT pg_advisory_xact_lock(3245770624)` // without it, concurrent CREATE TABLE statements can fail
	s.Home = `SELECT COUNT(*) FROM pg_catalog.pg_tables
WHERE schemaname = current_schema() AND tablename IN ('ecomtrade24_orders', 'ecomtrade24_facts')`
	s.Settings = `SELECT name, setting FROM pg_catalog.pg_settings
WHERE name IN ('server_encoding', 'transaction_read_only')`
	s.Lock = `INSERT INTO ecomtrade24_orders AS o (namespace, order_key, paid, was_paid, seen) VALUES ($1, $2, $3, 0, 1)
ON CONFLICT (namespace, order_key) DO UPDATE SET
was_paid = o.paid, paid = GREATEST(o.paid, excluded.paid), seen = o.seen + 1
RETURNING seen, was_paid, txid_current()`
	s.CheckPut = `INSERT INTO ecomtrade24_facts AS f (` + Columns + `)
SELECT $2, $3, $4, $5, $6::smallint, $7, $8, $9, $10, $11::bigint, $12::bigint, 0 WHERE txid_current() = $1` + overwrite
	// The statement uses two scans instead of session_id IN ('', $1): for an empty table PostgreSQL would plan a full
	// scan, and keep that plan until the table is first analyzed.
	s.Read = read + `namespace = $2 AND order_key = $3 AND session_id = $1
UNION ALL ` + read + `namespace = $2 AND order_key = $3 AND session_id = ''`
	s.Tables = []string{
		`CREATE TABLE IF NOT EXISTS ecomtrade24_orders (
	namespace TEXT COLLATE "C" NOT NULL,
	order_key TEXT COLLATE "C" NOT NULL,
	paid      SMALLINT         NOT NULL,
	was_paid  SMALLINT         NOT NULL,
	seen      BIGINT           NOT NULL,
	PRIMARY KEY (namespace, order_key)
)`,
		`CREATE TABLE IF NOT EXISTS ecomtrade24_facts (
	namespace   TEXT COLLATE "C" NOT NULL,
	order_key   TEXT COLLATE "C" NOT NULL,
	session_id  TEXT COLLATE "C" NOT NULL,
	fact        TEXT COLLATE "C" NOT NULL,
	st_rank     SMALLINT         NOT NULL,
	txid        TEXT COLLATE "C" NOT NULL,
	amount      TEXT COLLATE "C" NOT NULL,
	currency    TEXT COLLATE "C" NOT NULL,
	event_key   TEXT COLLATE "C" NOT NULL,
	since       BIGINT           NOT NULL,
	next_check  BIGINT           NOT NULL,
	lease_until BIGINT           NOT NULL,
	PRIMARY KEY (namespace, order_key, session_id, fact)
)`,
		NextCheckIndex,
	}
	return s
}
