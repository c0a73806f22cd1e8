package guard_test

import (
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"

	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
)

func TestText(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"":                    "",
		"Größe: 5 €\n\tläuft": "Größe: 5 €\n\tläuft",
		"\x1b[31mred\r":       `\u001b[31mred\u000d`,
		"\u202egpj.exe":       `\u202egpj.exe`,
		"a\u200bb\u00a0c":     `a\u200bb\u00a0c`,
		"\u0085\x7f\x00":      `\u0085\u007f\u0000`,
		"\U000e0041":          `\U000e0041`,
		"\xff\ufffd":          `\xff\ufffd`,
	} {
		assert.Equal(t, want, guard.Text(s))
	}
	for r := range unicode.MaxRune {
		for _, shown := range guard.Text(string(r)) {
			if !unicode.IsPrint(shown) && shown != '\n' && shown != '\t' {
				t.Errorf("%U is shown as %U", r, shown)
			}
		}
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `a\nb\tc`, guard.Line("a\nb\tc", 20))
	assert.Equal(t, "äöü", guard.Line("äöü", 3))
	assert.Equal(t, "äö…", guard.Line("äöüß", 3))
	assert.Empty(t, guard.Line("", 3))
}

func TestURL(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "https://shop.example:84/hook/a%2Fb", guard.URL("https://u:p@shop.example:84/hook/a%2Fb?token=1#x"))
	assert.Equal(t, "?", guard.URL("http://u:p%@shop.example"))
}
