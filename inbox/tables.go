package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Migrate creates the tables ecomtrade24_events, ecomtrade24_orders and ecomtrade24_facts if they do not exist. Call it
// at every start; any number of processes may do so at once.
func (b *Inbox) Migrate(ctx context.Context) error {
	tx, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("ecomtrade24 inbox: migrate: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if err := b.makeTables(ctx, tx); err != nil {
		return fmt.Errorf("ecomtrade24 inbox: migrate: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("ecomtrade24 inbox: migrate: %w", err)
	}
	return nil
}

// makeTables takes the dialect's lock first: in PostgreSQL two CREATE TABLE IF NOT EXISTS at once can fail.
func (b *Inbox) makeTables(ctx context.Context, tx *sql.Tx) error {
	if b.dialect.lock != "" {
		if _, err := tx.ExecContext(ctx, b.dialect.lock); err != nil {
			return err
		}
	}
	for _, statement := range b.dialect.tables {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// Prune deletes the keys of events received more than olderThan ago, a thousand in each transaction. It never deletes
// an order's state, so if such an event comes once more, it changes no order; only an Unknown or Test is handed on
// again. 30 days is a good choice. It returns an error if olderThan is not more than 0.
func (b *Inbox) Prune(ctx context.Context, olderThan time.Duration) error {
	if olderThan <= 0 {
		return errors.New("ecomtrade24 inbox: prune: olderThan must be more than 0")
	}
	before := time.Now().Add(-olderThan).Unix()
	for {
		result, err := b.db.ExecContext(ctx, b.dialect.prune, before)
		if err != nil {
			return fmt.Errorf("ecomtrade24 inbox: prune: %w", err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return fmt.Errorf("ecomtrade24 inbox: prune: %w", err)
		}
		if n == 0 {
			return nil
		}
	}
}
