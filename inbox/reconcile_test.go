package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// gateway answers Status without a socket, so that time can be a bubble's.
type gateway func(session string) *http.Response

func (g gateway) RoundTrip(r *http.Request) (*http.Response, error) {
	resp := g(r.URL.Query().Get("session_id"))
	resp.Request = r
	return resp, r.Context().Err()
}

func (g gateway) client(t *testing.T) *ecomtrade24.Client {
	t.Helper()
	c, err := ecomtrade24.NewClient("https://gateway.example", "key-1234567890",
		ecomtrade24.WithHTTPClient(&http.Client{Transport: g}), ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{}))
	require.NoError(t, err)
	return c
}

func answer(code int, body string) *http.Response {
	return &http.Response{StatusCode: code, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

func paidAnswer(session string) *http.Response {
	const body = `{"ok":true,"session_id":%[1]s,"order_id":"ORDER-%[1]s","status":"paid","amount":"5.00"}`
	return answer(200, fmt.Sprintf(body, session))
}

func numbers(n int) []string {
	var ids []string
	for i := range n {
		ids = append(ids, strconv.Itoa(i+1))
	}
	return ids
}

func TestInbox_Reconcile_asksFourAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var now, most, asked atomic.Int64
		g := gateway(func(session string) *http.Response {
			asked.Add(1)
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			<-time.After(time.Second)
			now.Add(-1)
			return paidAnswer(session)
		})
		d, start := &database{}, time.Now()
		require.NoError(t, inbox.New(openDatabase(t, d), inbox.SQLite, ignore).
			Reconcile(t.Context(), g.client(t), slices.Values(numbers(20))))
		assert.EqualValues(t, 4, most.Load())
		assert.EqualValues(t, 20, asked.Load())
		assert.Equal(t, 20, d.commits())
		assert.Equal(t, 5*time.Second, time.Since(start))
	})
}

// A Retry-After stops every worker: each can be refused once before it knows, and then nobody asks until it is over.
func TestInbox_Reconcile_retryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start, asked, refused := time.Now(), atomic.Int64{}, atomic.Int64{}
		g := gateway(func(session string) *http.Response {
			if asked.Add(1) > 4 && time.Since(start) < time.Minute {
				refused.Add(1)
				resp := answer(429, `{"ok":false,"error":"rate_limited"}`)
				resp.Header.Set("Retry-After", "60")
				return resp
			}
			<-time.After(time.Second)
			return paidAnswer(session)
		})
		d := &database{}
		box := inbox.New(openDatabase(t, d), inbox.SQLite, ignore)
		require.NoError(t, box.Reconcile(t.Context(), g.client(t), slices.Values(numbers(12))))
		assert.Equal(t, 12, d.commits())
		assert.NotZero(t, refused.Load())
		assert.LessOrEqual(t, refused.Load(), int64(4))
	})
}

func TestInbox_Reconcile_retryAfterBeyondDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gateway(func(string) *http.Response {
			resp := answer(429, `{}`)
			resp.Header.Set("Retry-After", "3600")
			return resp
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		err := inbox.New(openDatabase(t, &database{}), inbox.SQLite, ignore).
			Reconcile(ctx, g.client(t), slices.Values(numbers(3)))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Zero(t, time.Since(start), "waiting could not help")
	})
}

// Every failure is reported with its session, and the rest is applied.
func TestInbox_Reconcile_joinsErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gateway(func(session string) *http.Response {
			switch session {
			case "2":
				return answer(404, `{"ok":false}`)
			case "4":
				return answer(200, `<br /><b>Warning</b>`)
			default:
				return paidAnswer(session)
			}
		})
		d := &database{}
		err := inbox.New(openDatabase(t, d), inbox.SQLite, ignore).
			Reconcile(t.Context(), g.client(t), slices.Values(append(numbers(5), "")))
		require.ErrorIs(t, err, ecomtrade24.ErrNotFound)
		var decode *ecomtrade24.DecodeError
		require.ErrorAs(t, err, &decode)
		for _, text := range []string{`session "2"`, `session "4"`, `session ""`} {
			assert.ErrorContains(t, err, text)
		}
		assert.NotContains(t, err.Error(), `session "1"`)
		assert.Equal(t, 3, d.commits())
	})
}

func TestInbox_Reconcile_endsWithContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		g := gateway(func(session string) *http.Response {
			if session == "7" {
				cancel(errors.New("shutting down"))
			}
			return paidAnswer(session)
		})
		err := inbox.New(openDatabase(t, &database{}), inbox.SQLite, ignore).
			Reconcile(ctx, g.client(t), slices.Values(numbers(1000)))
		require.ErrorIs(t, err, context.Canceled)
		assert.ErrorContains(t, err, "sessions left")
	})
}

// What is not final is the gateway's next webhook to tell, and a test is nothing at all.
func TestInbox_Reconcile_appliesFinalStatusesOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for body, commits := range map[string]int{
			`{"order_id":"A","status":"pending"}`:          0,
			`{"order_id":"A","status":"invented"}`:         0,
			`{"order_id":"A","status":"test"}`:             0,
			`{"order_id":"A","status":"paid","test":true}`: 0,
			`{"order_id":"A","status":"expired"}`:          1,
			`{"order_id":"A","status":"paid"}`:             1,
		} {
			d, g := &database{}, gateway(func(string) *http.Response { return answer(200, body) })
			require.NoError(t, inbox.New(openDatabase(t, d), inbox.SQLite, ignore).
				Reconcile(t.Context(), g.client(t), slices.Values(numbers(1))), body)
			assert.Equal(t, commits, d.commits(), body)
		}
	})
}

func TestInbox_Reconcile_panickingFunc(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &database{}
		box := inbox.New(openDatabase(t, d), inbox.SQLite, panics)
		err := box.Reconcile(t.Context(), gateway(paidAnswer).client(t), slices.Values(numbers(2)))
		assert.ErrorContains(t, err, `session "1"`)
		assert.ErrorContains(t, err, `session "2"`)
		assert.Zero(t, d.commits())
	})
}

// A transport of the merchant's that panics costs its session, not the process.
func TestInbox_Reconcile_panickingTransport(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &database{}
		g := gateway(func(session string) *http.Response {
			if session == "2" {
				panic("nil map")
			}
			return paidAnswer(session)
		})
		err := inbox.New(openDatabase(t, d), inbox.SQLite, ignore).
			Reconcile(t.Context(), g.client(t), slices.Values(numbers(3)))
		require.ErrorContains(t, err, `session "2"`)
		assert.Equal(t, 2, d.commits())
	})
}
