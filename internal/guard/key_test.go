package guard_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
)

func TestRedactKey(t *testing.T) {
	t.Parallel()
	const key = `sk/live/"A\B"/0123456789`
	take := guard.RedactKey(key)
	for text, want := range map[string]string{
		"":                                    "",
		"x" + key + "y" + key:                 "x[redacted]y[redacted]",
		`x sk\/live\u002F\"A\\B\"/0123456789`: "x [redacted]", // characters escaped in different ways
		`sk/sk/live/\"A\\B\"/0123456789`:      "sk/[redacted]",
		"x sk/live/":                          "x [redacted]",    // the text ends within the key
		`x sk/live/\`:                         "x [redacted]",    // the text ends within an escape
		`x sk\/live\u002`:                     `x sk\/live\u002`, // fewer than eight characters of the key
		"x sk/live/ y":                        "x sk/live/ y",    // the key's beginning, but not at the text's end
		strings.ToUpper(key):                  strings.ToUpper(key),
	} {
		assert.Equal(t, want, take(text), "%q", text)
	}
	assert.Equal(t, "a short one", guard.RedactKey("short")("a short one"), "a short key may be part of other words")
}
