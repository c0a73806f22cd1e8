package guard_test

import (
	"os/exec"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
)

// A shell reads back the original text, and the quoted text contains only printable characters and newlines.
func TestShell(t *testing.T) {
	t.Parallel()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh")
	}
	var every strings.Builder // every byte, with the newline in the middle
	for c := 1; c < 256; c++ {
		every.WriteByte(byte(c))
	}
	for _, s := range []string{
		"", "plain", "POST /buy", "A&touch$IFS$9x&", "it's", "`id`", "$(id)", `"`, `\`, "--a=b", "=ls", "~", "*", "!!", "-n", "#",
		"two\nlines", "a\tb", "\x1b]0;title\a", "\u202egpj.exe", "\u200b", "\ufffd", "\xff", "é€😀", "\r\n.", every.String(),
	} {
		quoted := guard.Shell(s)
		for _, r := range quoted {
			assert.True(t, unicode.IsPrint(r) || r == '\n', "%q of %q is not printable", r, s)
		}
		got, err := exec.CommandContext(t.Context(), sh, "-c", `for a in `+quoted+`; do printf %s. "$a"; done`).Output()
		require.NoError(t, err, "%q", s)
		assert.Equal(t, s+".", string(got), "%s", quoted)
	}
	assert.Equal(t, "plain/-_.:@,9", guard.Shell("plain/-_.:@,9"))
	assert.Equal(t, "'ab'", guard.Shell("a\x00b"))
}
