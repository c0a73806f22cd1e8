package sandbox

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// The only URLs to which a buyer is sent are absolute http and https URLs.
func TestSession_back(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"javascript:alert(1)", "data:text/html,x", "//elsewhere.example", "/", "ftp://a.example", "",
	} {
		s := &session{request: ecomtrade24.SessionParams{ReturnURL: bad, CancelURL: bad}}
		assert.Empty(t, s.back(ecomtrade24.StatusPaid), bad)
		assert.Empty(t, s.back(ecomtrade24.StatusCancelled), bad)
	}
	s := &session{request: ecomtrade24.SessionParams{
		ReturnURL: "https://a.example/thanks", CancelURL: "http://a.example/cart",
	}}
	assert.Equal(t, "https://a.example/thanks", s.back(ecomtrade24.StatusFailed))
	assert.Equal(t, "http://a.example/cart", s.back(ecomtrade24.StatusExpired))
}
