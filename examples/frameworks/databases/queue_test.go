package databases

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/inbox/pgxinbox"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

//go:embed queue.sql
var queueTable string

// Four workers on a pool of four connections process deliveries that repeat, are malformed, or fail at first.
func TestQueueShop(t *testing.T) {
	t.Parallel()
	db, dsn := openDatabase(t)
	_, err := db.ExecContext(t.Context(), queueTable)
	require.NoError(t, err)
	pool, err := pgxpool.New(t.Context(), dsn+" pool_max_conns=4")
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	verifier, err := webhook.NewVerifier("webhook-secret")
	require.NoError(t, err)
	var broken atomic.Bool
	broken.Store(true)
	var log bytes.Buffer
	s := &queueShop{pool: pool, verifier: verifier, log: slog.New(slog.NewTextHandler(&log, nil))}
	s.box = pgxinbox.New(pool, func(ctx context.Context, tx pgx.Tx, c inbox.Change) error {
		if broken.Load() && c.Payment.OrderID == "ORDER-3" {
			return pgx.ErrNoRows // the Func's error: it does not mean that the queue is empty
		}
		_, err := tx.Exec(ctx, `INSERT INTO deliveries (order_id) VALUES ($1)`, c.Payment.OrderID)
		return err
	})
	require.NoError(t, s.box.Migrate(t.Context()))

	const orders = 20
	for n := range orders {
		for range 3 { // the gateway repeats deliveries
			s.put(t, "webhook-secret", n)
		}
	}
	s.put(t, "another secret", orders)
	malformed := []byte(`{"order_id":`)
	signed := http.Header{"X-Signature": {webhook.Sign("webhook-secret", malformed)}}
	require.NoError(t, s.enqueue(t.Context(), signed, malformed))
	s.workAll(t, 4)
	assert.Len(t, column[string](t, db, `SELECT order_id FROM deliveries`), orders-1)
	assert.Equal(t, []int64{4}, column[int64](t, db, `SELECT COUNT(*) FROM queue`), "3 failed, 1 has a wrong signature")
	assert.Equal(t, orders-1, strings.Count(log.String(), "changes=[paid]"))
	assert.Equal(t, 1, strings.Count(log.String(), "drop a delivery"))

	broken.Store(false)
	s.verifier, err = webhook.NewVerifier("webhook-secret", webhook.WithPreviousSecrets("another secret"))
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `UPDATE queue SET next_try = now()`)
	require.NoError(t, err)
	s.workAll(t, 4)
	assert.Len(t, column[string](t, db, `SELECT order_id FROM deliveries`), orders+1)
	assert.Equal(t, []int64{0}, column[int64](t, db, `SELECT COUNT(*) FROM queue`))
}

func (s *queueShop) put(t *testing.T, secret string, n int) {
	t.Helper()
	body := fmt.Appendf(nil, `{"session_id":%d,"order_id":"ORDER-%d","status":"paid","amount":"1.00","currency":"USD"}`,
		n+1, n)
	require.NoError(t, s.enqueue(t.Context(), http.Header{"X-Ecomtrade24-Signature": {webhook.Sign(secret, body)}}, body))
}

func (s *queueShop) workAll(t *testing.T, workers int) {
	t.Helper()
	var group sync.WaitGroup
	for range workers {
		group.Go(func() { assert.NoError(t, s.work(t.Context())) })
	}
	group.Wait()
}
