package databases

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ecomtrade24/ecomtrade24-go/inbox/pgxinbox"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// queueShop applies deliveries from a queue, here a table. Another service may fill it. A worker takes a delivery and
// applies it in one transaction, so it uses Verifier.Parse and HandleTx. Handler.Deliver and Inbox.Handle would need a
// second connection for each worker, and with as many workers as connections, all workers would wait forever.
type queueShop struct {
	pool     *pgxpool.Pool
	verifier *webhook.Verifier // create it with ecomtrade24otel.Verifier() to count wrong signatures
	box      *pgxinbox.Inbox
	log      *slog.Logger
}

// enqueue stores a delivery unchanged. A worker verifies it later, so limit who can add deliveries.
func (s *queueShop) enqueue(ctx context.Context, header http.Header, body []byte) error {
	signatures := http.Header{}
	for _, name := range webhook.SignatureHeaders() {
		signatures[name] = header.Values(name)
	}
	_, err := s.pool.Exec(ctx, `INSERT INTO queue (header, body) VALUES ($1, $2)`, signatures, body)
	return err
}

// work is a worker's loop: it applies deliveries until none is ready. Run at most as many workers as the pool has
// connections.
func (s *queueShop) work(ctx context.Context) error {
	for {
		id, err := s.takeOne(ctx)
		switch {
		case id == 0: // the queue is empty, or could not be read
			return err
		case err != nil: // the transaction is rolled back, and the delivery is still in the queue
			s.log.Error("apply a delivery", "error", err)
			_, err = s.pool.Exec(ctx, `UPDATE queue SET next_try = now() + interval '1 minute' WHERE id = $1`, id)
			if err != nil {
				return err
			}
		}
	}
}

// takeOne removes the oldest delivery from the queue and applies it, in one transaction. It returns id 0 if the queue
// is empty or could not be read.
func (s *queueShop) takeOne(ctx context.Context) (id int64, err error) {
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // after the commit there is nothing to roll back
	var header http.Header
	var body []byte
	err = tx.QueryRow(ctx, `DELETE FROM queue WHERE id = (SELECT id FROM queue WHERE next_try <= now()
ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, header, body`).Scan(&id, &header, &body)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	ev, err := s.verifier.Parse(header, body)
	if errors.Is(err, webhook.ErrMalformed) { // signed but unreadable: a later attempt would fail too
		s.log.Error("drop a delivery", "error", err)
		return id, tx.Commit(ctx)
	}
	if err != nil { // forged, or genuine and our secret is wrong: keep it, because the gateway will not send it again
		return id, err
	}
	changes, err := s.box.HandleTx(ctx, tx, ev)
	if err != nil {
		return id, fmt.Errorf("order %q: %w", ev.OrderID, err)
	}
	if err := tx.Commit(ctx); err != nil {
		return id, err
	}
	s.log.Info("applied a delivery", "order", ev.OrderID, "changes", changes) // log this only after the commit
	return id, nil
}
