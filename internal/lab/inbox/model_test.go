package inbox_test

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger/model"
)

// For any sequence of an order's messages, the reported changes follow the model. internal/ledger tests more sequences
// in memory.
func TestInbox_Handle_model(t *testing.T) {
	t.Parallel()
	memory := func(tb testing.TB) *store {
		tb.Helper()
		return &store{TB: tb, dialect: inbox.SQLite, driver: "sqlite", dsn: "file::memory:?_txlock=immediate"}
	}
	for name, tt := range map[string]struct {
		open func(testing.TB) *store
		size model.Size
	}{
		"SQLite in memory": {memory, model.Size{Sets: 100, Small: 4, Sequences: 20}},
		"PostgreSQL":       {stores["PostgreSQL"], model.Size{Sets: 60, Small: 4, Sequences: 5}},
		"pgx":              {stores["pgx"], model.Size{Sets: 60, Small: 4, Sequences: 5}},
		"MariaDB":          {stores["MariaDB"], model.Size{Sets: 60, Small: 4, Sequences: 5}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed, s, r := modelSeed(t), tt.open(t), model.Recorder{}
			box := s.inbox(func(_ context.Context, _ tx, c inbox.Change) error {
				return r.Apply(string(c.Kind), c.Key, c.Payment, c.Completes)
			})
			require.NoError(t, box.Migrate(t.Context()))
			sequences, messages, err := tt.size.Run(seed, &r, func(ev *ecomtrade24.Event) error {
				return box.Handle(t.Context(), ev)
			})
			require.NoError(t, err)
			t.Logf("%d sets, %d sequences, %d messages; INBOX_MODEL_SEED=%d repeats them",
				tt.size.Sets, sequences, messages, seed)
		})
	}
}

// modelSeed returns the seed that the environment sets, or else a random seed.
func modelSeed(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv("INBOX_MODEL_SEED")
	if text == "" {
		return rand.Uint64()
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	require.NoError(t, err)
	return seed
}
