package callback_test

import (
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ecomtrade24/ecomtrade24-go/internal/callback"
)

func TestAddWords(t *testing.T) {
	t.Parallel()
	callback.AddWords(t.Context(), "nobody listens") // has no effect, since BeginWords was not called
	ctx, words := callback.BeginWords(t.Context())
	assert.Empty(t, words.List())
	callback.AddWords(ctx, "b", "", "a")
	callback.AddWords(ctx, "b")
	assert.Equal(t, []string{"b", "a"}, words.List())
	words.List()[0] = "changed"
	assert.Equal(t, []string{"b", "a"}, words.List(), "changing the returned list does not change the Words")
}

func TestHoldWords(t *testing.T) {
	t.Parallel()
	held, none := callback.HoldWords(t.Context())
	assert.Equal(t, t.Context(), held, "without BeginWords, HoldWords returns nil")
	assert.Empty(t, none.List())

	ctx, words := callback.BeginWords(t.Context())
	held, undone := callback.HoldWords(ctx)
	callback.AddWords(held, "undone")
	assert.Empty(t, words.List())
	callback.AddWords(ctx, undone.List()...)
	assert.Equal(t, []string{"undone"}, words.List())
}

func TestAddWords_concurrent(t *testing.T) {
	t.Parallel()
	ctx, words := callback.BeginWords(t.Context())
	var group sync.WaitGroup
	for i := range 32 {
		group.Go(func() {
			callback.AddWords(ctx, strconv.Itoa(i%8))
			words.List()
		})
	}
	group.Wait()
	assert.Len(t, words.List(), 8)
}
