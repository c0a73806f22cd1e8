package storefront_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A merchant can copy the folder and point its go.mod at the SDK. The copy and its tests compile, and the purchase
// tests pass on both databases. In the original folder, all tests run.
func TestCopy(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	shop := filepath.Join(t.TempDir(), "shop")
	require.NoError(t, os.CopyFS(shop, os.DirFS(folder)))
	run := func(name string, args ...string) []byte {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir, cmd.Env = shop, append(os.Environ(), "GOWORK=off")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s %v\n%s", name, args, out)
		return out
	}
	var mod struct {
		Replace []struct{ Old, New struct{ Path string } }
	}
	require.NoError(t, json.Unmarshal(run("go", "mod", "edit", "-json"), &mod))
	for _, r := range mod.Replace {
		run("go", "mod", "edit", "-replace", r.Old.Path+"="+filepath.Join(root, "examples/storefront", r.New.Path))
		assert.NotContains(t, r.Old.Path, "/internal/")
	}
	assert.NotEmpty(t, mod.Replace)
	run("go", "mod", "tidy", "-diff")
	run("go", "build", "-o", filepath.Join(t.TempDir(), "shop"), ".")
	run("go", "vet", ".")
	run("go", "test", "-run", "^(TestPayment|TestRun_demo|TestMetrics|TestFace)$", ".")
	text, err := os.ReadFile(filepath.Join(shop, "README.md"))
	require.NoError(t, err)
	assert.NotContains(t, string(text), "../", "a copy has no parent folder to link to")
}
