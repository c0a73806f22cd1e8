package ledger

import (
	"regexp"
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
	Lock      string // account, order, pays, mark; it returns seen and was_paid
	Read      string // session, account, order; it returns was_paid, which counts only with LockCounts, and a row of facts
	ReadOrder string // account, order; as Read
	Check     string // account, order, mark; it returns a row if the mark is there
	CheckPut  string // mark, and those of Put: it affects no row if the mark is gone; "" for Check and Put one by one
	Put       string // account, order, session, fact, rank, txid, amount, currency, event, since, due
	Expect    string // account, order, session, since, due
	Due       string // account, now
	Ask       string // next due, account, order, session, due
}

// In returns the same statements with the tables in a schema, which must be quoted where it has to be; "" is none.
func (s Statements) In(schema string) Statements {
	if schema == "" {
		return s
	}
	in := func(text string) string {
		return tables.ReplaceAllString(text, "$1 "+strings.ReplaceAll(schema, "$", "$$")+".$2")
	}
	all := make([]string, len(s.Tables))
	for i, table := range s.Tables {
		all[i] = in(table)
	}
	return Statements{
		s.LockCounts, all, in(s.Probe), in(s.Lock), in(s.Read), in(s.ReadOrder), in(s.Check), in(s.CheckPut), in(s.Put),
		in(s.Expect),
		in(s.Due), in(s.Ask),
	}
}

// PostgresLock is what makes one process at a time create the tables.
const PostgresLock = `SELECT pg_advisory_xact_lock(3245770624)`

// Postgres returns the statements of PostgreSQL. An order's rows lie together in its indexes, as in the tables of the
// others, and those of young orders too where the order ids grow. So many old orders cost little.
func Postgres() Statements {
	s := standard()
	// The mark is the transaction itself.
	s.Lock = `INSERT INTO ecomtrade24_orders AS o (account, order_key, paid, was_paid, seen) VALUES ($1, $2, $3, 0, 1)
ON CONFLICT (account, order_key) DO UPDATE SET
was_paid = o.paid, paid = GREATEST(o.paid, excluded.paid), seen = o.seen + 1
RETURNING seen, was_paid, txid_current()`
	s.CheckPut = `INSERT INTO ecomtrade24_facts AS f
(account, order_key, session_id, fact, st_rank, txid, amount, currency, event_key, since, due_at)
SELECT $2, $3, $4, $5, $6::smallint, $7, $8, $9, $10, $11::bigint, $12::bigint WHERE txid_current() = $1` + overwrite
	// Two scans rather than session_id IN ('', $1), for which PostgreSQL's plan of an empty table is a scan of the whole
	// table, and stays that until the table is first analyzed.
	s.Read = read + `account = $2 AND order_key = $3 AND session_id = $1
UNION ALL ` + read + `account = $2 AND order_key = $3 AND session_id = ''`
	s.Tables = []string{
		`CREATE TABLE IF NOT EXISTS ecomtrade24_orders (
	account   TEXT COLLATE "C" NOT NULL,
	order_key TEXT COLLATE "C" NOT NULL,
	paid      SMALLINT         NOT NULL,
	was_paid  SMALLINT         NOT NULL,
	seen      BIGINT           NOT NULL,
	PRIMARY KEY (account, order_key)
)`,
		`CREATE TABLE IF NOT EXISTS ecomtrade24_facts (
	account    TEXT COLLATE "C" NOT NULL,
	order_key  TEXT COLLATE "C" NOT NULL,
	session_id TEXT COLLATE "C" NOT NULL,
	fact       TEXT COLLATE "C" NOT NULL,
	st_rank    SMALLINT         NOT NULL,
	txid       TEXT COLLATE "C" NOT NULL,
	amount     TEXT COLLATE "C" NOT NULL,
	currency   TEXT COLLATE "C" NOT NULL,
	event_key  TEXT COLLATE "C" NOT NULL,
	since      BIGINT           NOT NULL,
	due_at     BIGINT           NOT NULL,
	PRIMARY KEY (account, order_key, session_id, fact)
)`,
		`CREATE INDEX IF NOT EXISTS ecomtrade24_facts_due ON ecomtrade24_facts (account, due_at) WHERE due_at > 0`,
	}
	return s
}

