package pgxinbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// store runs the inbox's statements through pgx.
type store struct {
	db      DB
	sql     ledger.Statements
	account string
}

func (s *store) Begin(ctx context.Context) (pgx.Tx, error) {
	return s.db.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted})
}

func (s *store) Commit(ctx context.Context, tx pgx.Tx) error { return tx.Commit(ctx) }

// Rollback runs after the end of ctx too: it gives the connection back.
func (s *store) Rollback(ctx context.Context, tx pgx.Tx) { _ = tx.Rollback(context.WithoutCancel(ctx)) }

// LostRace knows a deadlock and a failed serialization.
func (s *store) LostRace(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && (server.Code == "40P01" || server.Code == "40001")
}

// Look sends both statements at once. The second one sees what was committed while the first one waited: each has a
// snapshot of its own.
func (s *store) Look(ctx context.Context, tx pgx.Tx, m ledger.Message) (paid bool, all []ledger.Row, err error) {
	var batch pgx.Batch
	batch.Queue(s.sql.Lock, s.account, m.Order, m.Key)
	if m.Session == "" {
		batch.Queue(s.sql.ReadOrder, s.account, m.Order)
	} else {
		batch.Queue(s.sql.Read, m.Session, s.account, m.Order)
	}
	results := tx.SendBatch(ctx, &batch)
	defer results.Close()
	if _, err := results.Exec(); err != nil {
		return false, nil, fmt.Errorf("lock order: %w", err)
	}
	rows, err := results.Query()
	if err != nil {
		return false, nil, fmt.Errorf("read facts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var isPaid int
		var session, fact, txID, amount, currency, event *string
		var rank *int
		var due *int64 // all nil where there is no row
		if err := rows.Scan(&isPaid, &session, &fact, &rank, &txID, &amount, &currency, &event, &due); err != nil {
			return false, nil, fmt.Errorf("read facts: %w", err)
		}
		if paid = isPaid > 0; session != nil {
			all = append(all, ledger.Row{
				Session: *session, Fact: *fact, Rank: *rank, TxID: *txID, Amount: *amount, Currency: *currency,
				Event: *event, Due: *due,
			})
		}
	}
	if err := rows.Err(); err != nil {
		return false, nil, fmt.Errorf("read facts: %w", err)
	}
	return paid, all, nil
}

// Keep writes the first row only if the mark is there, and then the others, which are rare.
func (s *store) Keep(ctx context.Context, tx pgx.Tx, m ledger.Message, paid bool, d ledger.Decision, now int64) error {
	args := append([]any{ledger.Flag(paid), s.account, m.Order, m.Key}, d.Put[0].Args(now)...)
	tag, err := tx.Exec(ctx, s.sql.EndPut, args...)
	switch {
	case err != nil:
		return fmt.Errorf("check: %w", err)
	case tag.RowsAffected() != 1:
		return fmt.Errorf("check: %w", ledger.ErrUndone)
	}
	for _, r := range d.Put[1:] {
		if _, err := tx.Exec(ctx, s.sql.Put, append([]any{s.account, m.Order}, r.Args(now)...)...); err != nil {
			return fmt.Errorf("record fact: %w", err)
		}
	}
	return nil
}

func (s *store) Expect(ctx context.Context, tx pgx.Tx, order, session string, since, due int64) error {
	if _, err := tx.Exec(ctx, s.sql.Expect, s.account, order, session, since, due); err != nil {
		return fmt.Errorf("remember session: %w", err)
	}
	return nil
}

func (s *store) ReadDue(ctx context.Context, now int64) ([]ledger.Question, error) {
	rows, err := s.db.Query(ctx, s.sql.Due, s.account, now)
	if err != nil {
		return nil, fmt.Errorf("read what is due: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (q ledger.Question, err error) {
		err = row.Scan(&q.Order, &q.Session, &q.Since, &q.Due)
		return q, err
	})
	if err != nil {
		return nil, fmt.Errorf("read what is due: %w", err)
	}
	return all, nil
}

func (s *store) SetDue(ctx context.Context, q ledger.Question, was, due int64) (bool, error) {
	tag, err := s.db.Exec(ctx, s.sql.Ask, due, s.account, q.Order, q.Session, was)
	if err != nil {
		return false, fmt.Errorf("mark what is asked: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}
