//go:build !race

package inbox

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// away is the driver of an unreachable database.
type away struct{ error }

func (a away) Connect(context.Context) (driver.Conn, error) { return nil, a.error }
func (a away) Driver() driver.Driver                        { return nil }

// Without an observer, an inbox allocates nothing besides its transaction.
//
//nolint:paralleltest // AllocsPerRun counts the whole process
func TestInbox_withoutObserverAllocatesNothing(t *testing.T) {
	db := sql.OpenDB(away{errors.New("gone")})
	defer db.Close()
	b := New(db, SQLite, func(context.Context, *sql.Tx, Change) error { return nil })
	ev := &ecomtrade24.Event{Payment: ecomtrade24.Payment{SessionID: "1", Status: ecomtrade24.StatusPaid}}
	bare := testing.AllocsPerRun(500, func() { _, _ = b.store.Begin(t.Context()) })
	assert.InDelta(t, bare, testing.AllocsPerRun(500, func() { _ = b.Handle(t.Context(), ev) }), 3, "the error's three")
}
