package ledger

import (
	"regexp"
	"strings"
)

// tables finds the tables' names in a statement. An index has no schema of its own.
var tables = regexp.MustCompile(`\b(FROM|INTO|UPDATE|JOIN|EXISTS|ON) (ecomtrade24_(?:orders|facts))\b`)

// Statements are the SQL of one kind of database. The comments list the arguments.
type Statements struct {
	Tables    []string
	Probe     string // fails if a table or a column is missing
	Lock      string // account, order, mark
	Read      string // session, account, order
	ReadOrder string // account, order
	End       string // paid, account, order, mark
	EndPut    string // those of End, and of Put without account and order: both at once; "" for one by one
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
		all, in(s.Probe), in(s.Lock), in(s.Read), in(s.ReadOrder), in(s.End), in(s.EndPut), in(s.Put), in(s.Expect),
		in(s.Due), in(s.Ask),
	}
}

// Flag is how the SQL has a bool.
func Flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// PostgresLock is what makes one process at a time create the tables.
const PostgresLock = `SELECT pg_advisory_xact_lock(3245770624)`

// Postgres returns the statements of PostgreSQL. An order's rows lie together in its indexes, as in the tables of the
// others, and those of young orders too where the order ids grow. So many old orders cost little.
func Postgres() Statements {
	s := standard()
	s.EndPut = `WITH marked AS (UPDATE ecomtrade24_orders SET paid = $1, mark = ''
WHERE account = $2 AND order_key = $3 AND mark = $4 RETURNING 1)
INSERT INTO ecomtrade24_facts AS f
(account, order_key, session_id, fact, st_rank, txid, amount, currency, event_key, since, due_at)
SELECT $2, $3, $5, $6, $7::smallint, $8, $9, $10, $11, $12::bigint, $13::bigint FROM marked` + overwrite
	s.Tables = []string{
		`CREATE TABLE IF NOT EXISTS ecomtrade24_orders (
	account   TEXT COLLATE "C" NOT NULL,
	order_key TEXT COLLATE "C" NOT NULL,
	paid      SMALLINT         NOT NULL,
	mark      TEXT COLLATE "C" NOT NULL,
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
	s.Tables = []string{
		`CREATE TABLE IF NOT EXISTS ecomtrade24_orders (
	account   TEXT    NOT NULL,
	order_key TEXT    NOT NULL,
	paid      INTEGER NOT NULL,
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
	s.Lock = `INSERT INTO ecomtrade24_orders (account, order_key, paid, mark) VALUES ($1, $2, 0, $3)
ON CONFLICT (account, order_key) DO UPDATE SET mark = excluded.mark`
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
	s.Lock = `INSERT INTO ecomtrade24_orders (account, order_key, paid, mark) VALUES (?, ?, 0, ?)
ON DUPLICATE KEY UPDATE mark = VALUES(mark)`
	// A locking read, which sees what is committed now even if the merchant's transaction has read before.
	s.Read += ` FOR UPDATE`
	s.ReadOrder += ` FOR UPDATE`
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

// common is the SQL that all three share, but for how they write an argument.
func common(a, b, c, d, e string) Statements {
	const read = `SELECT o.paid, f.session_id, f.fact, f.st_rank, f.txid, f.amount, f.currency, f.event_key, f.due_at
FROM ecomtrade24_orders o LEFT JOIN ecomtrade24_facts f ON f.account = o.account AND f.order_key = o.order_key`
	return Statements{
		Probe: `SELECT o.account, o.order_key, o.paid, o.mark, f.account, f.order_key, f.session_id, f.fact, f.st_rank,
f.txid, f.amount, f.currency, f.event_key, f.since, f.due_at
FROM ecomtrade24_orders o JOIN ecomtrade24_facts f ON f.order_key = o.order_key WHERE 1 = 0`,
		Read: read + ` AND f.session_id IN ('', ` + a + `)
WHERE o.account = ` + b + ` AND o.order_key = ` + c,
		ReadOrder: read + `
WHERE o.account = ` + a + ` AND o.order_key = ` + b,
		End: `UPDATE ecomtrade24_orders SET paid = ` + a + `, mark = ''
WHERE account = ` + b + ` AND order_key = ` + c + ` AND mark = ` + d,
		Due: `SELECT order_key, session_id, since, due_at FROM ecomtrade24_facts
WHERE account = ` + a + ` AND due_at > 0 AND due_at <= ` + b + ` ORDER BY due_at LIMIT 16`,
		Ask: `UPDATE ecomtrade24_facts SET due_at = ` + a + `
WHERE account = ` + b + ` AND order_key = ` + c + ` AND session_id = ` + d + ` AND fact = '' AND due_at = ` + e,
	}
}
