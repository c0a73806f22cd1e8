package webhook

import (
	"context"
	"fmt"
	"sync"
)

// Wait waits until no delivery is being handled. It returns an error if ctx ends first. Call Wait after the server's
// Shutdown and before you close anything that the function needs: over HTTP/2, Shutdown does not wait for a delivery
// whose sender has hung up. Wait neither stops nor rejects deliveries.
func (h *Handler) Wait(ctx context.Context) error {
	select {
	case <-h.work.idle():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("webhook: deliveries are still being handled: %w", context.Cause(ctx))
	}
}

// work counts running deliveries. The zero value is ready to use.
type work struct {
	mu   sync.Mutex
	n    int
	none chan struct{} // closed once n is 0 again; nil if no caller is waiting
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

// idle returns a channel that is closed once no delivery is running.
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
