package webhook

import (
	"context"
	"fmt"
	"sync"
)

// Wait returns when no delivery is being handled, or with an error when ctx ends first. Call it after the server's
// Shutdown, which over HTTP/2 does not wait for a delivery whose sender has hung up, and before the process closes what
// the function needs. Wait stops no delivery and refuses none.
func (h *Handler) Wait(ctx context.Context) error {
	select {
	case <-h.work.idle():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("webhook: deliveries are still being handled: %w", context.Cause(ctx))
	}
}

// work counts what is under way. The zero work is ready to use.
type work struct {
	mu   sync.Mutex
	n    int
	none chan struct{} // closed when n is 0 again; nil while nobody waits
}

func (w *work) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n++
}

func (w *work) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n--
	if w.n == 0 && w.none != nil {
		close(w.none)
		w.none = nil
	}
}

// idle returns a channel that is closed once nothing is under way.
func (w *work) idle() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	none := w.none
	if none == nil {
		none = make(chan struct{})
	}
	if w.n == 0 {
		close(none)
		return none
	}
	w.none = none
	return none
}
