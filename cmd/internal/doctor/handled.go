package doctor

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
)

// repetition posts one signed test twice in a row, and a second test twice at the same time.
func (v *visit) repetition(ctx context.Context) Finding {
	body := v.spelling(v.event(""))
	v.post(ctx, body) // an earlier check has shown that the endpoint accepts signed tests
	again := v.post(ctx, body)
	if f, found := repeated(again, "again"); found {
		return f
	}
	body = v.spelling(v.event(""))
	var answers [2]delivery.Response
	var both sync.WaitGroup
	for i := range answers {
		both.Go(func() { answers[i] = v.post(ctx, body) })
	}
	both.Wait()
	for _, r := range answers {
		if f, found := repeated(r, "twice at the same time"); found {
			return f
		}
	}
	return ok(again, "accepts the same test again, and twice at the same time")
}

func repeated(r delivery.Response, how string) (Finding, bool) {
	f, found := broken(r)
	if !found && !r.OK() {
		return failed(FailsRepetition, r, "responds with %s to the same test %s", r, how), true
	}
	return f, found
}

// garbage is the check that posts signed bodies that are not events.
func (v *visit) garbage(ctx context.Context) Finding {
	whole := v.spelling(v.event(""))
	var r delivery.Response
	for _, g := range []struct {
		what string
		body []byte
	}{
		{"truncated JSON", whole[:len(whole)/2]},
		{"an HTML page", []byte("<html><body>502 Bad Gateway</body></html>")},
	} {
		r = v.post(ctx, g.body)
		if f, found := broken(r); found {
			return f
		}
		if r.OK() {
			return failed(AcceptsMalformed, r, "responds with %s to a signed malformed body (%s)", r, g.what)
		}
	}
	return ok(r, fmt.Sprintf("rejects signed malformed bodies with %s", r))
}

const (
	overLimit = 65 << 10 // a little larger than any webhook
	huge      = 4 << 20
)

// large is the check that posts signed tests that are too large, with and without Content-Length.
func (v *visit) large(ctx context.Context) Finding {
	r := v.post(ctx, v.padded(overLimit))
	if r.OK() {
		if more := v.post(ctx, v.padded(huge)); more.OK() {
			return failed(NoLimit, more, "accepts 65 KiB and 4 MiB: there seems to be no limit")
		}
		return failed(HighLimit, r, "accepts a body of 65 KiB: %s", r)
	}
	if f := tooLarge(r); f.Result != OK {
		return f
	}
	body := v.padded(overLimit)
	if chunked := v.Sender.Send(ctx, delivery.Request{
		URL: v.URL, Header: v.signature(body), Body: body, Chunked: true,
	}); chunked.OK() {
		return failed(LengthOnly, chunked, "accepts 65 KiB without a Content-Length")
	}
	return tooLarge(r)
}

// tooLarge passes if the response is 413 or the server closes the connection, as some servers do.
func tooLarge(r delivery.Response) Finding {
	switch {
	case r.Status == http.StatusRequestEntityTooLarge:
		return ok(r, "rejects 65 KiB with 413")
	case r.Closed():
		return ok(r, "disconnects at 65 KiB: probably a limit, although a crash looks the same")
	}
	if f, found := broken(r); found {
		return f
	}
	return failed(Not413, r, "responds with %s to 65 KiB instead of 413", r)
}

// padded returns a test event of size bytes.
func (v *visit) padded(size int) []byte {
	room := size - len(v.spelling(v.event(`,"note":""`)))
	return v.spelling(v.event(`,"note":"` + strings.Repeat("x", room) + `"`))
}
