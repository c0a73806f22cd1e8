package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/exp/apidiff"
)

// compareTags says, by the rules of apidiff, how the code differs from the last tag of each module. It is a report and
// fails nothing: a release may break callers if its number says so.
func compareTags(w io.Writer, root string, now []pkg) error {
	for _, module := range modules() {
		tag := lastTag(root, module)
		if !slices.ContainsFunc(now, func(p pkg) bool { return p.module == module }) {
			continue
		}
		if tag == "" {
			fmt.Fprintf(w, "module %s has no tag to compare with\n", module)
			continue
		}
		old, err := loadTag(root, module, tag)
		if err != nil {
			return err
		}
		report := diff(old, now, module)
		if report == "" {
			report = "nothing\n"
		}
		fmt.Fprintf(w, "module %s since %s:\n%s", module, tag, report)
	}
	return nil
}

// lastTag is the newest tag of a module in the history of HEAD; "" if there is none.
func lastTag(root, module string) string {
	pattern := path.Join(module, "v[0-9]*.[0-9]*.[0-9]*")
	out, err := exec.Command("git", "-C", root, "describe", "--tags", "--abbrev=0", "--match", pattern).Output()
	if err != nil {
		return "" // no such tag, or no git at all
	}
	return strings.TrimSpace(string(out))
}

// loadTag reads a module's packages as they were, beside the rest of the repository as it was.
func loadTag(root, module, tag string) ([]pkg, error) {
	archive, err := exec.Command("git", "-C", root, "archive", "--format=zip", tag).Output()
	if err != nil {
		return nil, fmt.Errorf("git archive %s: %w", tag, err)
	}
	files, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, fmt.Errorf("git archive %s: %w", tag, err)
	}
	dir, err := os.MkdirTemp("", "api")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.CopyFS(dir, files); err != nil {
		return nil, err
	}
	if module != "." { // a released module names the released root: here it is the folder above
		edit := exec.Command("go", "mod", "edit", "-replace", "github.com/ecomtrade24/ecomtrade24-go=..")
		edit.Dir = filepath.Join(dir, module)
		if out, err := edit.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("go mod edit: %w: %s", err, out)
		}
	}
	return load(dir, module)
}

// diff is apidiff's report on one module. What it says about Version is left out: each release changes that.
func diff(old, now []pkg, module string) string {
	report := apidiff.ModuleChanges(asModule(old, module), asModule(now, module))
	kept := report.Changes[:0]
	for _, change := range report.Changes {
		if !strings.Contains(change.Message, "Version: value changed") {
			kept = append(kept, change)
		}
	}
	return apidiff.Report{Changes: kept}.String()
}

func asModule(packages []pkg, module string) *apidiff.Module {
	m := &apidiff.Module{Path: "github.com/ecomtrade24/ecomtrade24-go"}
	for _, p := range packages {
		if p.module == module {
			m.Packages = append(m.Packages, p.types)
		}
	}
	return m
}
