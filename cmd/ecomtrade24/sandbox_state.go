package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// keeper writes a sandbox's sessions to a file whenever they change. A nil keeper keeps nothing.
type keeper struct {
	file   string
	rename func(from, to string) error

	mu      sync.Mutex
	gateway *sandbox.Gateway
	saved   []byte
	failed  error
}

// newKeeper returns nil if file is "".
func newKeeper(file string) *keeper {
	if file == "" {
		return nil
	}
	return &keeper{file: file, rename: os.Rename}
}

// attach restores the sessions from the file, if it exists, and saves later changes.
func (k *keeper) attach(gateway *sandbox.Gateway) error {
	if k == nil {
		return nil
	}
	if err := k.restore(gateway); err != nil {
		return &usageError{fmt.Errorf("--state: %w", err)}
	}
	k.save()
	return k.err()
}

func (k *keeper) restore(gateway *sandbox.Gateway) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	state, err := os.ReadFile(k.file)
	if len(bytes.TrimSpace(state)) > 0 {
		if err = gateway.Restore(state); err != nil {
			return fmt.Errorf("%w; name another file, or remove this one", err)
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	k.gateway, k.saved = gateway, state
	return nil
}

// handler saves the sessions after each request that may have changed them.
func (k *keeper) handler(next http.Handler) http.Handler {
	if k == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		if r.Method == http.MethodPost {
			k.save()
		}
	})
}

// save writes changed sessions to the file.
func (k *keeper) save() {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.gateway == nil {
		return // the file has not been read yet
	}
	state, err := k.gateway.State()
	if err == nil && bytes.Equal(state, k.saved) {
		return
	}
	if err == nil {
		err = k.replace(state)
	}
	if k.failed = err; err == nil {
		k.saved = state
	}
}

// replace replaces the file atomically. If the file itself is a mount, or the folder is not writable, it overwrites the
// file instead.
func (k *keeper) replace(content []byte) error {
	file := k.file
	if at, err := filepath.EvalSymlinks(file); err == nil {
		file = at // if the file is a link, replaces its target
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return overwrite(file, content)
	}
	defer os.Remove(temporary.Name()) // does nothing after a successful rename
	_, err = temporary.Write(content)
	if err = errors.Join(err, temporary.Close()); err != nil {
		return err
	}
	if err := k.rename(temporary.Name(), file); err != nil {
		return overwrite(file, content)
	}
	return nil
}

// overwrite writes a file in place. If that fails, it tries to restore the old content.
func overwrite(name string, content []byte) error {
	before, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		return errors.Join(err, os.WriteFile(name, before, 0o600)) //nolint:gosec // the user's own file
	}
	return nil
}

// err returns why the last change could not be saved.
func (k *keeper) err() error {
	if k == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failed == nil {
		return nil
	}
	return fmt.Errorf("--state: the sessions are not saved: %w", k.failed)
}
