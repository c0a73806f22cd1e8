// Package release tests .ci/release.
package release

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	version = "v0.77.0"
	module  = "github.com/ecomtrade24/ecomtrade24-go"
)

func published() []string { return []string{"ecomtrade24otel", "inbox/pgxinbox", "cmd"} }

// repository is the folder of a git repository.
type repository struct {
	*testing.T
	dir string
}

// run runs a program in the repository and returns its output without the final newline.
func (r *repository) run(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = r.dir
	out, err := cmd.CombinedOutput()
	return strings.TrimRight(string(out), "\n"), err
}

func (r *repository) release(args ...string) (string, error) {
	script, err := filepath.Abs(filepath.Join("..", "..", "..", ".ci", "release"))
	require.NoError(r, err)
	return r.run("bash", append([]string{script}, args...)...)
}

func (r *repository) git(args ...string) string {
	r.Helper()
	out, err := r.run("git", args...)
	require.NoError(r, err, out)
	return out
}

func (r *repository) writeAPI() {
	_, _ = r.run("go", "run", "-C", "internal/lab", "./api") // the command fails if it changed a file
}

// clone returns a copy of the repository's last commit, with something to release and without tags. In the copy, small
// modules replace the nested modules; the script .ci/run rehearses the release of the real ones.
func clone(t *testing.T) *repository {
	t.Helper()
	source, err := filepath.Abs(filepath.Join("..", "..", ".."))
	require.NoError(t, err)
	r := &repository{t, t.TempDir()}
	r.git("clone", "--quiet", "--no-tags", source, ".")
	r.git("checkout", "--quiet", "-B", "main")
	r.git("config", "user.name", "test")
	r.git("config", "user.email", "test@test.example")
	for _, folder := range published() {
		r.replaceModule(folder)
	}
	r.write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n### Added\n- Everything.\n\n"+
		"## [0.0.1] - 2026-01-01\n- Old.\n")
	r.writeAPI()
	r.git("add", "--all")
	r.git("commit", "--quiet", "-m", "List what there is to release")
	return r
}

