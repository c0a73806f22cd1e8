package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const version = "v0.77.0"

var day = time.Date(2026, time.November, 24, 23, 0, 0, 0, time.UTC)

// clone is the repository as it is committed, without its tags, with something to release and with small modules in
// the place of the nested ones, which .ci/run releases for a rehearsal.
func clone(t *testing.T) *repository {
	t.Helper()
	source, err := open(filepath.Join("..", "..", ".."))
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "clone")
	run := func(args ...string) { git(t, source, args...) }
	run("clone", "--quiet", "--no-tags", source.dir, dir)
	c := &repository{dir}
	git(t, c, "checkout", "--quiet", "-B", "main")
	git(t, c, "config", "user.name", "test")
	git(t, c, "config", "user.email", "test@test.example")
	for _, folder := range published() {
		replaceModule(t, c, folder)
	}
	write(t, c, "CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n### Added\n- Everything.\n\n"+
		"## [0.0.1] - 2026-01-01\n- Old.\n")
	_, err = c.command(nil, "internal/lab", "go", "run", "./api", "-write")
	require.NoError(t, err)
	git(t, c, "add", "--all")
	git(t, c, "commit", "--quiet", "-m", "List what there is to release")
	return c
}

func git(t *testing.T, r *repository, args ...string) string {
	t.Helper()
	out, err := r.git(args...)
	require.NoError(t, err)
	return out
}

