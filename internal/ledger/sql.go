package ledger

import (
	"regexp"
	"strconv"
	"strings"
)

// tables finds the tables' names in a statement. An index has no schema of its own.
var tables = regexp.MustCompile(`\b(FROM|INTO|UPDATE|JOIN|EXISTS|ON) (ecomtrade24_(?:orders|facts))\b`)

// Statements are the SQL of one kind of database. The comments list the arguments.
type Statements struct {
	// LockCounts says that Lock returns nothing: it affects one row if the order is new, and two if it is not.
	LockCounts bool

	Tables    []string
	Probe     string // fails if a table or a column is missing
	Home      string // returns 2 if both tables are in the schema in which Tables would make them; "" if there is only one
	Settings  string // returns names and values of settings for Unfit; "" for none
	Lock      string // namespace, order, pays, mark; it returns seen and was_paid
	Read      string // session, namespace, order; it returns was_paid, which only LockCounts needs, and a row of facts
	ReadOrder string // namespace, order; as Read
	Check     string // namespace, order, mark; it returns a row if the mark is there
	CheckPut  string // mark, and those of Put: it affects no row if the mark is gone; "" for Check and Put one by one
	Put       string // namespace, order, and those of Row.Args
	Expect    string // namespace, order, session, since, next, ended
	Now       string // it returns the time in Unix milliseconds
	Scheduled string // namespace; it returns a Check
	Lease     string // until, namespace, order, session, next check, lease
	Return    string // those of ReturnArgs
}

// In returns the same statements with the tables in a schema, which must be quoted if it needs that; "" is none.
func (s Statements) In(schema string) Statements {
	if schema == "" {
		return s
	}
	in := func(text string) string {
		return tables.ReplaceAllString(text, "$1 "+strings.ReplaceAll(schema, "$", "$$")+".$2")
	}
	s.Home = "" // there is no search path to look at
	s.Tables = append([]string(nil), s.Tables...)
	for i := range s.Tables {
		s.Tables[i] = in(s.Tables[i])
	}
	for _, text := range []*string{
		&s.Probe, &s.Lock, &s.Read, &s.ReadOrder, &s.Check, &s.CheckPut, &s.Put, &s.Expect, &s.Scheduled, &s.Lease,
		&s.Return,
	} {
		*text = in(*text)
	}
	return s
}

// LeaseArgs are the arguments to Lease.
func (c Check) LeaseArgs(namespace string, until int64) []any {
	return []any{until, namespace, c.Order, c.ID, c.NextCheck, c.LeaseUntil}
}

// ReturnArgs are the arguments to Return.
func (c Check) ReturnArgs(namespace string, next Check) []any {
	return []any{
		c.NextCheck, next.Since, c.NextCheck, next.NextCheck, next.LeaseUntil, namespace, c.Order, c.ID, c.LeaseUntil,
	}
}

// PostgresLock is what makes one process at a time create the tables.
const PostgresLock = `SELECT pg_advisory_xact_lock(3245770624)`

// Postgres returns the statements of PostgreSQL. An order's rows lie together in its indexes, as in the tables of the
// others, and so do those of young orders if the order ids grow. So many old orders cost little.
func Postgres() Statements {
	s := standard(`(EXTRACT(EPOCH FROM statement_timestamp()) * 1000)::bigint`)
	s.Home = `SELECT COUNT(*) FROM pg_catalog.pg_tables
WHERE schemaname = current_schema() AND tablename IN ('ecomtrade24_orders', 'ecomtrade24_facts')`
	s.Settings = `SELECT name, setting FROM pg_catalog.pg_settings
WHERE name IN ('server_encoding', 'transaction_read_only')`
	// The mark is the transaction itself.
	s.Lock = `INSERT INTO ecomtrade24_orders AS o (namespace, order_key, paid, was_paid, seen) VALUES ($1, $2, $3, 0, 1)
ON CONFLICT (namespace, order_key) DO UPDATE SET
was_paid = o.paid, paid = GREATEST(o.paid, excluded.paid), seen = o.seen + 1
RETURNING seen, was_paid, txid_current()`
	s.CheckPut = `INSERT INTO ecomtrade24_facts AS f (` + columns + `)
SELECT $2, $3, $4, $5, $6::smallint, $7, $8, $9, $10, $11::bigint, $12::bigint, 0 WHERE txid_current() = $1` + overwrite
	// Two scans rather than session_id IN ('', $1), for which PostgreSQL's plan of an empty table is a scan of the whole
	// table, and stays that until the table is first analyzed.
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
		nextCheckIndex,
	}
	return s
}

// nextCheckIndex holds the sessions that are still checked, which are few.
const nextCheckIndex = `CREATE INDEX IF NOT EXISTS ecomtrade24_facts_next_check
ON ecomtrade24_facts (namespace, next_check) WHERE next_check > 0`

