package inbox

import "context"

// Migrate creates the tables ecomtrade24_orders and ecomtrade24_facts if they do not exist. In PostgreSQL the tables
// are in the first schema of the search path, or in the schema named by WithSchema. Call it at every start; any number
// of processes may do so at the same time. If the tables exist, Migrate only reads, so it needs no right to create
// tables and waits for no lock. If the tables belong to another version, or a setting of the database would make events
// fail, it returns an error that says what to do.
func (b *Inbox) Migrate(ctx context.Context) error { return b.engine.Migrate(ctx, b.store) }

func (s *store) Settings(ctx context.Context) (map[string]string, error) {
	if s.sql.Settings == "" {
		return nil, nil
	}
	rows, err := s.db.QueryContext(ctx, s.sql.Settings)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	settings := make(map[string]string)
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, err
		}
		settings[name] = value
	}
	return settings, rows.Err()
}

func (s *store) Probe(ctx context.Context) (found bool, err error) {
	if s.sql.Home != "" {
		var n int
		if err := s.db.QueryRowContext(ctx, s.sql.Home).Scan(&n); err != nil || n < 2 {
			return false, err
		}
	}
	rows, err := s.db.QueryContext(ctx, s.sql.Probe)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	rows.Next()
	return true, rows.Err()
}

func (s *store) Make(ctx context.Context) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // a rollback after a commit does nothing
	for _, statement := range append([]string{s.sql.TableLock}, s.sql.Tables...) {
		if statement == "" {
			continue
		}
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit()
}
