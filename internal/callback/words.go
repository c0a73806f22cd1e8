// Package callback helps the other packages run a merchant's function. It turns a panic into an error and collects the
// words that the function notes for the delivery's log line.
package callback

import (
	"context"
	"slices"
	"sync"
)

// Words holds the words noted so far, without repetitions. A nil *Words is empty.
type Words struct {
	mu   sync.Mutex
	list []string
}

type wordsKey struct{}

// BeginWords returns a context that collects noted words, and the Words in which it collects them.
func BeginWords(ctx context.Context) (context.Context, *Words) {
	w := &Words{}
	return context.WithValue(ctx, wordsKey{}, w), w
}

// HoldWords returns a context for work that may still be rolled back. Its words are kept separate until AddWords adds
// them to ctx. If ctx does not come from BeginWords, HoldWords returns ctx itself and nil.
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