// SQLite returns the statements of SQLite, which stores the rows in the primary key itself.
func SQLite() Statements {
	s := standard(`CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)`)
	s.Lock = `INSERT INTO ecomtrade24_orders AS o (namespace, order_key, paid, was_paid, seen, mark)
VALUES ($1, $2, $3, 0, 1, $4) ON CONFLICT (namespace, order_key) DO UPDATE SET
was_paid = o.paid, paid = MAX(o.paid, excluded.paid), seen = o.seen + 1, mark = excluded.mark RETURNING seen, was_paid`
	s.Tables = []string{
		`CREATE TABLE IF NOT EXISTS ecomtrade24_orders (
	namespace TEXT    NOT NULL,
	order_key TEXT    NOT NULL,
	paid      INTEGER NOT NULL,
	was_paid  INTEGER NOT NULL,
	seen      INTEGER NOT NULL,
	mark      TEXT    NOT NULL,
	PRIMARY KEY (namespace, order_key)
) WITHOUT ROWID`,
		`CREATE TABLE IF NOT EXISTS ecomtrade24_facts (
	namespace   TEXT    NOT NULL,
	order_key   TEXT    NOT NULL,
	session_id  TEXT    NOT NULL,
	fact        TEXT    NOT NULL,
	st_rank     INTEGER NOT NULL,
	txid        TEXT    NOT NULL,
	amount      TEXT    NOT NULL,
	currency    TEXT    NOT NULL,
	event_key   TEXT    NOT NULL,
	since       INTEGER NOT NULL,
	next_check  INTEGER NOT NULL,
	lease_until INTEGER NOT NULL,
	PRIMARY KEY (namespace, order_key, session_id, fact)
) WITHOUT ROWID`,
		nextCheckIndex,
	}
	return s
}

// columns are those of ecomtrade24_facts.
const columns = `namespace, order_key, session_id, fact, st_rank, txid, amount, currency, event_key, since, next_check,
lease_until`

// overwrite is what becomes of a row that is there already.
const overwrite = `
ON CONFLICT (namespace, order_key, session_id, fact) DO UPDATE SET
st_rank = excluded.st_rank, txid = excluded.txid, amount = excluded.amount, currency = excluded.currency,
event_key = excluded.event_key,
since = CASE WHEN excluded.next_check > 0 THEN excluded.since ELSE f.since END,
next_check = CASE WHEN excluded.next_check < 0 THEN f.next_check ELSE excluded.next_check END`

// standard is the SQL that PostgreSQL and SQLite share.
func standard(now string) Statements {
	s := common(now, func(n int) string { return "$" + strconv.Itoa(n) })
	s.Put = `INSERT INTO ecomtrade24_facts AS f (` + columns + `)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0)` + overwrite
	s.Expect = `INSERT INTO ecomtrade24_facts AS f (` + columns + `)
VALUES ($1, $2, $3, '', 0, '', '', '', '', $4, $5, 0)
ON CONFLICT (namespace, order_key, session_id, fact) DO UPDATE SET
since = CASE WHEN f.next_check < 0 THEN excluded.since ELSE f.since END,
next_check = CASE WHEN f.next_check >= 0 THEN f.next_check
WHEN f.st_rank < ` + strconv.Itoa(rankEnded) + ` THEN excluded.next_check ELSE $6 END`
	return s
}

