package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// pkg is a public package and the folder of the module that it belongs to.
type pkg struct {
	module string
	types  *types.Package
}

// modules are the folders of the modules with packages for others to import.
func modules() []string { return []string{".", "otel", "inbox/pgxinbox"} }

// loadAll returns the public packages of all modules below root.
func loadAll(root string) ([]pkg, error) {
	var all []pkg
	for _, module := range modules() {
		packages, err := load(root, module)
		if err != nil {
			return nil, err
		}
		all = append(all, packages...)
	}
	return all, nil
}

// load reads the public packages of one module from the compiler's export data. A module that is not there has none.
func load(root, module string) ([]pkg, error) {
	dir := filepath.Join(root, module)
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	public, err := publicPaths(dir)
	if err != nil {
		return nil, err
	}
	compiled, err := list(dir, append([]string{"-export", "-deps"}, public...)...)
	if err != nil {
		return nil, err
	}
	exports := map[string]string{}
	for _, l := range compiled {
		exports[l.ImportPath] = l.Export
	}
	imports := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})
	packages := make([]pkg, 0, len(public))
	for _, path := range public {
		imported, err := imports.Import(path)
		if err != nil {
			return nil, fmt.Errorf("read the API of %s: %w", path, err)
		}
		packages = append(packages, pkg{module, imported})
	}
	return packages, nil
}

// publicPaths are the packages of the module in dir that other modules can import.
func publicPaths(dir string) ([]string, error) {
	all, err := list(dir, "./...")
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, l := range all {
		if l.Name != "main" && !strings.Contains(l.ImportPath, "/internal/") {
			paths = append(paths, l.ImportPath)
		}
	}
	return paths, nil
}

// listed is what go list tells about a package.
type listed struct{ ImportPath, Name, Export string }

// list runs go list in dir, for one platform whatever the machine's.
func list(dir string, args ...string) ([]listed, error) {
	cmd := exec.Command("go", append([]string{"list", "-trimpath", "-json=ImportPath,Name,Export"}, args...)...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list in %s: %w", dir, err)
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var l listed
		if err := d.Decode(&l); err != nil {
			return nil, fmt.Errorf("go list in %s: %w", dir, err)
		}
		all = append(all, l)
	}
	return all, nil
}
