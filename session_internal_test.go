package ecomtrade24

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// plainURL may accept only text that url.Parse accepts. The test tries every string of up to four characters from an
// alphabet: one character of each kind that plainURL accepts, and the characters that separate the parts of a URL.
func TestPlainURL_agreesWithTheParser(t *testing.T) {
	t.Parallel()
	const alphabet = "aZ0./-_?=&:@#%[] \\\x00\xff"
	plain := 0
	var try func(rest string)
	try = func(rest string) {
		if plainURL(rest) {
			plain++
			u, err := url.Parse("https://" + rest)
			require.NoError(t, err, rest)
			require.NotEmpty(t, u.Hostname(), rest)
			require.Nil(t, u.User, rest)
		}
		for i := 0; len(rest) < 4 && i < len(alphabet); i++ {
			try(rest + alphabet[i:i+1])
		}
	}
	try("")
	assert.Equal(t, 3*(1+10+100+1000), plain, "expected a letter or digit, then any of the ten accepted characters")
	assert.False(t, plainURL(""))
}
