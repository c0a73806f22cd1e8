package pgxinbox

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// Migrate creates the tables of package inbox if they do not exist, as inbox.Inbox.Migrate.
func (b *Inbox) Migrate(ctx context.Context) error {
	if b.store.probe(ctx) == nil {
		return nil
	}
	if err := b.store.makeTables(ctx); err != nil {
		return fmt.Errorf("ecomtrade24 inbox: migrate: %w", err)
	}
	if err := b.store.probe(ctx); err != nil {
		return fmt.Errorf("ecomtrade24 inbox: migrate: the tables are not those of this version: %w", err)
	}
	return nil
}

// probe fails if a table or a column is missing.
func (s *store) probe(ctx context.Context) error {
	_, err := s.db.Exec(ctx, s.sql.Probe)
	return err
}

// makeTables takes the lock first: two CREATE TABLE IF NOT EXISTS at once can fail.
func (s *store) makeTables(ctx context.Context) error {
	tx, err := s.db.BeginTx(ctx, pgx.TxOptions{})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // does nothing after a commit
	if _, err := tx.Exec(ctx, ledger.PostgresLock); err != nil {
		return err
	}
	for _, statement := range s.sql.Tables {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit(ctx)
}
