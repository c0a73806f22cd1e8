package callback_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/callback"
)

func recovered(value any) (err error) {
	defer func() { err = callback.PanicError(recover()) }()
	panic(value)
}

func TestPanicError(t *testing.T) {
	t.Parallel()
	cause := errors.New("no such row")
	require.ErrorContains(t, recovered(cause), "panic: no such row\n")
	require.NotErrorIs(t, recovered(cause), cause, "otherwise a panic with webhook.Discard would get a 200")
	require.ErrorContains(t, recovered("boom"), "panic: boom\n")
	require.ErrorContains(t, recovered("boom"), "panic_test.go", "the panic's stack")

	err := recovered(&ecomtrade24.Event{Raw: []byte(`MARKER`), MerchantID: "MARKER"})
	require.ErrorContains(t, err, "panic: a value of type *ecomtrade24.Event")
	assert.NotContains(t, err.Error(), "MARKER", "an event's body must not be logged")
}
