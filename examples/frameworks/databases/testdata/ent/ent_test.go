package databases

import (
	"database/sql"
	"testing"
)

func init() {
	shops["ent"] = func(_ *testing.T, db *sql.DB, _ string) shop { return newEntShop(db) }
}
