package delivery_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// A verifier accepts each format, and Upper decides the case of the hex digits.
func TestFormat_Sign(t *testing.T) {
	t.Parallel()
	const secret, body = "secret-0123456789", `{"a":1}`
	v, err := webhook.NewVerifier(secret)
	require.NoError(t, err)
	for _, name := range webhook.SignatureHeaders() {
		for f, want := range map[delivery.Format]string{
			{Header: name}:                            "^[0-9a-f]{64}$",
			{Header: name, Upper: true}:               "^[0-9A-F]{64}$",
			{Header: name, Prefix: true}:              "^sha256=[0-9a-f]{64}$",
			{Header: name, Prefix: true, Upper: true}: "^sha256=[0-9A-F]{64}$",
		} {
			value := f.Sign(secret, []byte(body))
			assert.Regexp(t, want, value)
			require.NoError(t, v.Verify(http.Header{name: {value}}, []byte(body)), name)
		}
	}
}
