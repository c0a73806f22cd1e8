package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Migrate makes the tables ecomtrade24_events, ecomtrade24_orders and ecomtrade24_facts where they are missing. Any
// number of processes may call it at once, at every start.
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

// Prune forgets the keys of events received more than olderThan ago, a thousand in each transaction, and never an
// order's state. A forgotten event that comes again changes no order, but an Unknown or Test is handed on once more: 30
// days is a good choice. olderThan must be more than 0.
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