// SQLite returns the statements of SQLite, which stores the rows in the primary key itself.
func SQLite() Statements {
	s := standard()
	s.Lock = `INSERT INTO ecomtrade24_orders AS o (account, order_key, paid, was_paid, seen, mark)
VALUES ($1, $2, $3, 0, 1, $4) ON CONFLICT (account, order_key) DO UPDATE SET
was_paid = o.paid, paid = MAX(o.paid, excluded.paid), seen = o.seen + 1, mark = excluded.mark RETURNING seen, was_paid`
	s.Tables = []string{
		`CREATE TABLE IF NOT EXISTS ecomtrade24_orders (
	account   TEXT    NOT NULL,
	order_key TEXT    NOT NULL,
	paid      INTEGER NOT NULL,
	was_paid  INTEGER NOT NULL,
	seen      INTEGER NOT NULL,
	mark      TEXT    NOT NULL,
	PRIMARY KEY (account, order_key)
) WITHOUT ROWID`,
		`CREATE TABLE IF NOT EXISTS ecomtrade24_facts (
	account    TEXT    NOT NULL,
	order_key  TEXT    NOT NULL,
	session_id TEXT    NOT NULL,
	fact       TEXT    NOT NULL,
	st_rank    INTEGER NOT NULL,
	txid       TEXT    NOT NULL,
	amount     TEXT    NOT NULL,
	currency   TEXT    NOT NULL,
	event_key  TEXT    NOT NULL,
	since      INTEGER NOT NULL,
	due_at     INTEGER NOT NULL,
	PRIMARY KEY (account, order_key, session_id, fact)
) WITHOUT ROWID`,
		`CREATE INDEX IF NOT EXISTS ecomtrade24_facts_due ON ecomtrade24_facts (account, due_at) WHERE due_at > 0`,
	}
	return s
}

// overwrite is what becomes of a row that is there already.
const overwrite = `
ON CONFLICT (account, order_key, session_id, fact) DO UPDATE SET
st_rank = excluded.st_rank, txid = excluded.txid, amount = excluded.amount, currency = excluded.currency,
event_key = excluded.event_key,
since = CASE WHEN excluded.due_at > 0 THEN excluded.since ELSE f.since END,
due_at = CASE WHEN excluded.due_at < 0 THEN f.due_at ELSE excluded.due_at END`

// standard is the SQL that PostgreSQL and SQLite share.
func standard() Statements {
	s := common("$1", "$2", "$3", "$4", "$5")
	s.Put = `INSERT INTO ecomtrade24_facts AS f
(account, order_key, session_id, fact, st_rank, txid, amount, currency, event_key, since, due_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)` + overwrite
	s.Expect = `INSERT INTO ecomtrade24_facts AS f
(account, order_key, session_id, fact, st_rank, txid, amount, currency, event_key, since, due_at)
VALUES ($1, $2, $3, '', 0, '', '', '', '', $4, $5)
ON CONFLICT (account, order_key, session_id, fact) DO UPDATE SET
since = CASE WHEN f.st_rank < 20 AND f.due_at < 0 THEN excluded.since ELSE f.since END,
due_at = CASE WHEN f.st_rank < 20 AND f.due_at < 0 THEN excluded.due_at ELSE f.due_at END`
	return s
}

