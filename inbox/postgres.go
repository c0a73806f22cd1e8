package inbox

import (
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// Postgres is PostgreSQL 10 or later. Transactions run under READ COMMITTED.
const Postgres Dialect = "postgres"

func postgres() dialect {
	return dialect{
		statements: ledger.Postgres(),
		isolation:  sql.LevelReadCommitted,
		lock:       (*store).lockTransaction,
		check:      (*store).checkAndPut,
		lostRace:   postgresLostRace,
	}
}

// postgresLostRace reports whether err is a serialization failure or a deadlock. pgx and lib/pq expose the SQLSTATE,
// which does not depend on the language of the server's messages.
func postgresLostRace(err error) bool {
	if coded := interface{ SQLState() string }(nil); errors.As(err, &coded) {
		return slices.Contains([]string{"40001", "40P01"}, coded.SQLState())
	}
	return strings.Contains(err.Error(), "SQLSTATE 40001") || strings.Contains(err.Error(), "SQLSTATE 40P01")
}