func (r *repository) write(name, text string) {
	r.Helper()
	file := filepath.Join(r.dir, name)
	require.NoError(r, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(r, os.WriteFile(file, []byte(text), 0o644))
}

// replaceModule replaces a nested module with a small one: a single command that prints the SDK's version.
func (r *repository) replaceModule(folder string) {
	r.Helper()
	require.NoError(r, os.RemoveAll(filepath.Join(r.dir, folder)))
	r.write(folder+"/go.mod", "module "+module+"/"+folder+"\n\ngo 1.26.0\n\nrequire "+module+" v0.0.0\n\n"+
		"replace "+module+" => "+strings.Repeat("../", strings.Count(folder, "/")+1)+"\n")
	sums, err := os.ReadFile(filepath.Join(r.dir, "go.sum"))
	require.NoError(r, err)
	r.write(folder+"/go.sum", string(sums))
	r.write(folder+"/main.go", "package main\n\nimport sdk \""+module+"\"\n\nfunc main() { println(sdk.Version) }\n")
}

// snapshot returns the state that a dry run must not change.
func (r *repository) snapshot() string {
	r.Helper()
	return r.git("show-ref") + r.git("status", "--porcelain") + r.git("stash", "list")
}

func TestRun(t *testing.T) {
	t.Parallel()
	c := clone(t)
	before := c.snapshot()
	dry, err := c.release(version)
	require.NoError(t, err, dry)
	assert.Equal(t, before, c.snapshot(), "a dry run changes nothing")
	assert.Contains(t, dry, "The changelog of v0.77.0:\n### Added\n- Everything.\n")
	assert.Contains(t, dry, "nothing is changed")
	assert.Contains(t, dry, "  git push origin main v0.77.0\n"+
		"  git push origin ecomtrade24otel/v0.77.0 inbox/pgxinbox/v0.77.0 cmd/v0.77.0")

	done, err := c.release("-do", version)
	require.NoError(t, err, done)
	assert.Contains(t, done, "Made, and not pushed:")
	assert.Equal(t, []string{
		"Release v0.77.0 v0.77.0", "Release ecomtrade24otel/v0.77.0 ecomtrade24otel/v0.77.0",
		"Release inbox/pgxinbox/v0.77.0 inbox/pgxinbox/v0.77.0", "Release cmd/v0.77.0 cmd/v0.77.0",
		"Build the nested modules on the repository's own root again main",
	}, c.subjects())
	assert.Empty(t, c.git("status", "--porcelain"))

	assert.Contains(t, c.git("show", "v0.77.0:client.go"), "\nconst Version = \"0.77.0\"\n")
	assert.Contains(t, c.git("show", "v0.77.0:api/ecomtrade24.txt"), "const Version = \"0.77.0\"\n")
	assert.Contains(t, c.git("show", "v0.77.0:CHANGELOG.md"),
		"## [Unreleased]\n\n## [0.77.0] - "+time.Now().UTC().Format(time.DateOnly)+"\n### Added\n- Everything.\n\n## [0.0.1] - 2026-01-01\n")
	for _, folder := range published() {
		mod := c.git("show", folder+"/v0.77.0:"+folder+"/go.mod")
		assert.NotContains(t, mod, "replace", folder)
		assert.Contains(t, mod, module+" v0.77.0", folder)
		assert.Contains(t, c.git("show", folder+"/v0.77.0:"+folder+"/go.sum"), module+" v0.77.0 h1:", folder)
		assert.Contains(t, c.git("show", "main:"+folder+"/go.mod"), "replace "+module+" => ../", folder)
	}
	again, err := c.release("-do", version)
	require.Error(t, err)
	assert.Contains(t, again, "must be newer than")
}

// subjects returns the release's commits with their refs, oldest first.
func (r *repository) subjects() []string {
	r.Helper()
	log := r.git("log", "--reverse", "--format=%s %D", "origin/HEAD..main")
	lines := strings.Split(strings.NewReplacer("tag: ", "", "HEAD -> ", "").Replace(log), "\n")
	return lines[len(lines)-5:]
}

// A rejected release changes nothing, even with -do.
func TestRun_refuses(t *testing.T) {
	t.Parallel()
	c := clone(t)
	breakAPI := func(tag string) {
		c.git("tag", tag)
		c.rename("session.go", ") Redirect(", ") redirect(")
		for _, name := range strings.Fields(c.git("grep", "--name-only", "-F", ".Redirect(w, r)", "*.go")) {
			c.rename(name, ".Redirect(w, r)", ".CheckoutURL")
		}
		c.writeAPI()
		c.git("commit", "--quiet", "--all", "-m", "Break callers")
	}
	rows := []struct {
		name, version, want string
		prepare             func()
	}{
		{"no v", "0.77.0", "must look like v1.2.3", nil},
		{"half a version", "v0.77", "must look like v1.2.3", nil},
		{"another module path", "v2.0.0", "another module path", nil},
		{"another branch", version, "releases are made on main", func() { c.git("checkout", "--quiet", "-b", "topic") }},
		{"work in progress", version, "not committed", func() { c.write("new.go", "package ecomtrade24\n") }},
		{"an older version", version, "must be newer than ecomtrade24otel/v0.78.0", func() { c.git("tag", "ecomtrade24otel/v0.78.0") }},
		{"a pre-release of an existing version", "v0.77.0-rc.1", "must be newer than v0.77.0", func() { c.git("tag", version) }},
		{"an older pre-release", "v0.77.0-rc.1", "must be newer than v0.77.0-rc.2", func() { c.git("tag", "v0.77.0-rc.2") }},
		{"the same version", version, "must be newer than v0.77.0", func() { c.git("tag", version) }},
		{"nothing to release", version, "nothing is listed under [Unreleased]", func() {
			c.write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n## [0.76.0] - 2026-01-01\n- Old.\n")
			c.git("commit", "--quiet", "--all", "-m", "Release nothing")
		}},
		{"an API that is missing from api/", version, "these files were not up to date", func() {
			c.write("new.go", "package ecomtrade24\n\n// New is new.\nfunc New() {}\n")
			c.git("add", "--all")
			c.git("commit", "--quiet", "-m", "Add New")
		}},
		{"a patch version that breaks callers", "v0.76.1", "needs a new minor version", func() { breakAPI("v0.76.0") }},
		{"a v1 minor version that breaks callers", "v1.1.0", "v1.1.0 is not a valid semantic version", func() { breakAPI("v1.0.0") }},
	}
	start := c.git("rev-parse", "main")
	for _, row := range rows {
		if row.prepare != nil {
			row.prepare()
		}
		before := c.snapshot()
		out, err := c.release("-do", row.version)
		require.Error(t, err, row.name)
		assert.Contains(t, out, row.want, row.name)
		assert.Equal(t, before, c.snapshot(), row.name)
		c.git("checkout", "--quiet", "--force", "-B", "main", start)
		c.git("clean", "--quiet", "--force")
		for tag := range strings.FieldsSeq(c.git("tag", "--list")) {
			c.git("tag", "--delete", tag)
		}
	}
}

func (r *repository) rename(name, old, replacement string) {
	r.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, name))
	require.NoError(r, err)
	require.Contains(r, string(text), old)
	r.write(name, strings.ReplaceAll(string(text), old, replacement))
}
