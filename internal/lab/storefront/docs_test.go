package storefront_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	codeLink = regexp.MustCompile("\\[`(\\w+)`\\]\\(../examples/storefront/(\\w+\\.go)\\)")
	fileLink = regexp.MustCompile(`\]\(([\w./-]+)\)`)
)

const folder = "../../../examples/storefront"

// All links in docs/going-live.md lead to something that exists.
func TestGoingLive(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/going-live.md")
	require.NoError(t, err)
	links := codeLink.FindAllStringSubmatch(string(page), -1)
	require.Greater(t, len(links), 20)
	for _, link := range links {
		assert.Contains(t, declared(t, link[2]), link[1], link[2])
	}
	for _, link := range fileLink.FindAllStringSubmatch(string(page), -1) {
		_, err := os.Stat(filepath.Join("../../../docs", link[1]))
		assert.NoError(t, err)
	}
}

// declared returns a file's top-level functions and types.
func declared(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, file), nil, 0)
	require.NoError(t, err)
	var names []string
	for _, d := range parsed.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			names = append(names, d.Name.Name)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if s, ok := spec.(*ast.TypeSpec); ok {
					names = append(names, s.Name.Name)
				}
			}
		}
	}
	return names
}
