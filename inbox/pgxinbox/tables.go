package pgxinbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// Migrate creates the tables of package inbox if they do not exist, like inbox.Inbox.Migrate.
func (b *Inbox) Migrate(ctx context.Context) error {
	if b.engine.Err != nil {
		return b.engine.Err
	}
	if err := b.store.migrate(ctx); err != nil {
		return fmt.Errorf("ecomtrade24 inbox: migrate: %w", err)
	}
	return nil
}

func (s *store) migrate(ctx context.Context) error {
	if err := s.checkSettings(ctx); err != nil {
		return err
	}
	if found, err := s.probe(ctx); found && err == nil {
		return nil
	}
	if err := s.makeTables(ctx); err != nil {
		return err
	}
	found, err := s.probe(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("the tables are not those of this version: %w", err)
	case !found:
		return errors.New("ecomtrade24_orders and ecomtrade24_facts are not tables in the first schema of the search path")
	}
	return nil
}

// checkSettings returns an error if the inbox cannot work with the server's settings.
func (s *store) checkSettings(ctx context.Context) error {
	rows, err := s.db.Query(ctx, s.sql.Settings)
	if err != nil {
		return err
	}
	settings := make(map[string]string)
	var name, value string
	if _, err := pgx.ForEachRow(rows, []any{&name, &value}, func() error {
		settings[name] = value
		return nil
	}); err != nil {
		return err
	}
	return ledger.Unfit(settings)
}

// probe reports whether both tables exist in the schema that makeTables uses. It fails if a table or a column is
// missing.
func (s *store) probe(ctx context.Context) (found bool, err error) {
	if s.sql.Home != "" {
		rows, err := s.db.Query(ctx, s.sql.Home)
		if err != nil {
			return false, err
		}
		if n, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[int]); err != nil || n < 2 {
			return false, err
		}
	}
	_, err = s.db.Exec(ctx, s.sql.Probe)
	return true, err
}

// makeTables takes the lock first: two concurrent CREATE TABLE IF NOT EXISTS can fail.
func (s *store) makeTables(ctx context.Context) error {
	tx, err := s.db.BeginTx(ctx, pgx.TxOptions{})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // does nothing after a commit
	if _, err := tx.Exec(ctx, s.sql.TableLock); err != nil {
		return err
	}
	for _, statement := range s.sql.Tables {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit(ctx)
}
