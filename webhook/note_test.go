package webhook_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

func TestNote(t *testing.T) {
	t.Parallel()
	failure := errors.New("no such order")
	for name, c := range map[string]struct {
		words   []string
		err     error
		want    any // the attribute
		changes []string
	}{
		"none":           {nil, nil, nil, nil},
		"one":            {[]string{"paid"}, nil, "paid", []string{"paid"}},
		"several":        {[]string{"paid", "wrong_amount"}, nil, "paid,wrong_amount", []string{"paid", "wrong_amount"}},
		"one twice":      {[]string{"b", "a", "b", "a"}, nil, "b,a", []string{"b", "a"}},
		"no word":        {[]string{""}, nil, nil, nil},
		"of a failure":   {[]string{"a"}, failure, "a", []string{"a"}},
		"of a discarded": {[]string{"a"}, webhook.Discard(failure), "a", []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := telling(t, func(ctx context.Context, ev *ecomtrade24.Event) error {
				return errors.Join(notes(c.words...)(ctx, ev), c.err)
			}, nil, func(h *webhook.Handler) int { return answer(h, delivery(paidEvent)).StatusCode })
			assert.Equal(t, c.want, got.line["changes"])
			assert.Equal(t, c.changes, got.result.Notes)
		})
	}
}

// An observer gets the words even without a log.
func TestNote_observerAlone(t *testing.T) {
	t.Parallel()
	var got webhook.Result
	observe := func(ctx context.Context, _ webhook.Delivery) (context.Context, func(webhook.Result)) {
		return ctx, func(r webhook.Result) { got = r }
	}
	answer(webhook.NewHandler(verifier(t), notes("a"), webhook.WithObserver(observe)), delivery(paidEvent))
	assert.Equal(t, []string{"a"}, got.Notes)
}

// A panic loses no words.
func TestNote_beforeAPanic(t *testing.T) {
	t.Parallel()
	line := logged(t, func(ctx context.Context, _ *ecomtrade24.Event) error {
		webhook.Note(ctx, "began")
		panic("boom")
	}, delivery(paidEvent))
	assert.Equal(t, "began", line["changes"])
}

// A rejected delivery runs no function that could note a word, so the attribute is absent.
func TestNote_notForARejectedDelivery(t *testing.T) {
	t.Parallel()
	assert.NotContains(t, logged(t, never(t), unsigned()), "changes")
}

func TestNote_outsideOfADelivery(t *testing.T) {
	t.Parallel()
	webhook.Note(t.Context(), "nobody listens")
	h := webhook.NewHandler(verifier(t), notes("nobody listens"))
	require.Equal(t, 200, h.Deliver(t.Context(), signed(paidEvent), []byte(paidEvent)))
}

// Each delivery has its own words.
func TestNote_isOfOneDelivery(t *testing.T) {
	t.Parallel()
	var first context.Context
	h := func(ctx context.Context, _ *ecomtrade24.Event) error {
		first = ctx
		webhook.Note(ctx, "a")
		return nil
	}
	require.Equal(t, "a", logged(t, h, delivery(paidEvent))["changes"])
	line := logged(t, func(ctx context.Context, _ *ecomtrade24.Event) error {
		webhook.Note(first, "too late")
		webhook.Note(ctx, "b")
		return nil
	}, delivery(paidEvent))
	assert.Equal(t, "b", line["changes"])
}

func TestNote_atOnce(t *testing.T) {
	t.Parallel()
	line := logged(t, func(ctx context.Context, _ *ecomtrade24.Event) error {
		var group sync.WaitGroup
		for i := range 64 {
			group.Go(func() { webhook.Note(ctx, "word_"+strconv.Itoa(i%8)) })
		}
		group.Wait()
		return nil
	}, delivery(paidEvent))
	assert.Len(t, strings.Split(line["changes"].(string), ","), 8)
}
