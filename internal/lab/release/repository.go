package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/mod/semver"
)

// repository is a git repository by its folder.
type repository struct{ dir string }

func open(dir string) (*repository, error) {
	absolute, err := filepath.Abs(dir)
	return &repository{absolute}, err
}

// git runs git in the repository and returns what it prints, without the last line's end.
func (r *repository) git(args ...string) (string, error) { return r.command(nil, "", "git", args...) }

// command runs a program in a folder of the repository with additions to the environment.
func (r *repository) command(env []string, folder, name string, args ...string) (string, error) {
	var out, problem bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = filepath.Join(r.dir, folder), &out, &problem
	cmd.Env = append(os.Environ(), env...)
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, out.String(), problem.String())
	}
	return strings.TrimRight(out.String(), "\n"), nil
}

func checkVersion(version string) error {
	major := semver.Major(version)
	if semver.Canonical(version) != version || major != "v0" && major != "v1" {
		return errVersion
	}
	return nil
}

// check tells why the repository cannot be released as it stands.
func (r *repository) check(version string) error {
	branch, err := r.git("branch", "--show-current")
	if err != nil {
		return err
	}
	if branch != "main" {
		return fmt.Errorf("releases are made on main, this is %q", branch)
	}
	changes, err := r.git("status", "--porcelain")
	if err != nil {
		return err
	}
	if changes != "" {
		return errors.New("the tree has changes that are not committed:\n" + changes)
	}
	tags, err := r.git("tag", "--list")
	if err != nil {
		return err
	}
	for tag := range strings.Lines(tags) {
		tag = strings.TrimSpace(tag)
		if semver.Compare(filepath.Base(tag), version) >= 0 {
			return fmt.Errorf("%s must be newer than %s, which exists", version, tag)
		}
	}
	return nil
}

// clone copies the repository into dir, with the identity that it commits under.
func (r *repository) clone(dir string) (*repository, error) {
	if _, err := r.git("clone", "--quiet", "--branch", "main", r.dir, dir); err != nil {
		return nil, err
	}
	c := &repository{dir}
	for _, key := range []string{"user.name", "user.email"} {
		value, err := r.git("config", key)
		if err != nil {
			continue // the environment's, or git says what is missing
		}
		if _, err := c.git("config", key, value); err != nil {
			return nil, err
		}
	}
	return c, nil
}
