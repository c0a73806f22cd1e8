package noted_test

import (
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ecomtrade24/ecomtrade24-go/internal/noted"
)

func TestAdd(t *testing.T) {
	t.Parallel()
	noted.Add(t.Context(), "nobody listens") // and nothing happens
	ctx, words := noted.Begin(t.Context())
	assert.Empty(t, words.List())
	noted.Add(ctx, "b", "", "a")
	noted.Add(ctx, "b")
	assert.Equal(t, []string{"b", "a"}, words.List())
	words.List()[0] = "changed"
	assert.Equal(t, []string{"b", "a"}, words.List(), "a list is the caller's own")
}

func TestHold(t *testing.T) {
	t.Parallel()
	held, none := noted.Hold(t.Context())
	assert.Equal(t, t.Context(), held, "nobody listens, so there is nothing to hold")
	assert.Empty(t, none.List())

	ctx, words := noted.Begin(t.Context())
	held, undone := noted.Hold(ctx)
	noted.Add(held, "undone")
	assert.Empty(t, words.List())
	noted.Add(ctx, undone.List()...)
	assert.Equal(t, []string{"undone"}, words.List())
}

func TestAdd_atOnce(t *testing.T) {
	t.Parallel()
	ctx, words := noted.Begin(t.Context())
	var group sync.WaitGroup
	for i := range 32 {
		group.Go(func() {
			noted.Add(ctx, strconv.Itoa(i%8))
			words.List()
		})
	}
	group.Wait()
	assert.Len(t, words.List(), 8)
}
