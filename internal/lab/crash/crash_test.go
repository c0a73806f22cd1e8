package main_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestCrash does the short run in a program built without the race detector. With the race detector, a process rarely
// dies between two statements. The program fails if the inbox makes any mistake, or if a control does not make its
// expected mistake.
func TestCrash(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "crash")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	out, err = exec.CommandContext(t.Context(), program).CombinedOutput()
	require.NoError(t, err, "%s", out)
	t.Logf("%s", out)
	assert.Contains(t, string(out), "last-write-wins on SQLite")
	if !strings.Contains(string(out), "PostgreSQL is left out") {
		assert.Contains(t, string(out), "pgxinbox on PostgreSQL")
	}
	for _, name := range []string{"SQLite", "PostgreSQL", "MariaDB"} {
		if !strings.Contains(string(out), name+" is left out") {
			assert.Contains(t, string(out), "inbox on "+name)
		}
	}
}
