package inbox

import (
	"database/sql"
	"strings"
)

// Dialect is the SQL of one kind of database: Postgres, SQLite or MySQL. The zero Dialect is none, and New refuses it.
type Dialect struct {
	tables    []string
	lock      string // what Migrate runs first so that only one process at a time creates tables; "" for nothing
	isolation sql.IsolationLevel
	longestID int      // of an order, in bytes; 0 for any length
	conflicts []string // texts in the errors of a deadlock or a lost race

	// The statements, each with its arguments.
	seedEvent  string // key, time
	claimEvent string // key
	checkEvent string // key
	lockOrder  string // order, rank
	readFacts  string // order
	addFact    string // order, key, rank, session, txid, amount, currency
	prune      string // time
}

// Schema returns the statements that create the three tables, for the merchant's own migration tool. They do nothing
// if the tables exist. With Migrate it is not needed.
func (d Dialect) Schema() string {
	return strings.Join(d.tables, ";\n") + ";\n"
}

// The databases that the inbox works with.
//
//nolint:gochecknoglobals // constants in all but name
var (
	// Postgres is PostgreSQL 10 or later. Transactions run under READ COMMITTED.
	Postgres = standard(Dialect{
		lock:      `SELECT pg_advisory_xact_lock(3245770624)`,
		isolation: sql.LevelReadCommitted,
		conflicts: []string{"SQLSTATE 40001", "SQLSTATE 40P01", "deadlock detected", "could not serialize access"},
	})
	// SQLite is SQLite 3.24 or later, for any number of processes on one machine.
	SQLite = standard(Dialect{})
	// MySQL is MySQL 8 or later, or MariaDB 10.5 or later. Transactions run under READ COMMITTED. An order id may have up
	// to 767 bytes; Handle returns an error for a longer one.
	MySQL = Dialect{
		tables:    mysqlTables(),
		longestID: 767, // MySQL without its strict mode would cut off the rest, and two orders would be one
		isolation: sql.LevelReadCommitted,
		conflicts: []string{"Error 1213"},
		// Not INSERT IGNORE, which would ignore every other error too.
		seedEvent: `INSERT INTO ecomtrade24_events (event_key, claimed, received_at) VALUES (?, 0, ?)
ON DUPLICATE KEY UPDATE event_key = event_key`,
		claimEvent: `UPDATE ecomtrade24_events SET claimed = 1 WHERE event_key = ? AND claimed = 0`,
		checkEvent: `SELECT claimed FROM ecomtrade24_events WHERE event_key = ?`,
		lockOrder: `INSERT INTO ecomtrade24_orders (order_id, st_rank) VALUES (?, ?)
ON DUPLICATE KEY UPDATE st_rank = GREATEST(st_rank, VALUES(st_rank))`,
		readFacts: `SELECT st_rank, session_id, txid, amount, currency FROM ecomtrade24_facts
WHERE order_id = ? ORDER BY fact_key`,
		addFact: `INSERT INTO ecomtrade24_facts (order_id, fact_key, st_rank, session_id, txid, amount, currency)
VALUES (?, ?, ?, ?, ?, ?, ?)`,
		prune: `DELETE FROM ecomtrade24_events WHERE received_at < ? LIMIT 1000`,
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
	order_id TEXT     NOT NULL PRIMARY KEY,
	st_rank  SMALLINT NOT NULL
)`,
		`CREATE TABLE IF NOT EXISTS ecomtrade24_facts (
	order_id   TEXT     NOT NULL,
	fact_key   TEXT     NOT NULL,
	st_rank    SMALLINT NOT NULL,
	session_id TEXT     NOT NULL,
	txid       TEXT     NOT NULL,
	amount     TEXT     NOT NULL,
	currency   TEXT     NOT NULL,
	PRIMARY KEY (order_id, fact_key)
)`,
	}
	d.seedEvent = `INSERT INTO ecomtrade24_events (event_key, claimed, received_at) VALUES ($1, 0, $2)
ON CONFLICT DO NOTHING`
	d.claimEvent = `UPDATE ecomtrade24_events SET claimed = 1 WHERE event_key = $1 AND claimed = 0`
	d.checkEvent = `SELECT claimed FROM ecomtrade24_events WHERE event_key = $1`
	d.lockOrder = `INSERT INTO ecomtrade24_orders (order_id, st_rank) VALUES ($1, $2)
ON CONFLICT (order_id) DO UPDATE SET st_rank =
CASE WHEN excluded.st_rank > ecomtrade24_orders.st_rank THEN excluded.st_rank ELSE ecomtrade24_orders.st_rank END`
	d.readFacts = `SELECT st_rank, session_id, txid, amount, currency FROM ecomtrade24_facts
WHERE order_id = $1 ORDER BY fact_key`
	d.addFact = `INSERT INTO ecomtrade24_facts (order_id, fact_key, st_rank, session_id, txid, amount, currency)
VALUES ($1, $2, $3, $4, $5, $6, $7)`
	d.prune = `DELETE FROM ecomtrade24_events WHERE event_key IN
(SELECT event_key FROM ecomtrade24_events WHERE received_at < $1 LIMIT 1000)`
	return d
}

// mysqlTables gives the ids binary collations: the usual ones take "a" and "A" for equal, and "a" and "a ".
func mysqlTables() []string {
	return []string{
		`CREATE TABLE IF NOT EXISTS ecomtrade24_events (
	event_key   CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
	claimed     TINYINT NOT NULL,
	received_at BIGINT  NOT NULL,
	INDEX ecomtrade24_events_received_at (received_at)
) ENGINE=InnoDB`,
		`CREATE TABLE IF NOT EXISTS ecomtrade24_orders (
	order_id VARBINARY(767) NOT NULL PRIMARY KEY,
	st_rank  TINYINT        NOT NULL
) ENGINE=InnoDB`,
		`CREATE TABLE IF NOT EXISTS ecomtrade24_facts (
	order_id   VARBINARY(767) NOT NULL,
	fact_key   CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	st_rank    TINYINT NOT NULL,
	session_id TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	txid       TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	amount     TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	currency   TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	PRIMARY KEY (order_id, fact_key)
) ENGINE=InnoDB`,
	}
}

// lostRace tells whether the database undid the transaction only because of another one, so that it can run again at
// once. database/sql has no error for that and the drivers' types cannot be imported here, so it looks at the text. If
// it misses one, the gateway delivers again; if it finds one wrongly, the transaction runs a few times in vain.
func (d Dialect) lostRace(err error) bool {
	for _, text := range d.conflicts {
		if strings.Contains(err.Error(), text) {
			return true
		}
	}
	return false
}
