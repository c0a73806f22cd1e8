package ecomtrade24_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	removed = regexp.MustCompile(`[^\p{L}\p{N} _-]`) // characters that a heading's anchor omits
	code    = regexp.MustCompile("(?ms)^```.*?^```|`[^`\n]+`")
)

// anchors returns the link anchors that GitHub creates for a page's headings.
func anchors(page string) map[string]bool {
	found := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(page, -1) {
		kept := removed.ReplaceAllString(strings.ToLower(m[1]), "")
		found[strings.ReplaceAll(kept, " ", "-")] = true
	}
	return found
}

// Every link inside the repository leads to an existing file and heading.
func TestDocs_links(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	pages = append(pages, "README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
	links := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(string(text), ""), -1) {
			target := m[1] + m[2]
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			links++
			file, anchor, _ := strings.Cut(target, "#")
			path := page
			if file != "" {
				path = filepath.Join(filepath.Dir(page), file)
			}
			if _, err := os.Stat(path); !assert.NoError(t, err, "%s: %s", page, target) {
				continue
			}
			if anchor == "" {
				continue
			}
			there, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.True(t, anchors(string(there))[anchor], "%s: %s does not have this heading", page, target)
		}
	}
	assert.Greater(t, links, 80)
}

// The SVG drawings are well-formed, have a dark scheme, and use no font smaller than 11 pixels.
func TestDocs_drawings(t *testing.T) {
	t.Parallel()
	drawings, err := filepath.Glob("docs/pictures/*.svg")
	require.NoError(t, err)
	require.NotEmpty(t, drawings)
	for _, name := range drawings {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		decoder := xml.NewDecoder(bytes.NewReader(text))
		for {
			if _, err = decoder.Token(); err != nil {
				break
			}
		}
		require.ErrorIs(t, err, io.EOF, name)
		assert.Contains(t, string(text), "prefers-color-scheme: dark", name)
		for _, size := range regexp.MustCompile(`font(?:-size)?: (\d+)px`).FindAllStringSubmatch(string(text), -1) {
			pixels, err := strconv.Atoi(size[1])
			require.NoError(t, err)
			assert.GreaterOrEqual(t, pixels, 11, name)
		}
	}
}
