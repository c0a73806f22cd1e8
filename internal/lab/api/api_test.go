package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// repository copies the working tree, so that a test can change its code, and writes the text of its API. It leaves out
// otel unless changed, the file that will change, is in it: that halves the work.
func repository(t *testing.T, changed string) string {
	t.Helper()
	source := filepath.Join("..", "..", "..")
	out, err := exec.CommandContext(t.Context(), "git", "-C", source, "ls-files", "--cached", "--others",
		"--exclude-standard").Output()
	require.NoError(t, err)
	dir := t.TempDir()
	for name := range strings.Lines(string(out)) {
		name = strings.TrimSpace(name)
		if strings.HasPrefix(name, "otel/") && !strings.HasPrefix(changed, "otel/") {
			continue
		}
		content, err := os.ReadFile(filepath.Join(source, name))
		if os.IsNotExist(err) {
			continue // deleted, and not committed yet
		}
		require.NoError(t, err)
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, content, 0o644))
	}
	require.NoError(t, run(&bytes.Buffer{}, dir, true))
	return dir
}

// replace changes one piece of one file.
func replace(t *testing.T, dir, name, old, replacement string) {
	t.Helper()
	file := filepath.Join(dir, name)
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(content), old), "%s in %s", old, name)
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(content), old, replacement, 1)), 0o644))
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	args = append([]string{"-C", dir, "-c", "user.name=test", "-c", "user.email=test@test.example"}, args...)
	out, err := exec.CommandContext(t.Context(), "git", args...).CombinedOutput()
	require.NoError(t, err, string(out))
}

const (
	redirect = "func (s *Session) Redirect(w http.ResponseWriter, r *http.Request) {"
	breaks   = "Breaks callers, as far as the text can tell:\n  "
	harmless = "Breaks no caller, as far as the text can tell:\n  "
)

func TestGate(t *testing.T) {
	t.Parallel()
	rows := []struct{ name, file, old, replacement, want, apidiff string }{
		{
			"a removed method", "session.go", redirect, strings.Replace(redirect, "Redirect", "redirect", 1),
			breaks + "ecomtrade24: - method (*Session) Redirect(http.ResponseWriter, *http.Request)\n",
			"Incompatible changes:\n- (*Session).Redirect: removed\n",
		},
		{
			"a changed signature", "session.go", redirect,
			strings.Replace(redirect, "r *http.Request", "r *http.Request, _ int", 1),
			breaks + "ecomtrade24: - method (*Session) Redirect(http.ResponseWriter, *http.Request)\n" +
				harmless + "ecomtrade24: + method (*Session) Redirect(http.ResponseWriter, *http.Request, int)\n",
			"Incompatible changes:\n- (*Session).Redirect: changed from ",
		},
		{
			"a new method", "session.go", redirect, "func (s *Session) New() {}\n\n" + redirect,
			harmless + "ecomtrade24: + method (*Session) New()\n",
			"Compatible changes:\n- (*Session).New: added\n",
		},
		{
			// Everybody's own TB would lack it; *testing.T has it.
			"a method more in an interface", "gatewaytest/gateway.go", "type TB interface {",
			"func (program) Name() string { return \"\" }\n\ntype TB interface {\n\tName() string",
			breaks + "gatewaytest: + type TB interface, Name() string\n",
			"Incompatible changes:\n- ./gatewaytest.TB.Name: added\n",
		},
		{
			"a nested module", "otel/trace.go", "func WithTrace(", "func WithNothing(",
			breaks + "ecomtrade24otel: - func WithTrace(context.Context, ecomtrade24.SessionParams) " +
				"ecomtrade24.SessionParams\n" + harmless + "ecomtrade24otel: + func WithNothing(",
			"Incompatible changes:\n- ./otel.WithTrace: removed\n",
		},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			dir := repository(t, row.file)
			git(t, dir, "init", "-q")
			git(t, dir, "add", "-A")
			git(t, dir, "commit", "-q", "-m", "Release")
			var same, changed bytes.Buffer
			require.NoError(t, run(&same, dir, false), "nothing changed")
			assert.Contains(t, same.String(), "module . has no tag to compare with\n")
			assert.NotContains(t, same.String(), "as far as the text can tell")

			tag, module := "v0.1.0", "."
			if strings.HasPrefix(row.file, "otel/") {
				tag, module = "otel/v0.1.0", "otel"
			}
			git(t, dir, "tag", tag)
			replace(t, dir, row.file, row.old, row.replacement)
			require.ErrorIs(t, run(&changed, dir, false), errDiffers)
			assert.Contains(t, changed.String(), row.want)
			assert.Contains(t, changed.String(), "module "+module+" since "+tag+":\n"+row.apidiff)
		})
	}
}

func TestGate_acceptsWhatIsWrittenDown(t *testing.T) {
	t.Parallel()
	dir := repository(t, "")
	replace(t, dir, "session.go", redirect, "func (s *Session) New() {}\n\n"+redirect)
	require.ErrorIs(t, run(&bytes.Buffer{}, dir, false), errDiffers)
	require.NoError(t, run(&bytes.Buffer{}, dir, true))
	require.NoError(t, run(&bytes.Buffer{}, dir, false))
}

// What is no part of a caller's code changes no line.
func TestGate_ignores(t *testing.T) {
	t.Parallel()
	dir := repository(t, "")
	replace(t, dir, "session.go", redirect, strings.NewReplacer("w ", "writer ", "r ", "request ").Replace(redirect)+
		"\n\tw, r := writer, request")
	replace(t, dir, "client.go", `const Version = "`, `const Version = "9`)
	var out bytes.Buffer
	require.NoError(t, run(&out, dir, false), out.String())
}

// A package that disappears takes its callers' imports with it.
func TestGate_removedPackage(t *testing.T) {
	t.Parallel()
	dir := repository(t, "")
	gone := filepath.Join(dir, "api", "gone.txt")
	require.NoError(t, os.WriteFile(gone, []byte("func Gone()\n"), 0o644))
	var out bytes.Buffer
	require.ErrorIs(t, run(&out, dir, false), errDiffers)
	assert.Contains(t, out.String(), breaks+"gone: - the whole package\n")
	require.NoError(t, run(&out, dir, true))
	assert.NoFileExists(t, gone)
}
