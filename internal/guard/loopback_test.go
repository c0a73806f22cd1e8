package guard_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
)

func TestLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"127.0.0.1": true, "127.8.9.1": true, "::1": true, "::ffff:127.0.0.1": true, "localhost": true, "LocalHost": true,
		"0.0.0.0": false, "10.0.0.1": false, "localhost.shop.example": false, "shop.localhost": false, "127.1": false,
		"::ffff:10.0.0.1": false, "": false, "localho\u017ft": false, "2130706433": false,
	} {
		assert.Equal(t, want, guard.Loopback(host), host)
	}
}
