package sandbox

import (
	"sync"
	"time"
)

// tasks counts the gateway's own goroutines, so that Flush and Close can wait for them.
type tasks struct {
	mu    sync.Mutex
	ended *sync.Cond
	count int
}

func (t *tasks) init() { t.ended = sync.NewCond(&t.mu) }

// run starts the function f in a new goroutine and counts it. The function may end with a panic or runtime.Goexit.
func (t *tasks) run(f func()) {
	t.add(1)
	go func() {
		defer t.add(-1)
		f()
	}()
}

func (t *tasks) add(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count += n
	t.ended.Broadcast()
}

// waitFor waits up to d for all tasks to end.
func (t *tasks) waitFor(d time.Duration) {
	deadline := time.Now().Add(d)
	timer := time.AfterFunc(d, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.ended.Broadcast()
	})
	defer timer.Stop()
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.count > 0 && time.Now().Before(deadline) {
		t.ended.Wait()
	}
}

// wait waits for all tasks to end.
func (t *tasks) wait() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.count > 0 {
		t.ended.Wait()
	}
}

// bell notifies all waiting goroutines of a change.
type bell struct {
	mu   sync.Mutex
	rung chan struct{}
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rung != nil {
		close(b.rung)
		b.rung = nil
	}
}

// next returns a channel that is closed at the next change.
func (b *bell) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rung == nil {
		b.rung = make(chan struct{})
	}
	return b.rung
}
