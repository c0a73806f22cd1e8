// Package noted carries the words that a delivery's one line in the log names its changes by, from where they are known
// to where the line is written.
package noted

import (
	"context"
	"slices"
	"sync"
)

// Words are those noted so far, each once. A nil *Words is empty.
type Words struct {
	mu   sync.Mutex
	list []string
}

type key struct{}

// Begin returns a context under which words are noted, and where they are found.
func Begin(ctx context.Context) (context.Context, *Words) {
	w := &Words{}
	return context.WithValue(ctx, key{}, w), w
}

// Hold returns a context whose words do not count until they are added to ctx, for work that may yet be undone. Outside
// of Begin it returns ctx and nil.
func Hold(ctx context.Context) (context.Context, *Words) {
	if of(ctx) == nil {
		return ctx, nil
	}
	return Begin(ctx)
}

// Add notes words. It does nothing outside of Begin, and leaves out what is empty or noted already.
func Add(ctx context.Context, words ...string) {
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

// List returns the words in the order in which they were noted.
func (w *Words) List() []string {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.list)
}

func of(ctx context.Context) *Words {
	w, _ := ctx.Value(key{}).(*Words)
	return w
}