// MySQL returns the statements of MySQL and MariaDB. The texts are binary: the usual collations take "a" and "A" for
// equal, and "a" and "a ".
func MySQL() Statements {
	s := common("?", "?", "?", "?", "?")
	s.Tables = []string{
		`CREATE TABLE IF NOT EXISTS ecomtrade24_orders (
	account   VARBINARY(255) NOT NULL,
	order_key VARBINARY(464) NOT NULL,
	paid      TINYINT        NOT NULL,
	was_paid  TINYINT        NOT NULL,
	seen      BIGINT         NOT NULL,
	mark      VARBINARY(64)  NOT NULL,
	PRIMARY KEY (account, order_key)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC`,
		`CREATE TABLE IF NOT EXISTS ecomtrade24_facts (
	account    VARBINARY(255) NOT NULL,
	order_key  VARBINARY(464) NOT NULL,
	session_id VARBINARY(255) NOT NULL,
	fact       VARBINARY(33)  NOT NULL,
	st_rank    TINYINT        NOT NULL,
	txid       VARBINARY(255) NOT NULL,
	amount     VARBINARY(255) NOT NULL,
	currency   VARBINARY(255) NOT NULL,
	event_key  VARBINARY(64)  NOT NULL,
	since      BIGINT         NOT NULL,
	due_at     BIGINT         NOT NULL,
	PRIMARY KEY (account, order_key, session_id, fact),
	INDEX ecomtrade24_facts_due (account, due_at)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC`,
	}
	// Not INSERT IGNORE, which would ignore every other error too.
	s.LockCounts = true
	s.Lock = `INSERT INTO ecomtrade24_orders (account, order_key, paid, was_paid, seen, mark) VALUES (?, ?, ?, 0, 1, ?)
ON DUPLICATE KEY UPDATE was_paid = paid, paid = GREATEST(paid, VALUES(paid)), seen = seen + 1, mark = VALUES(mark)`
	// Locking reads, which see what is committed now even if the merchant's transaction has read before.
	const both = `SELECT o.was_paid, f.session_id, f.fact, f.st_rank, f.txid, f.amount, f.currency, f.event_key, f.due_at
FROM ecomtrade24_orders o LEFT JOIN ecomtrade24_facts f ON f.account = o.account AND f.order_key = o.order_key`
	s.Read = both + ` AND f.session_id IN ('', ?) WHERE o.account = ? AND o.order_key = ? FOR UPDATE`
	s.ReadOrder = both + ` WHERE o.account = ? AND o.order_key = ? FOR UPDATE`
	s.Put = `INSERT INTO ecomtrade24_facts
(account, order_key, session_id, fact, st_rank, txid, amount, currency, event_key, since, due_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE
st_rank = VALUES(st_rank), txid = VALUES(txid), amount = VALUES(amount), currency = VALUES(currency),
event_key = VALUES(event_key),
since = IF(VALUES(due_at) > 0, VALUES(since), since), due_at = IF(VALUES(due_at) < 0, due_at, VALUES(due_at))`
	s.Expect = `INSERT INTO ecomtrade24_facts
(account, order_key, session_id, fact, st_rank, txid, amount, currency, event_key, since, due_at)
VALUES (?, ?, ?, '', 0, '', '', '', '', ?, ?)
ON DUPLICATE KEY UPDATE
since = IF(st_rank < 20 AND due_at < 0, VALUES(since), since),
due_at = IF(st_rank < 20 AND due_at < 0, VALUES(due_at), due_at)`
	return s
}

// read is of PostgreSQL and SQLite, where the lock has told whether the order is paid.
const read = `SELECT 0, session_id, fact, st_rank, txid, amount, currency, event_key, due_at FROM ecomtrade24_facts
WHERE `

// common is the SQL that all three share, but for how they write an argument.
func common(a, b, c, d, e string) Statements {
	return Statements{
		Probe: `SELECT o.account, o.order_key, o.paid, o.was_paid, o.seen, f.account, f.order_key, f.session_id, f.fact,
f.st_rank, f.txid, f.amount, f.currency, f.event_key, f.since, f.due_at
FROM ecomtrade24_orders o JOIN ecomtrade24_facts f ON f.order_key = o.order_key WHERE 1 = 0`,
		Read:      read + `session_id IN ('', ` + a + `) AND account = ` + b + ` AND order_key = ` + c,
		ReadOrder: read + `account = ` + a + ` AND order_key = ` + b,
		Check: `SELECT 1 FROM ecomtrade24_orders
WHERE account = ` + a + ` AND order_key = ` + b + ` AND mark = ` + c,
		Due: `SELECT order_key, session_id, since, due_at FROM ecomtrade24_facts
WHERE account = ` + a + ` AND due_at > 0 AND due_at <= ` + b + ` ORDER BY due_at LIMIT 16`,
		Ask: `UPDATE ecomtrade24_facts SET due_at = ` + a + `
WHERE account = ` + b + ` AND order_key = ` + c + ` AND session_id = ` + d + ` AND fact = '' AND due_at = ` + e,
	}
}
