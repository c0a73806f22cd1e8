package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/semver"
)

const module = "github.com/ecomtrade24/ecomtrade24-go"

// published are the folders of the nested modules that others import or install, in the order of their tags. The
// remaining ones (examples, benchmarks, tests, tools) are never released and keep their replace lines.
func published() []string { return []string{"otel", "inbox/pgxinbox", "cmd"} }

// release is one that is being made in a scratch clone.
type release struct {
	*repository
	version  string
	cache    string // module cache of its own, so that the user's never sees a version that may not come to be
	released []string
	out      io.Writer
	tags     []string
}

// rehearse makes the commits and tags. The root comes first; then each nested module is turned from the folder beside
// it to the released root, built and tagged; at the end they are turned back, for the work that follows.
func (r *release) rehearse(day time.Time) error {
	if err := r.edit("CHANGELOG.md", func(text string) (string, error) { return r.changelog(text, day) }); err != nil {
		return err
	}
	if err := r.edit("client.go", r.setVersion); err != nil {
		return err
	}
	if err := r.checkAPI(); err != nil {
		return err
	}
	if _, err := r.command(nil, "", "go", "vet", "-trimpath", "./..."); err != nil {
		return err
	}
	if err := r.commitAndTag("."); err != nil {
		return err
	}
	if err := r.findReleased(); err != nil {
		return err
	}
	var modFiles []string
	for _, folder := range published() {
		if _, err := os.Stat(filepath.Join(r.dir, folder, "go.mod")); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := r.nested(folder); err != nil {
			return err
		}
		modFiles = append(modFiles, folder+"/go.mod", folder+"/go.sum")
	}
	if len(modFiles) == 0 {
		return nil
	}
	if _, err := r.git(append([]string{"checkout", "--quiet", r.version, "--"}, modFiles...)...); err != nil {
		return err
	}
	_, err := r.git("commit", "--quiet", "--all", "-m", "Build the nested modules on the repository's own root again")
	return err
}

// edit rewrites one file of the clone.
func (r *release) edit(name string, change func(string) (string, error)) error {
	file := filepath.Join(r.dir, name)
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	text, err := change(string(old))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

// changelog gives what is unreleased a heading with version and day.
func (r *release) changelog(text string, day time.Time) (string, error) {
	const heading = "## [Unreleased]\n"
	before, after, found := strings.Cut(text, heading)
	if !found {
		return "", errors.New("there is no heading [Unreleased]")
	}
	section, _, _ := strings.Cut(after, "\n## ")
	if !strings.Contains("\n"+section, "\n- ") {
		return "", errors.New("nothing is listed under [Unreleased]: what is there to release?")
	}
	fmt.Fprintf(r.out, "The changelog of %s:\n%s\n", r.version, strings.TrimRight(section, "\n"))
	dated := fmt.Sprintf("\n## [%s] - %s\n", strings.TrimPrefix(r.version, "v"), day.UTC().Format(time.DateOnly))
	return before + heading + dated + after, nil
}

var versionLine = regexp.MustCompile(`(?m)^const Version = "[^"]*"$`)

func (r *release) setVersion(text string) (string, error) {
	if n := len(versionLine.FindAllString(text, -1)); n != 1 {
		return "", fmt.Errorf("it has %d lines that set Version, not one", n)
	}
	return versionLine.ReplaceAllLiteralString(text, `const Version = "`+strings.TrimPrefix(r.version, "v")+`"`), nil
}

// checkAPI compares the API with the committed text and the last release: what breaks callers needs a new minor version
// before v1, and cannot be released after it.
func (r *release) checkAPI() error {
	report, err := r.command(nil, "internal/lab", "go", "run", "./api")
	if err != nil {
		return err
	}
	fmt.Fprintln(r.out, report)
	if !strings.Contains(report, "Incompatible changes:") {
		return nil
	}
	last, err := r.git("describe", "--tags", "--abbrev=0", "--match", "v[0-9]*")
	switch {
	case err != nil:
		return err
	case semver.Major(r.version) != "v0":
		return fmt.Errorf("%s would break callers of %s: that needs a new major version", r.version, last)
	case semver.MajorMinor(r.version) == semver.MajorMinor(last):
		return fmt.Errorf("%s would break callers of %s: that needs a new minor version", r.version, last)
	}
	return nil
}

// nested releases the module in folder. A replace line would keep others from installing its commands (go install
// PACKAGE@VERSION refuses them), and the required version has to exist, so both change for the tagged commit only.
func (r *release) nested(folder string) error {
	edit := []string{"mod", "edit", "-dropreplace", module, "-require", module + "@" + r.version}
	mod, err := os.ReadFile(filepath.Join(r.dir, folder, "go.mod"))
	if err != nil {
		return err
	}
	for _, other := range published() {
		if path := module + "/" + other; other != folder && strings.Contains(string(mod), path+" v") {
			edit = append(edit, "-dropreplace", path, "-require", path+"@"+r.version)
		}
	}
	if _, err := r.command(nil, folder, "go", edit...); err != nil {
		return err
	}
	for _, args := range [][]string{{"mod", "tidy"}, {"vet", "./..."}} {
		if _, err := r.command(r.released, folder, "go", args...); err != nil {
			return err
		}
	}
	if err := r.commitAndTag(folder); err != nil {
		return err
	}
	return r.install(folder)
}

// install does what a user of the module's commands will do.
func (r *release) install(folder string) error {
	commands, err := r.command(r.released, folder, "go", "list", "-f", `{{if eq .Name "main"}}{{.ImportPath}}{{end}}`,
		"./...")
	if err != nil {
		return err
	}
	for command := range strings.FieldsSeq(commands) {
		env := slices.Concat(r.released, []string{
			"GOBIN=" + filepath.Join(r.cache, "bin"),
			"GOSUMDB=off", // it looks at no go.sum, whose hashes have just been checked
		})
		if _, err := r.command(env, "..", "go", "install", command+"@"+r.version); err != nil {
			return err
		}
	}
	return nil
}

// findReleased sets up an environment in which the go command finds the clone's tags as if they were published, and
// everything else where it always does, the user's module cache first.
func (r *release) findReleased() error {
	env, err := r.command(nil, "", "go", "env", "GOMODCACHE", "GOPROXY")
	if err != nil {
		return err
	}
	cache, proxy, _ := strings.Cut(env, "\n")
	r.released = []string{
		"GOMODCACHE=" + r.cache, "GOFLAGS=-modcacherw -trimpath", "GOWORK=off",
		"GOPROXY=file://" + filepath.ToSlash(filepath.Join(cache, "cache", "download")) + "," + proxy,
		"GOPRIVATE=" + module,
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url.file://" + r.dir + ".insteadOf", "GIT_CONFIG_VALUE_0=https://" + module,
	}
	return nil
}

// commitAndTag commits all changes and tags them with the tag of the module in folder.
func (r *release) commitAndTag(folder string) error {
	tag := path.Join(folder, r.version)
	if _, err := r.git("commit", "--quiet", "--all", "-m", "Release "+tag); err != nil {
		return err
	}
	if _, err := r.git("tag", "--annotate", tag, "-m", tag); err != nil {
		return err
	}
	r.tags = append(r.tags, tag)
	return nil
}
