package database

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// Need fails the test if a server did not start. If the server is not installed, it skips the test, except in CI.
func Need(tb testing.TB, err error) {
	tb.Helper()
	if errors.Is(err, ErrMissing) && os.Getenv("CI") == "" {
		tb.Skip(err)
	}
	require.NoError(tb, err)
}

// Shared is a server that the tests of a package share. The first test that needs the server starts it.
type Shared struct {
	Start func(context.Context) (*Server, error)

	once      sync.Once
	server    *Server
	err       error
	databases atomic.Int64
}

// Get returns the server.
func (s *Shared) Get() (*Server, error) {
	s.once.Do(func() { s.server, s.err = s.Start(context.Background()) })
	return s.server, s.err
}

// New creates an empty database and returns its data source name. Without the server, the test fails or is skipped, as
// Need describes.
func (s *Shared) New(tb testing.TB) string {
	tb.Helper()
	server, err := s.Get()
	Need(tb, err)
	dsn, err := server.CreateDatabase(tb.Context(), fmt.Sprintf("shop%d", s.databases.Add(1)))
	require.NoError(tb, err)
	return dsn
}

// Remove ends the server if a test has started it.
func (s *Shared) Remove() {
	if s.server != nil {
		s.server.Remove()
	}
}
