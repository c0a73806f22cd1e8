package inbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// Migrate creates the tables ecomtrade24_orders and ecomtrade24_facts if they do not exist. In PostgreSQL they are in
// the first schema of the search path, or in the schema of WithSchema. Call it at every start; any number of processes
// may do so at the same time. If the tables exist it only reads, so it needs no right to create them and waits for no
// lock. It returns an error that says what to do if the tables belong to another version, or if a setting of the
// database would make events fail.
func (b *Inbox) Migrate(ctx context.Context) error {
	if b.engine.Err != nil {
		return b.engine.Err
	}
	if err := b.migrate(ctx); err != nil {
		return fmt.Errorf("ecomtrade24 inbox: migrate: %w", err)
	}
	return nil
}

func (b *Inbox) migrate(ctx context.Context) error {
	if err := b.checkSettings(ctx); err != nil {
		return err
	}
	if found, err := b.probe(ctx); found && err == nil {
		return nil
	}
	if err := b.makeTables(ctx); err != nil {
		return err
	}
	found, err := b.probe(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("the tables are not those of this version: %w", err)
	case !found:
		return errors.New("ecomtrade24_orders and ecomtrade24_facts are not tables in the first schema of the search path")
	}
	return nil
}

// checkSettings returns an error if the inbox cannot work with the server's settings.
func (b *Inbox) checkSettings(ctx context.Context) error {
	if b.store.sql.Settings == "" {
		return nil
	}
	rows, err := b.store.db.QueryContext(ctx, b.store.sql.Settings)
	if err != nil {
		return err
	}
	defer rows.Close()
	settings := make(map[string]string)
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return err
		}
		settings[name] = value
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return ledger.Unfit(settings)
}

// probe reports whether both tables exist in the schema that makeTables uses. It fails if a table or a column is
// missing.
func (b *Inbox) probe(ctx context.Context) (found bool, err error) {
	if home := b.store.sql.Home; home != "" {
		var n int
		if err := b.store.db.QueryRowContext(ctx, home).Scan(&n); err != nil || n < 2 {
			return false, err
		}
	}
	rows, err := b.store.db.QueryContext(ctx, b.store.sql.Probe)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	rows.Next()
	return true, rows.Err()
}

func (b *Inbox) makeTables(ctx context.Context) error {
	tx, err := b.store.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	for _, statement := range append([]string{b.store.sql.TableLock}, b.store.sql.Tables...) {
		if statement == "" {
			continue
		}
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit()
}
