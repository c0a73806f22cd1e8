// Command api writes the exported API of each public package as text into the folder api. It fails if a file changed,
// so that each API change is reviewed and committed.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/doc"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	root := flag.String("root", filepath.Join("..", ".."), "the repository")
	flag.Parse()
	changed, err := write(*root, ".", "ecomtrade24otel", "inbox/pgxinbox")
	if err == nil && len(changed) > 0 {
		err = fmt.Errorf("these files were not up to date; review and commit them: %s", strings.Join(changed, ", "))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1)
	}
}

// write updates the folder api from the modules' public packages, and returns the files that changed.
func write(root string, modules ...string) (changed []string, err error) {
	gone, err := filepath.Glob(filepath.Join(root, "api", "*.txt"))
	if err != nil {
		return nil, err
	}
	for _, module := range modules {
		packages, err := list(filepath.Join(root, module))
		if err != nil {
			return nil, err
		}
		for _, p := range packages {
			file := filepath.Join(root, "api", p.Name+".txt")
			gone = slices.DeleteFunc(gone, func(old string) bool { return old == file })
			now, err := p.text()
			if err != nil {
				return nil, err
			}
			before, _ := os.ReadFile(file) // a new package has no file yet
			if bytes.Equal(before, now) {
				continue
			}
			changed = append(changed, file)
			if err := os.WriteFile(file, now, 0o644); err != nil {
				return nil, err
			}
		}
	}
	for _, file := range gone {
		if err := os.Remove(file); err != nil {
			return nil, err
		}
	}
	return append(changed, gone...), nil
}

// pkg is the output of go list for a package.
type pkg struct {
	ImportPath, Dir, Name string
	GoFiles               []string
}

// list returns the packages of the module in dir that other modules can import.
func list(dir string) ([]pkg, error) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Name,GoFiles", "./...")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list in %s: %w", dir, err)
	}
	var public []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var p pkg
		if err := d.Decode(&p); err != nil {
			return nil, fmt.Errorf("go list in %s: %w", dir, err)
		}
		if p.Name != "main" && !strings.Contains(p.ImportPath, "/internal/") {
			public = append(public, p)
		}
	}
	return public, nil
}

// text returns all exported declarations, without comments, as gofmt formats them.
func (p pkg) text() ([]byte, error) {
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	exported, err := doc.NewFromFiles(fset, files, p.ImportPath)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	for _, decl := range declarations(exported) {
		if err := format.Node(&text, fset, decl); err != nil {
			return nil, err
		}
		text.WriteString("\n")
	}
	return bytes.ReplaceAll(text.Bytes(), []byte("\n\n"), []byte("\n")), nil // removed comments leave empty lines
}

func declarations(p *doc.Package) []ast.Decl {
	var decls []ast.Decl
	add := func(values []*doc.Value, funcs ...[]*doc.Func) {
		for _, v := range values {
			decls = append(decls, v.Decl)
		}
		for _, f := range slices.Concat(funcs...) {
			decls = append(decls, f.Decl)
		}
	}
	add(slices.Concat(p.Consts, p.Vars), p.Funcs)
	for _, t := range p.Types {
		decls = append(decls, t.Decl)
		add(slices.Concat(t.Consts, t.Vars), t.Funcs, t.Methods)
	}
	return decls
}
