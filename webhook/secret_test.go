package webhook_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// The hints for secrets that can only be mistakes.
const (
	hintTrim    = "trim it"
	hintCopy    = "copy it again"
	hintUnquote = "remove them"
	hintFill    = "put the secret itself in its place"
)

// impossible lists secrets that can only be mistakes, each with its expected hint.
var impossible = map[string]struct{ secret, hint string }{
	"empty":                     {"", "is its environment variable set?"},
	"white space only":          {" \t\n", "is its environment variable set?"},
	"leading space":             {" " + secret, hintTrim},
	"trailing newline":          {secret + "\n", hintTrim}, // the usual result of reading a file
	"no-break space":            {secret + "\u00a0", hintTrim},
	"byte order mark":           {"\ufeff" + secret, hintCopy}, // saved by a Windows editor
	"only a byte order mark":    {"\ufeff", hintCopy},
	"zero-width space":          {secret + "\u200b", hintCopy}, // copied from a web page
	"zero-width joiner":         {secret[:5] + "\u200d" + secret[5:], hintCopy},
	"word joiner":               {secret[:5] + "\u2060" + secret[5:], hintCopy},
	"soft hyphen":               {secret[:5] + "\u00ad" + secret[5:], hintCopy},
	"right-to-left mark":        {secret + "\u200f", hintCopy},
	"variation selector":        {secret + "\ufe0f", hintCopy},
	"Hangul filler":             {secret + "\u3164", hintCopy},
	"no-break space inside":     {secret[:5] + "\u00a0" + secret[5:], hintCopy},
	"line separator inside":     {secret[:5] + "\u2028" + secret[5:], hintCopy},
	"two lines":                 {secret + "\n" + secret, hintCopy},
	"a tab inside":              {secret[:5] + "\t" + secret[5:], hintCopy},
	"a NUL":                     {secret + "\x00", hintCopy},
	"delete":                    {secret + "\x7f", hintCopy},
	"an escape":                 {"\x1b[0m" + secret, hintCopy},    // copied from a colored terminal
	"double quotes":             {`"` + secret + `"`, hintUnquote}, // docker --env-file keeps the quotes
	"single quotes":             {`'` + secret + `'`, hintUnquote},
	"nothing in quotes":         {`""`, hintUnquote},
	"backticks":                 {"`" + secret + "`", hintUnquote},
	"typographic quotes":        {"“" + secret + "”", hintUnquote},
	"single typographic quotes": {"‘" + secret + "’", hintUnquote},
	"German quotes":             {"„" + secret + "“", hintUnquote},
	"guillemets":                {"«" + secret + "»", hintUnquote},
	"quotes, one of which a word processor changed": {"“" + secret + `"`, hintUnquote},
	"a quoted placeholder":                          {`"${WEBHOOK_SECRET}"`, hintUnquote},
	"a shell's or compose's placeholder":            {"${" + secret + "}", hintFill},
	"a GitHub action's":                             {"${{ secrets." + secret + " }}", hintFill},
	"a command's":                                   {"$(" + secret + ")", hintFill},
	"a template's":                                  {"{{ " + secret + " }}", hintFill},
	"an example's":                                  {"<your webhook secret>", hintFill},
	"a Windows batch file's placeholder":            {"%" + secret + "%", hintFill},
	"a release pipeline's":                          {"#{" + secret + "}", hintFill},
	"double brackets":                               {"[[" + secret + "]]", hintFill},
	"a name":                                        {"$ECOMTRADE24_WEBHOOK_SECRET", hintFill},
	"a manual's":                                    {"whsec_…", hintFill},
	"a manual's points":                             {"whsec_...", hintFill},
}

func TestNewVerifier_rejectsMistakenSecrets(t *testing.T) {
	t.Parallel()
	for name, c := range impossible {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := webhook.NewVerifier(c.secret)
			require.ErrorContains(t, err, c.hint)
			require.ErrorContains(t, err, "webhook: new verifier: ")
			assertNotRepeated(t, err, c.secret)

			_, err = webhook.NewVerifier(secret, webhook.WithPreviousSecrets("old", c.secret))
			if c.secret == "" {
				require.NoError(t, err, "expected no previous secret")
				return
			}
			require.ErrorContains(t, err, "previous secret: ")
			require.ErrorContains(t, err, c.hint)
			assertNotRepeated(t, err, c.secret)
		})
	}
}

func assertNotRepeated(t *testing.T, err error, whole string) {
	t.Helper()
	assert.NotContains(t, err.Error(), secret)
	if len(whole) > 2 {
		assert.NotContains(t, err.Error(), whole)
	}
}

// NewVerifier accepts a secret that only looks like a mistake.
func TestNewVerifier_acceptsUnusualSecrets(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{
		`%9asd)kd%`, `<ks92,d>k>`, // could be random secrets

		"s", "a pass phrase of words", "pässwörter-日本語", `it's "quoted" inside`, `'one side`, `other side"`, `"both'`,
		"5%", "%5", "a<b>c", "<open", "close>", "${A}b", "$", "$2y$10$abcdefghijklmnopqrstuv", "$lower", "{one}", "#tag",
		"[x]", "\xff\xfe\x80", "whsec_+/=.-~!@^&*()", "emoji 😀",
	} {
		v, err := webhook.NewVerifier(secret, webhook.WithPreviousSecrets(secret))
		if assert.NoError(t, err, "%q", secret) {
			h := map[string][]string{"X-Signature": {webhook.Sign(secret, []byte(paidEvent))}}
			assert.NoError(t, v.Verify(h, []byte(paidEvent)), "%q", secret)
		}
	}
}

// If only FIPS 140 cryptography is allowed, a short key would cause a panic on each delivery. The mode applies to a
// process, so the test runs itself again in another process.
//
//nolint:paralleltest // the environment belongs to the process
func TestNewVerifier_shortSecretUnderFIPS(t *testing.T) {
	const child = "WEBHOOK_TEST_UNDER_FIPS"
	if os.Getenv(child) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), child+"=1", "GODEBUG=fips140=only")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "--- PASS: "+t.Name())
		return
	}
	const long, short = "a-secret-of-more-than-14-bytes", "whsec-short"
	_, err := webhook.NewVerifier(short)
	require.ErrorContains(t, err, "webhook: new verifier: the secret cannot be used in this program: ")
	require.ErrorContains(t, err, "FIPS")
	require.ErrorContains(t, err, "have the gateway make a longer one")
	assert.NotContains(t, err.Error(), short)

	_, err = webhook.NewVerifier(long, webhook.WithPreviousSecrets(short))
	require.ErrorContains(t, err, "webhook: new verifier: previous secret: the secret cannot be used in this program: ")
	assert.NotContains(t, err.Error(), short)

	v, err := webhook.NewVerifier(long, webhook.WithPreviousSecrets(long+"er"))
	require.NoError(t, err)
	h := map[string][]string{"X-Signature": {webhook.Sign(long+"er", []byte(paidEvent))}}
	require.NoError(t, v.Verify(h, []byte(paidEvent)))
}
