package bench_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// unsent is a transport that reads the request and responds immediately, without a connection.
type unsent struct{}

func (unsent) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(sessionAnswer)), ContentLength: int64(len(sessionAnswer)),
	}, r.Body.Close()
}

// BenchmarkUnsent measures CreateSession, and the equivalent net/http code, without net/http's transport.
func BenchmarkUnsent(b *testing.B) {
	const url = "http://127.0.0.1"
	client := &http.Client{Transport: unsent{}}
	for _, s := range []sender{{name: "net-http-timeout", create: timedSender}, {name: "ecomtrade24", create: sdkSender}} {
		create := s.create(b, url, client)
		b.Run("lib="+s.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				id, err := create(b.Context())
				if err != nil || id != "12345" {
					require.NoError(b, err)
				}
			}
		})
	}
}
