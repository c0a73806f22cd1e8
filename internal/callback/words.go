// Package callback holds what the packages share when they invoke a merchant's function: they turn its panic into an
// error and collect the words that it notes for the delivery's log line.
package callback

import (
	"context"
	"slices"
	"sync"
)

// Words are the words noted so far, without repetitions. A nil *Words is empty.
type Words struct {
	mu   sync.Mutex
	list []string
}

type wordsKey struct{}

// BeginWords returns a context that collects noted words, and the collection.
func BeginWords(ctx context.Context) (context.Context, *Words) {
	w := &Words{}
	return context.WithValue(ctx, wordsKey{}, w), w
}

// HoldWords returns a context whose words do not count until they are added to ctx. It is for work that may still be
// rolled back. Without BeginWords it returns ctx and nil.
func HoldWords(ctx context.Context) (context.Context, *Words) {
	if of(ctx) == nil {
		return ctx, nil
	}
	return BeginWords(ctx)
}

// AddWords notes words. It skips empty and repeated words, and does nothing without BeginWords.
func AddWords(ctx context.Context, words ...string) {
	w := of(ctx)
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, word := range words {
		if word != "" && !slices.Contains(w.list, word) {
			w.list = append(w.list, word)
		}
	}
}

// List returns the words in the sequence in which they were noted.
func (w *Words) List() []string {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.list)
}

func of(ctx context.Context) *Words {
	w, _ := ctx.Value(wordsKey{}).(*Words)
	return w
}
