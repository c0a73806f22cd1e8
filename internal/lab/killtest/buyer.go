package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// kind describes what a buyer does, and so determines the expected state of the order.
type kind string

const (
	pays     kind = "pays"
	retries  kind = "is declined, then pays in a second session"
	twice    kind = "pays in two sessions, with two methods"
	gives    kind = "lets the session expire"
	tooLow   kind = "pays too little"
	strange  kind = "has an unknown payment status"
	nobodys  kind = "pays for an order that does not exist"
	testOnly kind = "causes a test webhook that looks like a payment"
)

// kinds returns the kinds in a fixed sequence, with repetitions, so that every run has the same mix.
func kinds() []kind {
	return []kind{
		pays, pays, retries, pays, twice, pays, gives, pays, tooLow, pays, pays, retries, pays, twice, pays, strange,
		pays, nobodys, pays, testOnly,
	}
}

// story is the record of one buyer.
type story struct {
	kind     kind
	order    string
	sessions []string
	before   []string // what the order's page showed before the buyer acted
	after    []string // what the order's page showed afterward
}

// shopAll starts n buyers, perSecond of them each second, and returns when all are done.
func (b *bench) shopAll(ctx context.Context, n, perSecond int) ([]story, error) {
	stories, errs := make([]story, n), make([]error, n)
	door := time.NewTicker(time.Second / time.Duration(perSecond))
	defer door.Stop()
	var inside sync.WaitGroup
	for i := 0; i < n && ctx.Err() == nil; i++ {
		inside.Go(func() {
			v := visitor{bench: b, story: story{kind: kinds()[i%len(kinds())]}}
			if errs[i] = v.shop(ctx); errs[i] != nil {
				errs[i] = fmt.Errorf("buyer %d, who %s: %w", i, v.kind, errs[i])
			}
			stories[i] = v.story
		})
		<-door.C
	}
	inside.Wait()
	return stories, errors.Join(errors.Join(errs...), ctx.Err())
}

// visitor is a buyer with a browser.
type visitor struct {
	*bench
	story

	browser *http.Client
}

func (v *visitor) shop(ctx context.Context) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	v.browser = &http.Client{Jar: jar, Timeout: 30 * time.Second, CheckRedirect: stay}
	if _, err := v.post(ctx, "/basket", url.Values{"product": {"mug"}}); err != nil {
		return err
	}
	if err := v.checkout(ctx, "/orders", url.Values{"email": {"buyer@example.com"}, "method": {"card"}}); err != nil {
		return err
	}
	order := v.order
	looks, err := v.look(ctx, order)
	v.before = append(v.before, looks)
	if err != nil {
		return err
	}
	if err := v.act(ctx); err != nil {
		return err
	}
	for range 3 {
		looks, err := v.look(ctx, order)
		v.after = append(v.after, looks)
		if err != nil {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
	return nil
}

// again plays the buyer's second attempt: it opens another checkout for the same order, and repeats the request while
// the shop still redirects to the old checkout.
func (v *visitor) again(ctx context.Context, method string) error {
	for start := time.Now(); time.Since(start) < time.Minute; {
		n := len(v.sessions)
		if err := v.checkout(ctx, "/orders/"+v.order+"/pay", url.Values{"method": {method}}); err != nil {
			return err
		}
		if v.sessions[n] != v.sessions[n-1] {
			return nil
		}
		v.sessions = v.sessions[:n]
		if err := pause(ctx); err != nil {
			return err
		}
	}
	return errors.New("the shop redirected to the old checkout for a minute")
}

// look opens the order's page and returns its data-looks attribute, or "" for an unknown order.
func (b *bench) look(ctx context.Context, order string) (string, error) {
	page, err := b.try(ctx, b.gateway.HTTPClient(), func() (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, b.proxy.url+"/orders/"+order, nil)
	}, http.StatusOK, http.StatusNotFound)
	_, after, _ := strings.Cut(page.text, `data-looks="`)
	looks, _, _ := strings.Cut(after, `"`)
	return looks, err
}

