package ledger

import (
	"context"
	"errors"
	"fmt"
)

// Tables runs the statements that Migrate needs through one kind of driver.
type Tables interface {
	// Settings returns the server's settings for Unfit, or nil if the database has none.
	Settings(ctx context.Context) (map[string]string, error)
	// Probe reports whether both tables exist in the schema that Make uses. It fails if a table or a column is missing.
	Probe(ctx context.Context) (found bool, err error)
	// Make creates the tables if they do not exist.
	Make(ctx context.Context) error
}

// Migrate makes sure that the tables exist and are those of this version. If there is nothing to create, it only reads.
func (e *Engine[Tx]) Migrate(ctx context.Context, t Tables) error {
	if e.Err != nil {
		return e.Err
	}
	if err := migrate(ctx, t); err != nil {
		return fmt.Errorf("ecomtrade24 inbox: migrate: %w", err)
	}
	return nil
}

func migrate(ctx context.Context, t Tables) error {
	settings, err := t.Settings(ctx)
	if err != nil {
		return err
	}
	if err := Unfit(settings); err != nil {
		return err
	}
	if found, err := t.Probe(ctx); found && err == nil {
		return nil
	}
	if err := t.Make(ctx); err != nil {
		return err
	}
	found, err := t.Probe(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("the tables are not those of this version: %w", err)
	case !found:
		return errors.New("ecomtrade24_orders and ecomtrade24_facts are not tables in the first schema of the search path")
	}
	return nil
}
