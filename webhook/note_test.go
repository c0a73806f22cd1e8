package webhook_test

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// An observer gets the noted words even if there is no logger.
func TestNote_observerAlone(t *testing.T) {
	t.Parallel()
	var got webhook.Result
	observe := func(ctx context.Context, _ webhook.Delivery) (context.Context, func(webhook.Result)) {
		return ctx, func(r webhook.Result) { got = r }
	}
	answer(webhook.NewHandler(verifier(t), notes("a"), webhook.WithObserver(observe)), delivery(paidEvent))
	assert.Equal(t, []string{"a"}, got.Notes)
}

func TestNote_outsideOfADelivery(t *testing.T) {
	t.Parallel()
	webhook.Note(t.Context(), "nobody listens")
	h := webhook.NewHandler(verifier(t), notes("nobody listens"))
	require.Equal(t, 200, h.Deliver(t.Context(), signed(paidEvent), []byte(paidEvent)))
}

// Each delivery has its own words.
func TestNote_perDelivery(t *testing.T) {
	t.Parallel()
	var first context.Context
	h := func(ctx context.Context, _ *ecomtrade24.Event) error {
		first = ctx
		webhook.Note(ctx, "a")
		return nil
	}
	require.Equal(t, "a", runs(h, 200, "handled", "").overHTTP(t).line["changes"])
	h = func(ctx context.Context, _ *ecomtrade24.Event) error {
		webhook.Note(first, "too late")
		webhook.Note(ctx, "b")
		return nil
	}
	assert.Equal(t, "b", runs(h, 200, "handled", "").overHTTP(t).line["changes"])
}

func TestNote_concurrent(t *testing.T) {
	t.Parallel()
	h := webhook.NewHandler(verifier(t), func(ctx context.Context, _ *ecomtrade24.Event) error {
		var group sync.WaitGroup
		for i := range 64 {
			group.Go(func() { webhook.Note(ctx, "word_"+strconv.Itoa(i%8)) })
		}
		group.Wait()
		return nil
	}, webhook.WithObserver(func(ctx context.Context, _ webhook.Delivery) (context.Context, func(webhook.Result)) {
		return ctx, func(r webhook.Result) { assert.Len(t, r.Notes, 8) }
	}))
	assert.Equal(t, http.StatusOK, answer(h, delivery(paidEvent)).StatusCode)
}
