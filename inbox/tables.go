package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Migrate creates the tables ecomtrade24_orders and ecomtrade24_facts if they do not exist. Call it at every start; any
// number of processes may do so at once. Where the tables exist it only reads, so it needs no right to create them and
// waits for nobody. It fails, and says why, if the tables are not those of this version, or if the server is set up in
// a way that the inbox cannot work with.
func (b *Inbox) Migrate(ctx context.Context) error {
	if err := b.refused(ctx); err != nil {
		return fmt.Errorf("ecomtrade24 inbox: migrate: %w", err)
	}
	if b.probe(ctx) == nil {
		return nil
	}
	if err := b.makeTables(ctx); err != nil {
		return fmt.Errorf("ecomtrade24 inbox: migrate: %w", err)
	}
	if err := b.probe(ctx); err != nil {
		return fmt.Errorf("ecomtrade24 inbox: migrate: the tables are not those of this version: %w", err)
	}
	return nil
}

// refused asks the server whether its settings rule the inbox out.
func (b *Inbox) refused(ctx context.Context) error {
	if b.store.dialect.refuse == "" {
		return nil
	}
	var why string
	err := b.store.db.QueryRowContext(ctx, b.store.dialect.refuse).Scan(&why)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return errors.New(why)
}

// probe fails if a table or a column is missing.
func (b *Inbox) probe(ctx context.Context) error {
	rows, err := b.store.db.QueryContext(ctx, b.store.sql.Probe)
	if err != nil {
		return err
	}
	defer rows.Close()
	rows.Next()
	return rows.Err()
}

// makeTables takes the dialect's lock first: in PostgreSQL two CREATE TABLE IF NOT EXISTS at once can fail.
func (b *Inbox) makeTables(ctx context.Context) error {
	tx, err := b.store.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if b.store.dialect.lock != "" {
		if _, err := tx.ExecContext(ctx, b.store.dialect.lock); err != nil {
			return err
		}
	}
	for _, statement := range b.store.sql.Tables {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit()
}
