package main

import (
	"bytes"
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write docs/cli.md anew")

const docsFile = "../../docs/cli.md"

const docsHead = `# The command line

What ` + "`ecomtrade24 help`" + ` says of each command. This page is generated:
` + "`go test ./ecomtrade24 -run TestDocs -update`" + ` in ` + "`cmd/`" + ` writes it anew.

`

// commands are all that a user can see, the program itself first, and without the shells of completion, whose words are
// cobra's own.
func commands(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	if cmd.Name() == "completion" {
		return all
	}
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() && child.Name() != "help" {
			all = append(all, commands(child)...)
		}
	}
	return all
}

func newApp() *app {
	a := &app{in: strings.NewReader(""), getenv: func(string) string { return "" }}
	a.out, a.err = terminal{a, io.Discard}, terminal{a, io.Discard}
	return a
}

// docs/cli.md is what the commands' own help says.
func TestDocs_areCurrent(t *testing.T) {
	t.Parallel()
	root := newApp().command()
	root.DisableAutoGenTag = true
	want := bytes.NewBufferString(docsHead)
	for _, cmd := range commands(root) {
		cmd.DisableAutoGenTag = true
		long := cmd.Long
		cmd.Long = "```text\n" + strings.TrimSpace(long) + "\n```" // it is laid out by hand
		if long == "" {
			cmd.Long = ""
		}
		if cmd.Name() == "completion" { // whose shells have no section to link to
			for _, shell := range cmd.Commands() {
				shell.Hidden = true
			}
		}
		require.NoError(t, doc.GenMarkdownCustom(cmd, want, anchor))
	}
	if *update {
		require.NoError(t, os.WriteFile(docsFile, want.Bytes(), 0o600))
	}
	got, err := os.ReadFile(docsFile)
	require.NoError(t, err)
	assert.Empty(t, cmp.Diff(strings.Split(want.String(), "\n"), strings.Split(string(got), "\n")),
		"write it anew: go test ./ecomtrade24 -run TestDocs -update")
}

// anchor turns the name of a file of cobra's into a link within the page.
func anchor(file string) string {
	return "#" + strings.ReplaceAll(strings.TrimSuffix(file, ".md"), "_", "-")
}

// A terminal of 80 columns shows every help text as it was laid out.
func TestHelp_fitsATerminal(t *testing.T) {
	t.Parallel()
	for _, cmd := range commands(newApp().command()) {
		var help bytes.Buffer
		cmd.SetOut(&help)
		require.NoError(t, cmd.Help())
		require.NotEmpty(t, cmd.Short, cmd.CommandPath())
		for line := range strings.Lines(strings.ReplaceAll(help.String(), "\t", "        ")) {
			assert.LessOrEqual(t, len([]rune(strings.TrimSuffix(line, "\n"))), 80, "%s: %s", cmd.CommandPath(), line)
		}
	}
}
