package main

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
)

const testSecret = "whsec_4f1d0c7a9be2"

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ecomtrade24": main})
}

// TestScript runs the program from the command line. testdata/script has a file for each command.
func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		Setup:         setup,
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits, "zeros": zeros, "diagnosis": diagnosis, "verifyfile": verifyFile,
			"endpoint": endpoint, "background": background, "awaits": awaits, "ends": ends, "press": press,
			"jsonlines": jsonLines, "tlsgateway": tlsGateway, "oversized": oversized, "breaksoff": breaksOff,
		},
	})
}

// setup creates files that txtar cannot hold: with CRLF, with a BOM, or without a line break at the end.
func setup(env *testscript.Env) error {
	env.Setenv(envWebhookSecret, testSecret)
	env.Setenv("GORACE", "atexit_sleep_ms=0") // otherwise the race detector makes every program exit a second late
	for _, e := range []struct {
		from, to string
		edit     func(content string) string
	}{
		{"lines.json", "crlf.json", func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }},
		{"newline.json", "bom.json", func(s string) string { return "\xef\xbb\xbf" + unended(s) }},
		{"body.json", "body.json", unended},
		{"slashes.json", "slashes.json", unended},
		{"letters.json", "letters.json", unended},
		{"sorted.json", "sorted.json", unended},
		{"other.json", "other.json", unended},
	} {
		content, err := os.ReadFile(env.WorkDir + "/" + e.from)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(env.WorkDir+"/"+e.to, []byte(e.edit(string(content))), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func unended(s string) string { return strings.TrimSuffix(s, "\n") }

// exits CODE COMMAND [ARG...] runs the command and requires this exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if err != nil {
		failed, ok := err.(*exec.ExitError) //nolint:errorlint // the error is not wrapped
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = failed.ExitCode()
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("got exit code %d, expected %s", code, args[0])
	}
}

// zeros N FILE writes N zero bytes to the file.
func zeros(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), make([]byte, n), 0o600))
}

// diagnosis [FLAG...] SIGNED HAVE signs the file SIGNED and verifies the file HAVE with that signature. The flags set
// the signature's format (--prefix, --upper), the header's name (--as), text before the signature (--before), the
// secrets (--signed-with, --with) and the output (--json).
func diagnosis(ts *testscript.TestScript, neg bool, args []string) {
	form, verify := delivery.Format{}, []string{"verify"}
	texts := map[string]string{
		"--as": "X-Signature", "--before": "", "--with": testSecret, "--signed-with": testSecret,
	}
	for ; strings.HasPrefix(args[0], "--"); args = args[1:] {
		flag, value, _ := strings.Cut(args[0], "=")
		switch flag {
		case "--json":
			verify = append(verify, flag)
		case "--prefix":
			form.Prefix = true
		case "--upper":
			form.Upper = true
		default:
			texts[flag] = strings.NewReplacer(`\n`, "\n", `\x1b`, "\x1b").Replace(value)
		}
	}
	value := form.Sign(texts["--signed-with"], []byte(ts.ReadFile(args[0])))
	ts.Setenv(envWebhookSecret, texts["--with"])
	defer ts.Setenv(envWebhookSecret, testSecret)
	program(ts, neg, append(verify, "--header", texts["--as"]+": "+texts["--before"]+value, args[1])...)
}

// verifyFile HEADERFILE ARG... runs verify with the header line in the file.
func verifyFile(ts *testscript.TestScript, neg bool, args []string) {
	program(ts, neg, append([]string{"verify", "--header", strings.TrimSpace(ts.ReadFile(args[0]))}, args[1:]...)...)
}

// program runs ecomtrade24 and requires exit code 0, or exit code 1 if neg is true.
func program(ts *testscript.TestScript, neg bool, args ...string) {
	want := "0"
	if neg {
		want = "1"
	}
	exits(ts, false, append([]string{want, "ecomtrade24"}, args...))
}
