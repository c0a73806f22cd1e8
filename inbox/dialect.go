package inbox

import (
	"database/sql"
	"strings"
)

// Dialect is the SQL of one kind of database: Postgres, SQLite or MySQL. The zero Dialect is none.
type Dialect struct {
	tables    []string
	lock      string // taken before the tables are made, until the end of the transaction
	isolation sql.IsolationLevel
	conflicts []string // what the error texts of a deadlock or a lost race hold

	seedEvent  string // key, time
	claimEvent string // key
	seedOrder  string // order
	moveOrder  string // status, session, txid, amount, currency, time, rank, order, rank
	lockOrder  string // session, txid, order
	readOrder  string // order
	prune      string // time
}

// Schema returns the statements that make the two tables, for the merchant's own migration tool. They do nothing
// where the tables exist.
func (d Dialect) Schema() string {
	return strings.Join(d.tables, ";\n") + ";\n"
}

// The databases that the inbox speaks to.
//
//nolint:gochecknoglobals // constants in all but name
var (
	// Postgres is PostgreSQL 10 or later, under READ COMMITTED.
	Postgres = standard(Dialect{
		lock:      `SELECT pg_advisory_xact_lock(3245770624)`,
		isolation: sql.LevelReadCommitted,
		conflicts: []string{"SQLSTATE 40001", "SQLSTATE 40P01", "deadlock detected", "could not serialize access"},
	})
	// SQLite is SQLite 3.24 or later, for processes of one machine.
	SQLite = standard(Dialect{})
	// MySQL is MySQL 8 or later, or MariaDB 10.5 or later, under READ COMMITTED. An order id may have 767 bytes.
	MySQL = Dialect{
		tables:    mysqlTables(),
		isolation: sql.LevelReadCommitted,
		conflicts: []string{"Error 1213"},
		// Not INSERT IGNORE, which would ignore every other error too.
		seedEvent: `INSERT INTO ecomtrade24_events (event_key, claimed, received_at) VALUES (?, 0, ?)
ON DUPLICATE KEY UPDATE event_key = event_key`,
		claimEvent: `UPDATE ecomtrade24_events SET claimed = 1 WHERE event_key = ? AND claimed = 0`,
		seedOrder: `INSERT INTO ecomtrade24_orders (order_id, status, session_id, txid, amount, currency, moved_at, st_rank)
VALUES (?, '', '', '', '', '', 0, 0) ON DUPLICATE KEY UPDATE order_id = order_id`,
		moveOrder: `UPDATE ecomtrade24_orders
SET status = ?, session_id = ?, txid = ?, amount = ?, currency = ?, moved_at = ?, st_rank = ?
WHERE order_id = ? AND st_rank < ?`,
		lockOrder: `UPDATE ecomtrade24_orders SET txid = CASE WHEN txid = '' AND session_id = ? THEN ? ELSE txid END WHERE order_id = ?`,
		readOrder: `SELECT session_id, txid, amount, currency FROM ecomtrade24_orders WHERE order_id = ?`,
		prune:     `DELETE FROM ecomtrade24_events WHERE received_at < ? LIMIT 1000`,
	}
)

// standard adds the SQL that PostgreSQL and SQLite share.
func standard(d Dialect) Dialect {
	d.tables = []string{
		`CREATE TABLE IF NOT EXISTS ecomtrade24_events (
	event_key   TEXT     NOT NULL PRIMARY KEY,
	claimed     SMALLINT NOT NULL,
	received_at BIGINT   NOT NULL
)`,
		`CREATE INDEX IF NOT EXISTS ecomtrade24_events_received_at ON ecomtrade24_events (received_at)`,
		`CREATE TABLE IF NOT EXISTS ecomtrade24_orders (
	order_id   TEXT     NOT NULL PRIMARY KEY,
	status     TEXT     NOT NULL,
	session_id TEXT     NOT NULL,
	txid       TEXT     NOT NULL,
	amount     TEXT     NOT NULL,
	currency   TEXT     NOT NULL,
	moved_at   BIGINT   NOT NULL,
	st_rank    SMALLINT NOT NULL
)`,
	}
	d.seedEvent = `INSERT INTO ecomtrade24_events (event_key, claimed, received_at) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING`
	d.claimEvent = `UPDATE ecomtrade24_events SET claimed = 1 WHERE event_key = $1 AND claimed = 0`
	d.seedOrder = `INSERT INTO ecomtrade24_orders (order_id, status, session_id, txid, amount, currency, moved_at, st_rank)
VALUES ($1, '', '', '', '', '', 0, 0) ON CONFLICT DO NOTHING`
	d.moveOrder = `UPDATE ecomtrade24_orders
SET status = $1, session_id = $2, txid = $3, amount = $4, currency = $5, moved_at = $6, st_rank = $7
WHERE order_id = $8 AND st_rank < $9`
	d.lockOrder = `UPDATE ecomtrade24_orders SET txid = CASE WHEN txid = '' AND session_id = $1 THEN $2 ELSE txid END WHERE order_id = $3`
	d.readOrder = `SELECT session_id, txid, amount, currency FROM ecomtrade24_orders WHERE order_id = $1`
	d.prune = `DELETE FROM ecomtrade24_events WHERE event_key IN
(SELECT event_key FROM ecomtrade24_events WHERE received_at < $1 LIMIT 1000)`
	return d
}

// mysqlTables compares ids byte by byte: the usual collations merge "a" with "A" and "a" with "a ".
func mysqlTables() []string {
	return []string{
		`CREATE TABLE IF NOT EXISTS ecomtrade24_events (
	event_key   CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
	claimed     TINYINT NOT NULL,
	received_at BIGINT  NOT NULL,
	INDEX ecomtrade24_events_received_at (received_at)
) ENGINE=InnoDB`,
		`CREATE TABLE IF NOT EXISTS ecomtrade24_orders (
	order_id   VARBINARY(767) NOT NULL PRIMARY KEY,
	status     TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	session_id TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	txid       TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	amount     TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	currency   TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	moved_at   BIGINT  NOT NULL,
	st_rank    TINYINT NOT NULL
) ENGINE=InnoDB`,
	}
}

// lostRace tells whether the database undid the transaction only because of another one, so that it can run again at
// once. database/sql has no word for it and the drivers' types are not ours to import, so the texts are what there
// is. A text that is missed costs a redelivery, one that misleads costs a few vain attempts.
func (d Dialect) lostRace(err error) bool {
	for _, text := range d.conflicts {
		if strings.Contains(err.Error(), text) {
			return true
		}
	}
	return false
}
