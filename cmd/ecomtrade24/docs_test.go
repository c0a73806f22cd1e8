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

var update = flag.Bool("update", false, "regenerate docs/cli.md")

const docsFile = "../../docs/cli.md"

// docsHead is what a person reads first.
const docsHead = `# The command line

` + "`ecomtrade24`" + ` helps you develop and check a shop in any language. It works offline and without a login. To
install it from a clone of this repository, run ` + "`go -C cmd install ./ecomtrade24`" + `.

Start with these five. They read the webhook secret from ` + "`ECOMTRADE24_WEBHOOK_SECRET`" + `; the sandbox's is
` + "`sandbox-secret`" + `.

**[sandbox](#ecomtrade24-sandbox)** runs a fake gateway where no money moves. It prints the settings for your shop. Open
its address to watch calls and webhooks live:

    ecomtrade24 sandbox --webhook-url http://localhost:8080/api/webhook

**[trigger](#ecomtrade24-trigger)** sends your endpoint a signed webhook, or one that it must reject.
**[pay](#ecomtrade24-pay)** changes the status of a session in the sandbox:

    ecomtrade24 trigger paid --order ORDER-10001 --to http://localhost:8080/api/webhook
    ecomtrade24 trigger wrong-secret --to http://localhost:8080/api/webhook
    ecomtrade24 pay 12345 --as decline

**[check](#ecomtrade24-check)** finds mistakes in your webhook endpoint and gateway settings, and says how to fix them:

    ecomtrade24 check --to http://localhost:8080/api/webhook
    ecomtrade24 check --env-file shop.env --create

**[verify](#ecomtrade24-verify)** explains why a webhook's signature does not match:

    ecomtrade24 verify --header 'X-Signature: 5f1c…' body.json

**[drill](#ecomtrade24-drill)** buys from a running shop and checks it for ways to lose money. Give the shop a database
that you can throw away:

    ecomtrade24 drill --shop http://localhost:8080 --webhook /api/webhook \
      --buy 'POST /buy email=buyer@example.com' --order 'GET /orders/{order}' --paid text:Paid

The rest of this page is the reference: the ` + "`--help`" + ` of every command. To regenerate it, run
` + "`go test ./ecomtrade24 -run TestDocs -update`" + ` in ` + "`cmd/`" + `.

`

// commands returns every command that a user can see, the program itself first. It leaves out the shells of completion,
// whose texts are cobra's.
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

// docs/cli.md is current.
func TestDocs_areCurrent(t *testing.T) {
	t.Parallel()
	root := newApp().command()
	root.DisableAutoGenTag = true
	want := bytes.NewBufferString(docsHead)
	for _, cmd := range commands(root) {
		cmd.DisableAutoGenTag = true
		long := cmd.Long
		cmd.Long = "```text\n" + strings.TrimSpace(long) + "\n```" // keeps the line breaks
		if long == "" {
			cmd.Long = ""
		}
		if cmd.Name() == "completion" { // the shells have no section to link to
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
		"regenerate it: go test ./ecomtrade24 -run TestDocs -update")
}

// The examples at the top of docs/cli.md use commands and flags that exist.
func TestDocs_examplesExist(t *testing.T) {
	t.Parallel()
	examples := 0
	for line := range strings.Lines(strings.ReplaceAll(docsHead, "\\\n", "")) {
		args, ok := strings.CutPrefix(line, "    ecomtrade24 ")
		if !ok {
			continue
		}
		examples++
		cmd, rest, err := newApp().command().Find(strings.Fields(args))
		require.NoError(t, err, line)
		for _, arg := range rest {
			if name, ok := strings.CutPrefix(arg, "--"); ok {
				assert.NotNil(t, cmd.Flag(name), line)
			}
		}
	}
	assert.GreaterOrEqual(t, examples, 7)
}

// anchor turns cobra's file name into a link within the page.
func anchor(file string) string {
	return "#" + strings.ReplaceAll(strings.TrimSuffix(file, ".md"), "_", "-")
}

// Every help text fits a terminal of 80 columns.
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
