package delivery_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
)

// A response prints as readable text that contains no URL.
func TestSender_Post(t *testing.T) {
	t.Parallel()
	const hidden = "s3cret"
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	says := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    string
		ctx     context.Context //nolint:containedctx // the row's own context
	}{
		"taken":       {says(204), "204 No Content", nil},
		"refused":     {says(401), "401 Unauthorized", nil},
		"a wild code": {says(599), "599", nil},
		"redirected": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, "307 Temporary Redirect", nil},
		"hung up": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "connection closed", nil},
		"late": {func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}, "no response in time", nil},
		"interrupted": {func(http.ResponseWriter, *http.Request) {}, "interrupted", ended},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(c.handler)
			t.Cleanup(server.Close)
			timeout := 10 * time.Second
			if name == "late" {
				timeout = 50 * time.Millisecond
			}
			sender := delivery.NewSender(timeout)
			t.Cleanup(sender.Close)
			ctx := c.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			for _, chunked := range []bool{false, true} {
				a := sender.Send(ctx, delivery.Request{
					URL: server.URL + "/?token=" + hidden, Header: delivery.Header(), Body: []byte("{}"), Chunked: chunked,
				})
				assert.Equal(t, c.want, a.String())
				assert.Equal(t, name == "taken", a.OK())
				assert.Equal(t, name == "redirected", a.Redirect())
				assert.Equal(t, name == "late", a.Late())
				assert.Equal(t, name == "hung up", a.Closed())
			}
		})
	}
	a := delivery.NewSender(time.Second).Post(t.Context(), "http://shop.invalid:bad/"+hidden, http.Header{}, nil)
	assert.NotContains(t, a.String(), hidden)
	a = delivery.NewSender(time.Second).Post(t.Context(), "unknown://shop/"+hidden, http.Header{}, nil)
	assert.NotContains(t, a.String(), hidden)
	assert.Contains(t, a.String(), "no response: ")
}

// Durations under 10 ms have one decimal, longer ones have none.
func TestInMS(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0.0 ms", 1234 * time.Microsecond: "1.2 ms", 12 * time.Millisecond: "12 ms", 3 * time.Second: "3000 ms",
	} {
		assert.Equal(t, want, delivery.InMS(d))
	}
}
