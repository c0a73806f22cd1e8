package inbox

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// Dialect names the kind of database that an Inbox works on: Postgres, SQLite or MySQL. Any other is an error of the
// Inbox's methods.
type Dialect string

// Schema returns the statements that create the two tables, for the merchant's own migration tool, and none for an
// unknown Dialect. They do nothing if the tables exist. Not every driver takes several statements at once, so execute
// one at a time. With Migrate they are not needed. The command ecomtrade24 schema prints them.
func (d Dialect) Schema() []string {
	known, _ := d.find()
	return known.statements.Tables
}

// dialect is all that differs between databases. For another database, write one of these and its constant in a new
// file, and name it in find.
type dialect struct {
	statements ledger.Statements
	isolation  sql.IsolationLevel
	prepares   bool // its drivers prepare a statement again each time that it runs
	// lock locks the message's order and marks it. It also reports whether the order is new.
	lock func(*store, context.Context, *sql.Tx, ledger.Message) (l ledger.Lock, fresh bool, err error)
	// check returns ErrUndone if the mark is gone, and the rows that it has not written.
	check func(*store, context.Context, *sql.Tx, ledger.Message, ledger.Lock, []ledger.Row) (left []ledger.Row, err error)
	// lostRace reports whether the database undid the transaction only because of another one, so that it can run again.
	// Drivers cannot be imported here, so it may have to go by an error's text. If it misses a race, the gateway delivers
	// again; if it sees one where there was none, the transaction runs a few times in vain.
	lostRace func(err error) bool
}

func (d Dialect) find() (dialect, error) {
	switch d {
	case Postgres:
		return postgres(), nil
	case SQLite:
		return sqlite(), nil
	case MySQL:
		return mysql(), nil
	default:
		return dialect{}, fmt.Errorf("ecomtrade24 inbox: new: %q is not a dialect: choose %q, %q or %q",
			string(d), Postgres, SQLite, MySQL)
	}
}
