package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	file := func(name, text string) string {
		name = filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
		return name
	}
	file("go.mod", "module shop.example/till\n")
	file("internal/coins/coins.go", "package coins\n\nfunc Count() {}\n")
	file("cmd/till/main.go", "package main\n\nfunc Main() {}\n")
	source := file("till.go", `// Package till keeps money.
package till

// Limit is a limit.
const Limit = 3

type hidden struct{}

func (hidden) Method() {}

// Till keeps money.
type Till struct {
	// Name is what the till is called.
	Name string

	coins []int
}

// Open opens.
func (t *Till) Open(key string) (int, error) { return 0, nil }

func helper() {}
`)
	gone := file("api/gone.txt", "func Gone()\n")
	text := filepath.Join(root, "api", "till.txt")

	changed, err := write(root, ".")
	require.NoError(t, err)
	assert.Equal(t, []string{text, gone}, changed)
	assert.NoFileExists(t, gone)
	got, err := os.ReadFile(text)
	require.NoError(t, err)
	assert.Equal(t, `const Limit = 3
type Till struct {
	Name string
	// contains filtered or unexported fields
}
func (t *Till) Open(key string) (int, error)
`, string(got))

	changed, err = write(root, ".")
	require.NoError(t, err)
	assert.Empty(t, changed, "nothing changed since")

	require.NoError(t, os.WriteFile(source, []byte("package till\n"), 0o644))
	changed, err = write(root, ".")
	require.NoError(t, err)
	assert.Equal(t, []string{text}, changed)
}
