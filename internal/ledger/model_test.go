package ledger_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger/model"
)

// For any sequence of an order's messages, the Func calls follow the rule.
func TestEngine_Handle_model(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	if text := os.Getenv("INBOX_MODEL_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	var r model.Recorder
	b := newBox()
	b.apply = func(c call) error { return r.Apply(c.kind, c.key, c.payment, c.completes) }
	sequences, messages, err := model.Size{Sets: 300, Small: 5, Sequences: 30}.Run(seed, &r,
		func(ev *ecomtrade24.Event) error {
			b.calls = nil
			return b.Handle(t.Context(), ev)
		})
	require.NoError(t, err)
	t.Logf("%d messages in %d sequences; INBOX_MODEL_SEED=%d repeats them", messages, sequences, seed)
}
