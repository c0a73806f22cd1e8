// Command release prepares a release of the library and of the nested modules that are published with it. It makes
// every commit and tag in a scratch clone and checks there that the released modules can be built and installed. Only
// with -do does it bring them into the repository; it never pushes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	root := flag.String("root", filepath.Join("..", ".."), "the repository")
	do := flag.Bool("do", false, "bring the commits and tags into the repository; without it nothing is changed")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: release [-do] vX.Y.Z")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(os.Stdout, *root, flag.Arg(0), time.Now(), *do); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// run checks the repository, rehearses the release in a clone of it, and takes the result over if do is true.
func run(w io.Writer, root, version string, day time.Time, do bool) error {
	if err := checkVersion(version); err != nil {
		return err
	}
	repo, err := open(root)
	if err != nil {
		return err
	}
	if err := repo.check(version); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "release")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	clone, err := repo.clone(filepath.Join(scratch, "clone"))
	if err != nil {
		return err
	}
	r := release{repository: clone, version: version, cache: filepath.Join(scratch, "cache"), out: w}
	if err := r.rehearse(day); err != nil {
		return err
	}
	if do {
		if _, err := repo.git("pull", "--quiet", "--ff-only", "--tags", clone.dir, "main"); err != nil {
			return err
		}
	}
	return r.tell(do)
}

// tell prints what was made and how to publish it: the root's tag first, since the others require it.
func (r *release) tell(done bool) error {
	log, err := r.git("log", "--reverse", "--format=  %h %s%d", "origin/main..main")
	if err != nil {
		return err
	}
	title := "This would be made; nothing is changed. To make it, add -do:"
	if done {
		title = "Made, and not pushed:"
	}
	fmt.Fprintf(r.out, "%s\n%s\nTo publish, once CI is green on the first of these commits:\n  git push origin main %s\n",
		title, log, r.tags[0])
	if nested := r.tags[1:]; len(nested) > 0 {
		fmt.Fprintf(r.out, "  git push origin %s\n", strings.Join(nested, " "))
	}
	return nil
}

var errVersion = errors.New("the version must look like v1.2.3 or v1.2.3-rc.1, and its major version must be 0 or 1: " +
	"v2 needs another module path")
