package inbox

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// Dialect names the kind of database: Postgres, SQLite or MySQL. With any other value the Inbox's methods return an
// error.
type Dialect string

// Schema returns the statements that create the two tables, for your own migration tool, or nil for an unknown Dialect.
// They do nothing if the tables exist. Execute each statement separately, since some drivers reject several in one
// call. You do not need the statements if you call Migrate. The command "ecomtrade24 schema" prints them.
func (d Dialect) Schema() []string {
	known, _ := d.find()
	return known.statements.Tables
}

// dialect holds everything that differs between databases. To add a database, write its dialect and constant in a new
// file, and add both to the method find.
type dialect struct {
	statements ledger.Statements
	isolation  sql.IsolationLevel
	prepares   bool // whether to prepare statements once; otherwise drivers prepare them at each run
	// lock locks the message's order, marks the order's row, and reports whether the order is new.
	lock func(*store, context.Context, *sql.Tx, ledger.Message) (l ledger.Lock, fresh bool, err error)
	// check checks the mark, may write some rows, and returns the rows that are left to write. It returns ErrUndone if the
	// mark is gone.
	check func(*store, context.Context, *sql.Tx, ledger.Message, ledger.Lock, []ledger.Row) (left []ledger.Row, err error)
	// lostRace reports whether the database rolled back the transaction only because of a concurrent one; if so, it can
	// run again. Drivers cannot be imported here, so lostRace may have to match an error's text. If lostRace misses a
	// race, the gateway delivers again. If it mistakes another error for a race, the transaction runs a few more times.
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
