package databases

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"
	"github.com/stretchr/testify/require"
)

// ent generates thousands of lines, which are not in the repository. The test generates them, copies them and
// testdata/ent into this folder, and runs the shop's test there.
func TestShops_ent(t *testing.T) {
	t.Parallel()
	here, err := os.Getwd()
	require.NoError(t, err)
	made := t.TempDir()
	require.NoError(t, entc.Generate("./ent/schema", &gen.Config{
		Target: made, Package: "github.com/ecomtrade24/ecomtrade24-go/examples/frameworks/databases/ent",
	}))

	var overlay struct{ Replace map[string]string }
	overlay.Replace = map[string]string{
		filepath.Join(here, "ent.go"):      filepath.Join(here, "testdata/ent/ent.go"),
		filepath.Join(here, "ent_test.go"): filepath.Join(here, "testdata/ent/ent_test.go"),
	}
	require.NoError(t, filepath.WalkDir(made, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, err := filepath.Rel(made, path)
			require.NoError(t, err)
			overlay.Replace[filepath.Join(here, "ent", name)] = path
		}
		return err
	}))
	data, err := json.Marshal(overlay)
	require.NoError(t, err)
	list := filepath.Join(t.TempDir(), "overlay.json")
	require.NoError(t, os.WriteFile(list, data, 0o600))
	test := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-v", "-vet=off", "-overlay", list,
		"-run", "^TestShops$/^ent$", ".")
	out, err := test.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "--- PASS: TestShops/ent ")
}
