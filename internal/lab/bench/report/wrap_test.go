package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	words := func(n int) string { return strings.TrimSpace(strings.Repeat("0123456789- ", n)) } // ten are 119 columns
	for text, want := range map[string]string{
		"a\nb  c\n\nd\n":              "a b c\n\nd\n",
		"# A\nb\nc\n# D\n":            "# A\nb c\n# D\n",
		"- a\n  b\n- c\n":             "- a b\n- c\n",
		"a\n```\nb\n\nc\n```\nd\ne\n": "a\n```\nb\n\nc\n```\nd e\n",
		"| a |\n|---|\n| b |\nc\nd\n": "| a |\n|---|\n| b |\nc d\n",
		"![a](b)\nc\n":                "![a](b)\nc\n",
		words(21) + "\n":              words(10) + "\n" + words(10) + "\n" + words(1) + "\n",
		"- " + words(19) + "\n":       "- " + words(9) + "\n  " + words(9) + "\n  " + words(1) + "\n",
	} {
		assert.Equal(t, want, wrap(text))
	}
}
