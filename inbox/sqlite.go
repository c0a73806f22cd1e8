package inbox

import "github.com/ecomtrade24/ecomtrade24-go/internal/ledger"

// SQLite is SQLite 3.35 or later, for any number of processes on one machine.
const SQLite Dialect = "sqlite"

func sqlite() dialect {
	return dialect{
		statements: sqliteStatements(),
		prepares:   true,
		lock:       (*store).lockMarked,
		check:      (*store).checkMark,
		lostRace:   func(error) bool { return false }, // a writer waits at its first statement and never loses a race
	}
}

// sqliteStatements returns statements that store the rows in the primary key's index (WITHOUT ROWID).
func sqliteStatements() ledger.Statements {
	s := ledger.Standard(`CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)`)
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
		ledger.NextCheckIndex,
	}
	return s
}