// checkout posts a form that leads to the gateway's page, and records the session.
func (v *visitor) checkout(ctx context.Context, path string, form url.Values) error {
	to, err := v.post(ctx, path, form)
	if err != nil {
		return err
	}
	u, err := url.Parse(to)
	if err != nil || !strings.HasPrefix(to, v.gateway.URL) {
		return fmt.Errorf("%s leads to %q: %w", path, to, err)
	}
	session := u.Query().Get("session")
	status, err := v.gateway.Client().Status(ctx, session)
	if err != nil {
		return err
	}
	v.order, v.sessions = status.OrderID, append(v.sessions, session)
	return nil
}

// act performs the actions of the buyer's kind.
func (v *visitor) act(ctx context.Context) error {
	const body = `{"session_id":%s,"order_id":%q,"status":%q,"amount":%q,"currency":"USD","test":%t,"txid":"tx-%[1]s"}`
	first := v.sessions[0]
	switch v.kind {
	case pays:
		v.gateway.Pay(first)
	case retries:
		v.gateway.Decline(first)
		if err := v.again(ctx, "card"); err != nil {
			return err
		}
		v.gateway.Pay(v.sessions[1])
	case twice:
		if err := v.again(ctx, "upi"); err != nil {
			return err
		}
		v.gateway.Pay(v.sessions[1])
		v.gateway.Pay(first)
	case gives:
		v.gateway.Expire(first)
	case tooLow:
		return v.deliver(ctx, fmt.Sprintf(body, first, v.order, "paid", "1.00", false))
	case strange:
		return v.deliver(ctx, fmt.Sprintf(body, first, v.order, "frozen", "14.50", false))
	case nobodys:
		v.order = "ORDER-NOBODYS-" + first
		return v.deliver(ctx, fmt.Sprintf(body, first, v.order, "paid", "14.50", false))
	case testOnly:
		return v.deliver(ctx, fmt.Sprintf(body, first, v.order, "paid", "14.50", true))
	}
	return nil
}

// post submits a form until the shop redirects, like a buyer who retries while the shop is down. It returns the
// redirect's target.
func (v *visitor) post(ctx context.Context, path string, form url.Values) (string, error) {
	got, err := v.try(ctx, v.browser, func() (*http.Request, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.proxy.url+path, strings.NewReader(form.Encode()))
		if err == nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		return r, err
	}, http.StatusSeeOther)
	return got.location, err
}

// deliver sends a webhook that the gateway itself would not send, and repeats it until the shop acknowledges it.
func (v *visitor) deliver(ctx context.Context, body string) error {
	_, err := v.try(ctx, v.browser, func() (*http.Request, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.proxy.url+"/api/webhook", bytes.NewReader([]byte(body)))
		if err == nil {
			r.Header.Set("X-Signature", webhook.Sign(v.gateway.WebhookSecret, []byte(body)))
			r.Header.Set(keep, "yes")
		}
		return r, err
	}, http.StatusOK)
	return err
}

// answer is a response's redirect target and body.
type answer struct{ location, text string }

// try repeats a request until the response has one of the statuses in want.
func (b *bench) try(
	ctx context.Context, browser *http.Client, request func() (*http.Request, error), want ...int,
) (answer, error) {
	var got string
	for start := time.Now(); time.Since(start) < time.Minute; {
		r, err := request()
		if err != nil {
			return answer{}, err
		}
		resp, err := browser.Do(r)
		if err == nil {
			text, readErr := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if readErr == nil && slices.Contains(want, resp.StatusCode) {
				return answer{resp.Header.Get("Location"), string(text)}, nil
			}
			got = fmt.Sprintf("%d %.200s", resp.StatusCode, text)
		}
		if err := pause(ctx); err != nil {
			return answer{}, err
		}
	}
	return answer{}, fmt.Errorf("tried for a minute, last response %s", got)
}

func pause(ctx context.Context) error {
	select {
	case <-time.After(100 * time.Millisecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
