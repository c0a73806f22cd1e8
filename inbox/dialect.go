package inbox

import (
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// Dialect is the SQL of one kind of database: Postgres, SQLite or MySQL. The zero Dialect is none, and New rejects it.
type Dialect struct {
	statements ledger.Statements
	lock       string // what Migrate runs first so that only one process at a time creates tables; "" for nothing
	isolation  sql.IsolationLevel
	prepares   bool     // its drivers prepare a statement again each time that it runs
	states     []string // SQLSTATEs of a deadlock or a lost race
	texts      []string // what the errors say of a driver that gives no SQLSTATE
}

// Schema returns the statements that create the two tables, for the merchant's own migration tool. They do nothing if
// the tables exist. Not every driver takes several statements at once, so execute one at a time. With Migrate they are
// not needed. The command ecomtrade24 schema prints them.
func (d Dialect) Schema() []string {
	return slices.Clone(d.statements.Tables)
}

// The databases that the inbox works with.
//
//nolint:gochecknoglobals // constants in all but name
var (
	// Postgres is PostgreSQL 10 or later. Transactions run under READ COMMITTED.
	Postgres = Dialect{
		statements: ledger.Postgres(),
		lock:       ledger.PostgresLock,
		isolation:  sql.LevelReadCommitted,
		states:     []string{"40001", "40P01"},
		texts:      []string{"SQLSTATE 40001", "SQLSTATE 40P01"},
	}
	// SQLite is SQLite 3.35 or later, for any number of processes on one machine.
	SQLite = Dialect{statements: ledger.SQLite(), prepares: true}
	// MySQL is MySQL 8 or later, or MariaDB 10.5 or later. Transactions run under READ COMMITTED, which the server allows
	// with a binary log of the format ROW or MIXED, or with none.
	MySQL = Dialect{
		statements: ledger.MySQL(),
		isolation:  sql.LevelReadCommitted,
		prepares:   true,
		texts:      []string{"Error 1213"},
	}
)

// lostRace tells whether the database undid the transaction only because of another one, so that it can run again at
// once. pgx and lib/pq give the SQLSTATE, in whatever language the server writes its messages. For the other drivers,
// whose types cannot be imported here, the text must do. If a race is missed, the gateway delivers again; if one is
// seen wrongly, the transaction runs a few times in vain.
func (d Dialect) lostRace(err error) bool {
	if coded := interface{ SQLState() string }(nil); errors.As(err, &coded) {
		return contains(coded.SQLState(), d.states)
	}
	return contains(err.Error(), d.texts)
}

func contains(text string, parts []string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}
