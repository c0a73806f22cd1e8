package doctor

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
)

// repetition posts the same signed test again, and another twice at the same time.
func (v *visit) repetition(ctx context.Context) Finding {
	body := v.spelling(v.event(""))
	v.post(ctx, body) // that a first one is taken is known
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
	return ok(again, "takes the same test again, and twice at the same time")
}

func repeated(r delivery.Response, how string) (Finding, bool) {
	f, found := broken(r)
	if !found && !r.OK() {
		return failed(FailsRepetition, r, "answers %s to the same test %s", r, how), true
	}
	return f, found
}

// garbage posts what is signed and is no event.
func (v *visit) garbage(ctx context.Context) Finding {
	whole := v.spelling(v.event(""))
	var r delivery.Response
	for _, g := range []struct {
		what string
		body []byte
	}{
		{"JSON cut short", whole[:len(whole)/2]},
		{"an HTML page", []byte("<html><body>502 Bad Gateway</body></html>")},
	} {
		r = v.post(ctx, g.body)
		if f, found := broken(r); found {
			return f
		}
		if r.OK() {
			return failed(TakesGarbage, r, "answers %s to signed garbage (%s)", r, g.what)
		}
	}
	return ok(r, fmt.Sprintf("refuses signed garbage with %s", r))
}

const (
	overLimit = 65 << 10 // a little more than any webhook has
	huge      = 4 << 20
)

// large posts signed tests that are too large, telling so beforehand and not.
func (v *visit) large(ctx context.Context) Finding {
	r := v.post(ctx, v.padded(overLimit))
	if r.OK() {
		if more := v.post(ctx, v.padded(huge)); more.OK() {
			return failed(NoLimit, more, "takes 65 KiB and 4 MiB: no limit is to be seen")
		}
		return failed(HighLimit, r, "takes a body of 65 KiB, with %s", r)
	}
	if f := tooLarge(r); f.Result != OK {
		return f
	}
	body := v.padded(overLimit)
	if chunked := v.Sender.Send(ctx, delivery.Request{
		URL: v.URL, Header: v.signature(body), Body: body, Chunked: true,
	}); chunked.OK() {
		return failed(LengthOnly, chunked, "takes 65 KiB where no Content-Length tells so beforehand")
	}
	return tooLarge(r)
}

// tooLarge is right if the response is 413. Some servers close the connection instead.
func tooLarge(r delivery.Response) Finding {
	switch {
	case r.Status == http.StatusRequestEntityTooLarge:
		return ok(r, "refuses 65 KiB with 413")
	case r.Closed():
		return ok(r, "hangs up at 65 KiB: taken for a limit, though a crash looks the same")
	}
	if f, found := broken(r); found {
		return f
	}
	return failed(Not413, r, "answers %s to 65 KiB instead of 413", r)
}

// padded is a signed test of that size.
func (v *visit) padded(size int) []byte {
	room := size - len(v.spelling(v.event(`,"note":""`)))
	return v.spelling(v.event(`,"note":"` + strings.Repeat("x", room) + `"`))
}
