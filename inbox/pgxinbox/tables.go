package pgxinbox

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Migrate creates the tables of package inbox if they do not exist, like inbox.Inbox.Migrate.
func (b *Inbox) Migrate(ctx context.Context) error { return b.engine.Migrate(ctx, b.store) }

func (s *store) Settings(ctx context.Context) (map[string]string, error) {
	rows, err := s.db.Query(ctx, s.sql.Settings)
	if err != nil {
		return nil, err
	}
	settings := make(map[string]string)
	var name, value string
	_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error {
		settings[name] = value
		return nil
	})
	return settings, err
}

func (s *store) Probe(ctx context.Context) (found bool, err error) {
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

// Make takes the lock first, since two concurrent CREATE TABLE IF NOT EXISTS statements can fail.
func (s *store) Make(ctx context.Context) error {
	tx, err := s.db.BeginTx(ctx, pgx.TxOptions{})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // a rollback after a commit does nothing
	for _, statement := range append([]string{s.sql.TableLock}, s.sql.Tables...) {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit(ctx)
}
