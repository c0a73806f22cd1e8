package ecomtrade24_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Shop is the merchant's own code around the SDK in the Examples.
type Shop struct {
	Logger *slog.Logger
	mu     sync.Mutex
	orders map[string]*ecomtrade24.Order
	paid   map[string]bool
}

func newShop(orders ...*ecomtrade24.Order) *Shop {
	s := &Shop{Logger: slog.New(slog.DiscardHandler), orders: map[string]*ecomtrade24.Order{}, paid: map[string]bool{}}
	for _, order := range orders {
		s.orders[order.ID] = order
	}
	return s
}

// Find returns the order.
func (s *Shop) Find(_ context.Context, id string) (*ecomtrade24.Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if order, ok := s.orders[id]; ok {
		return order, nil
	}
	return nil, errNoOrder
}

var errNoOrder = errors.New("no such order")

// MarkPaid marks the order paid. Calling it again changes nothing.
func (s *Shop) MarkPaid(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paid[id] = true
	return nil
}

// Paid reports whether the order is marked paid.
func (s *Shop) Paid(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paid[id]
}

// Each Go block of the README appears, line for line, in an Example that runs. This shows that the README's code
// compiles and works.
func TestREADME_showsWhatRuns(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*example*_test.go")
	require.NoError(t, err)
	files = append(files, "gatewaytest/shoptest/example_test.go", "internal/lab/readme/shop_test.go",
		"internal/lab/readme/readme_test.go", "internal/lab/readme/domains_test.go",
		"examples/frameworks/databases/queue.go")
	var source bytes.Buffer
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		source.Write(text)
	}
	for page, atLeast := range map[string]int{"README.md": 9, "docs/recipes.md": 3} {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(text), -1)
		assert.GreaterOrEqual(t, len(blocks), atLeast, page)
		for _, block := range blocks {
			assert.True(t, strings.Contains(flat(source.String()), flat(block[1])), "%s:\n%s", page, block[1])
		}
	}
}

// flat removes indentation and empty lines.
func flat(code string) string {
	var b strings.Builder
	for line := range strings.Lines(code) {
		if line = strings.TrimSpace(line); line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}