func write(t *testing.T, r *repository, name, text string) {
	t.Helper()
	file := filepath.Join(r.dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
}

// replaceModule makes a nested module of nothing but a command that prints the SDK's version.
func replaceModule(t *testing.T, r *repository, folder string) {
	t.Helper()
	require.NoError(t, os.RemoveAll(filepath.Join(r.dir, folder)))
	write(t, r, folder+"/go.mod", "module "+module+"/"+folder+"\n\ngo 1.25.0\n\nrequire "+module+" v0.0.0\n\n"+
		"replace "+module+" => "+strings.Repeat("../", strings.Count(folder, "/")+1)+"\n")
	sums, err := os.ReadFile(filepath.Join(r.dir, "go.sum"))
	require.NoError(t, err)
	write(t, r, folder+"/go.sum", string(sums))
	write(t, r, folder+"/main.go", "package main\n\nimport sdk \""+module+"\"\n\nfunc main() { println(sdk.Version) }\n")
}

// snapshot is all that a dry run must leave alone.
func snapshot(t *testing.T, r *repository) string {
	t.Helper()
	return git(t, r, "show-ref") + git(t, r, "status", "--porcelain") + git(t, r, "stash", "list")
}

func TestRun(t *testing.T) {
	c := clone(t)
	t.Setenv("GOPROXY", "off") // nothing is fetched that is not in the module cache
	before := snapshot(t, c)
	var dry, done bytes.Buffer
	require.NoError(t, run(&dry, c.dir, version, day, false))
	assert.Equal(t, before, snapshot(t, c), "a dry run changes nothing")
	assert.Contains(t, dry.String(), "The changelog of v0.77.0:\n### Added\n- Everything.\n")
	assert.Contains(t, dry.String(), "nothing is changed")
	assert.Contains(t, dry.String(), "  git push origin main v0.77.0\n"+
		"  git push origin otel/v0.77.0 inbox/pgxinbox/v0.77.0 cmd/v0.77.0\n")

	require.NoError(t, run(&done, c.dir, version, day, true))
	assert.Contains(t, done.String(), "Made, and not pushed:")
	assert.Equal(t, []string{
		"Release v0.77.0 v0.77.0", "Release otel/v0.77.0 otel/v0.77.0",
		"Release inbox/pgxinbox/v0.77.0 inbox/pgxinbox/v0.77.0", "Release cmd/v0.77.0 cmd/v0.77.0",
		"Build the nested modules on the repository's own root again main",
	}, subjects(t, c))
	assert.Empty(t, git(t, c, "status", "--porcelain"))

	assert.Contains(t, git(t, c, "show", "v0.77.0:client.go"), "\nconst Version = \"0.77.0\"\n")
	assert.Contains(t, git(t, c, "show", "v0.77.0:CHANGELOG.md"),
		"## [Unreleased]\n\n## [0.77.0] - 2026-11-24\n### Added\n- Everything.\n\n## [0.0.1] - 2026-01-01\n")
	for _, folder := range published() {
		mod := git(t, c, "show", folder+"/v0.77.0:"+folder+"/go.mod")
		assert.NotContains(t, mod, "replace", folder)
		assert.Contains(t, mod, module+" v0.77.0", folder)
		assert.Contains(t, git(t, c, "show", folder+"/v0.77.0:"+folder+"/go.sum"), module+" v0.77.0 h1:", folder)
		assert.Contains(t, git(t, c, "show", "main:"+folder+"/go.mod"), "replace "+module+" => ../", folder)
	}
	require.ErrorContains(t, run(&done, c.dir, version, day, true), "must be newer than")
}

// subjects are the release's commits with what points at them, oldest first.
func subjects(t *testing.T, r *repository) []string {
	t.Helper()
	log := git(t, r, "log", "--reverse", "--format=%s %D", "origin/HEAD..main")
	lines := strings.Split(strings.NewReplacer("tag: ", "", "HEAD -> ", "").Replace(log), "\n")
	return lines[len(lines)-5:]
}

// What is refused changes nothing, also with -do.
func TestRun_refuses(t *testing.T) {
	t.Parallel()
	c := clone(t)
	breakAPI := func() {
		git(t, c, "tag", "v0.76.0")
		rename(t, c, "session.go", ") Redirect(", ") redirect(")
		for _, name := range strings.Fields(git(t, c, "grep", "--name-only", "-F", ".Redirect(w, r)", "*.go")) {
			rename(t, c, name, ".Redirect(w, r)", ".CheckoutURL")
		}
		_, err := c.command(nil, "internal/lab", "go", "run", "./api", "-write")
		require.NoError(t, err)
		git(t, c, "commit", "--quiet", "--all", "-m", "Break callers")
	}
	rows := []struct {
		name, version, want string
		prepare             func()
	}{
		{"no v", "0.77.0", "must look like v1.2.3", nil},
		{"half a version", "v0.77", "must look like v1.2.3", nil},
		{"another module path", "v2.0.0", "another module path", nil},
		{"another branch", version, "releases are made on main", func() { git(t, c, "checkout", "--quiet", "-b", "topic") }},
		{"work in progress", version, "not committed", func() { write(t, c, "new.go", "package ecomtrade24\n") }},
		{"an older version", version, "must be newer than otel/v0.78.0", func() { git(t, c, "tag", "otel/v0.78.0") }},
		{"the same version", version, "must be newer than v0.77.0", func() { git(t, c, "tag", version) }},
		{"nothing to release", version, "nothing is listed under [Unreleased]", func() {
			write(t, c, "CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n## [0.76.0] - 2026-01-01\n- Old.\n")
			git(t, c, "commit", "--quiet", "--all", "-m", "Release nothing")
		}},
		{"an API that is not written down", version, "the API is not the one in api/", func() {
			write(t, c, "new.go", "package ecomtrade24\n\n// New is new.\nfunc New() {}\n")
			git(t, c, "add", "--all")
			git(t, c, "commit", "--quiet", "-m", "Add New")
		}},
		{"a patch that breaks callers", "v0.76.1", "needs a new minor version", breakAPI},
		{"a first major that breaks callers", "v1.0.0", "needs a new major version", breakAPI},
	}
	start := git(t, c, "rev-parse", "main")
	for _, row := range rows {
		if row.prepare != nil {
			row.prepare()
		}
		before := snapshot(t, c)
		require.ErrorContains(t, run(&bytes.Buffer{}, c.dir, row.version, day, true), row.want, row.name)
		assert.Equal(t, before, snapshot(t, c), row.name)
		git(t, c, "checkout", "--quiet", "--force", "-B", "main", start)
		git(t, c, "clean", "--quiet", "--force")
		for tag := range strings.FieldsSeq(git(t, c, "tag", "--list")) {
			git(t, c, "tag", "--delete", tag)
		}
	}
}

func rename(t *testing.T, r *repository, name, old, replacement string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, name))
	require.NoError(t, err)
	require.Contains(t, string(text), old)
	write(t, r, name, strings.ReplaceAll(string(text), old, replacement))
}