// MySQL returns the statements of MySQL and MariaDB. The texts are binary: the usual collations take "a" and "A" for
// equal, and "a" and "a ".
func MySQL() Statements {
	s := common(`TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000`, func(int) string { return "?" })
	s.Settings = `SHOW SESSION VARIABLES WHERE Variable_name IN ('log_bin', 'binlog_format', 'sql_mode', 'autocommit',
'read_only', 'innodb_read_only', 'tx_read_only', 'transaction_read_only')`
	s.Tables = []string{
		`CREATE TABLE IF NOT EXISTS ecomtrade24_orders (
	namespace VARBINARY(255) NOT NULL,
	order_key VARBINARY(464) NOT NULL,
	paid      TINYINT        NOT NULL,
	was_paid  TINYINT        NOT NULL,
	seen      BIGINT         NOT NULL,
	mark      VARBINARY(64)  NOT NULL,
	PRIMARY KEY (namespace, order_key)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC`,
		`CREATE TABLE IF NOT EXISTS ecomtrade24_facts (
	namespace   VARBINARY(255) NOT NULL,
	order_key   VARBINARY(464) NOT NULL,
	session_id  VARBINARY(255) NOT NULL,
	fact        VARBINARY(33)  NOT NULL,
	st_rank     TINYINT        NOT NULL,
	txid        VARBINARY(255) NOT NULL,
	amount      VARBINARY(255) NOT NULL,
	currency    VARBINARY(255) NOT NULL,
	event_key   VARBINARY(64)  NOT NULL,
	since       BIGINT         NOT NULL,
	next_check  BIGINT         NOT NULL,
	lease_until BIGINT         NOT NULL,
	PRIMARY KEY (namespace, order_key, session_id, fact),
	INDEX ecomtrade24_facts_next_check (namespace, next_check)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC`,
	}
	// Not INSERT IGNORE, which would ignore every other error too.
	s.LockCounts = true
	s.Lock = `INSERT INTO ecomtrade24_orders (namespace, order_key, paid, was_paid, seen, mark) VALUES (?, ?, ?, 0, 1, ?)
ON DUPLICATE KEY UPDATE was_paid = paid, paid = GREATEST(paid, VALUES(paid)), seen = seen + 1, mark = VALUES(mark)`
	// Locking reads, which see what is committed now even if the merchant's transaction has read before.
	const both = `SELECT o.was_paid, f.session_id, f.fact, f.st_rank, f.txid, f.amount, f.currency, f.event_key,
f.next_check
FROM ecomtrade24_orders o LEFT JOIN ecomtrade24_facts f ON f.namespace = o.namespace AND f.order_key = o.order_key`
	s.Read = both + ` AND f.session_id IN ('', ?) WHERE o.namespace = ? AND o.order_key = ? FOR UPDATE`
	s.ReadOrder = both + ` WHERE o.namespace = ? AND o.order_key = ? FOR UPDATE`
	s.Put = `INSERT INTO ecomtrade24_facts (` + columns + `)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)
ON DUPLICATE KEY UPDATE
st_rank = VALUES(st_rank), txid = VALUES(txid), amount = VALUES(amount), currency = VALUES(currency),
event_key = VALUES(event_key),
since = CASE WHEN VALUES(next_check) > 0 THEN VALUES(since) ELSE since END,
next_check = CASE WHEN VALUES(next_check) < 0 THEN next_check ELSE VALUES(next_check) END`
	// MySQL assigns from left to right, so since still sees the old next_check.
	s.Expect = `INSERT INTO ecomtrade24_facts (` + columns + `)
VALUES (?, ?, ?, '', 0, '', '', '', '', ?, ?, 0)
ON DUPLICATE KEY UPDATE
since = CASE WHEN next_check < 0 THEN VALUES(since) ELSE since END,
next_check = CASE WHEN next_check >= 0 THEN next_check
WHEN st_rank < ` + strconv.Itoa(rankEnded) + ` THEN VALUES(next_check) ELSE ? END`
	return s
}

// read is of PostgreSQL and SQLite, whose Lock returns whether the order is paid.
const read = `SELECT 0, session_id, fact, st_rank, txid, amount, currency, event_key, next_check FROM ecomtrade24_facts
WHERE `

// common is the SQL that all three share. arg writes the n-th argument.
func common(now string, arg func(n int) string) Statements {
	ahead := now + " + 3600000" // an hour
	return Statements{
		Now: "SELECT " + now,
		Probe: `SELECT o.namespace, o.order_key, o.paid, o.was_paid, o.seen, f.namespace, f.order_key, f.session_id, f.fact,
f.st_rank, f.txid, f.amount, f.currency, f.event_key, f.since, f.next_check, f.lease_until
FROM ecomtrade24_orders o JOIN ecomtrade24_facts f ON f.order_key = o.order_key WHERE 1 = 0`,
		Read:      read + `session_id IN ('', ` + arg(1) + `) AND namespace = ` + arg(2) + ` AND order_key = ` + arg(3),
		ReadOrder: read + `namespace = ` + arg(1) + ` AND order_key = ` + arg(2),
		Check: `SELECT 1 FROM ecomtrade24_orders
WHERE namespace = ` + arg(1) + ` AND order_key = ` + arg(2) + ` AND mark = ` + arg(3),
		// First come, first served: a session waits from its next check on, or from its last attempt if that failed later.
		// A time more than an hour ahead was written while the database's clock was wrong, so it does not count.
		Scheduled: `SELECT ` + now + `, order_key, session_id, st_rank, since, next_check, lease_until FROM ecomtrade24_facts
WHERE namespace = ` + arg(1) + ` AND next_check > 0 AND (next_check <= ` + now + ` OR since > ` + ahead + `)
AND (lease_until <= ` + now + ` OR lease_until > ` + ahead + `)
ORDER BY CASE WHEN lease_until > next_check OR next_check > ` + now + ` THEN lease_until ELSE next_check END LIMIT 16`,
		Lease: `UPDATE ecomtrade24_facts SET lease_until = ` + arg(1) + `
WHERE namespace = ` + arg(2) + ` AND order_key = ` + arg(3) + ` AND session_id = ` + arg(4) + ` AND fact = ''
AND next_check = ` + arg(5) + ` AND lease_until = ` + arg(6),
		Return: `UPDATE ecomtrade24_facts SET
since = CASE WHEN next_check = ` + arg(1) + ` THEN ` + arg(2) + ` ELSE since END,
next_check = CASE WHEN next_check = ` + arg(3) + ` THEN ` + arg(4) + ` ELSE next_check END,
lease_until = ` + arg(5) + `
WHERE namespace = ` + arg(6) + ` AND order_key = ` + arg(7) + ` AND session_id = ` + arg(8) + ` AND fact = ''
AND lease_until = ` + arg(9),
	}
}
