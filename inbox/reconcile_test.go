package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
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
		d, start := &database{expected: numbers(20)}, time.Now()
		require.NoError(t, inbox.New(openDatabase(t, d), inbox.SQLite, ignore).
			Reconcile(t.Context(), g.client(t)))
		assert.EqualValues(t, 4, most.Load())
		assert.EqualValues(t, 20, asked.Load())
		assert.Equal(t, 20, d.commits())
		assert.Equal(t, 19*time.Second/4+time.Second, time.Since(start))
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
		d := &database{expected: numbers(12)}
		box := inbox.New(openDatabase(t, d), inbox.SQLite, ignore)
		require.ErrorIs(t, box.Reconcile(t.Context(), g.client(t)), ecomtrade24.ErrRateLimited)
		assert.Equal(t, 12, d.commits(), "what was refused is asked again")
		assert.NotZero(t, refused.Load())
		assert.LessOrEqual(t, refused.Load(), int64(4))
	})
}

// A Retry-After outlives the call: the next one does not ask either, and what was refused still comes first.
func TestInbox_Reconcile_retryAfterBeyondDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		g := gateway(func(session string) *http.Response {
			if asked = append(asked, session); len(asked) > 1 {
				return paidAnswer(session)
			}
			resp := answer(429, `{}`)
			resp.Header.Set("Retry-After", "3600")
			return resp
		})
		d := &database{expected: numbers(3)}
		box := inbox.New(openDatabase(t, d), inbox.SQLite, ignore)
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			err := box.Reconcile(ctx, g.client(t))
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorContains(t, err, "the gateway asks to wait")
			<-time.After(time.Minute)
		}
		assert.Equal(t, []string{"1"}, asked)
		<-time.After(time.Hour)
		require.NoError(t, box.Reconcile(t.Context(), g.client(t)))
		assert.Equal(t, []string{"1", "1", "2", "3"}, asked)
	})
}

// The gateway takes 60 requests a minute, and the buyers need 20 of them. They are refused now and then while Reconcile
// learns its pace, and hardly ever after that.
func TestInbox_Reconcile_leavesTheBuyersTheirShare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start, used, minute, asked := time.Now(), 0, -1, atomic.Int64{}
		var mu sync.Mutex
		take := func() (left time.Duration, ok bool) {
			mu.Lock()
			defer mu.Unlock()
			if now := int(time.Since(start) / time.Minute); now != minute {
				minute, used = now, 0
			}
			used++
			return time.Minute - time.Since(start)%time.Minute, used <= 60
		}
		g := gateway(func(string) *http.Response {
			left, ok := take()
			if ok {
				asked.Add(1)
				return answer(200, `{"ok":true,"order_id":"A","status":"pending"}`)
			}
			resp := answer(429, `{}`)
			resp.Header.Set("Retry-After", strconv.Itoa(int(left/time.Second)+1))
			return resp
		})
		d := &database{expected: numbers(100_000)}
		box := inbox.New(openDatabase(t, d), inbox.SQLite, ignore)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		go func() { _ = box.Reconcile(ctx, g.client(t)) }()
		refused, bought := 0, 0
		for range 20 * 60 {
			<-time.After(3 * time.Second)
			bought++
			if _, ok := take(); !ok {
				refused++
			}
		}
		cancel()
		synctest.Wait()
		t.Logf("%d of %d buyers were refused, %d questions were answered", refused, bought, asked.Load())
		assert.Less(t, refused, bought/10)
		assert.Greater(t, asked.Load(), int64(1000))
	})
}

// A refused key is refused for every session.
func TestInbox_Reconcile_stopsAtRefusedKey(t *testing.T) {
	t.Parallel()
	for _, status := range []int{401, 403} {
		synctest.Test(t, func(t *testing.T) {
			var asked atomic.Int64
			g := gateway(func(string) *http.Response {
				asked.Add(1)
				return answer(status, `{"ok":false}`)
			})
			d := &database{expected: numbers(100)}
			err := inbox.New(openDatabase(t, d), inbox.SQLite, ignore).Reconcile(t.Context(), g.client(t))
			require.ErrorIs(t, err, ecomtrade24.ErrUnauthorized)
			assert.EqualValues(t, 1, asked.Load())
		})
	}
}

// Every failure is reported with its session, up to a number, and the rest is applied.
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
		d := &database{expected: numbers(5)}
		err := inbox.New(openDatabase(t, d), inbox.SQLite, ignore).Reconcile(t.Context(), g.client(t))
		require.ErrorIs(t, err, ecomtrade24.ErrNotFound)
		var decode *ecomtrade24.DecodeError
		require.ErrorAs(t, err, &decode)
		for _, text := range []string{`session "2"`, `session "4"`} {
			assert.ErrorContains(t, err, text)
		}
		assert.NotContains(t, err.Error(), `session "1"`)
		assert.Equal(t, 3, d.commits())
	})
}

func TestInbox_Reconcile_boundsItsErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gateway(func(string) *http.Response { return answer(404, `{"ok":false}`) })
		err := inbox.New(openDatabase(t, &database{expected: numbers(100)}), inbox.SQLite, ignore).
			Reconcile(t.Context(), g.client(t))
		assert.ErrorContains(t, err, "90 more failed")
		assert.Equal(t, 10, strings.Count(err.Error(), `session "`))
	})
}

// The end of ctx is the usual end of a call, and no error. What was not asked is still due.
func TestInbox_Reconcile_endsWithContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2100*time.Millisecond)
		defer cancel()
		d := &database{expected: numbers(10)}
		require.NoError(t, inbox.New(openDatabase(t, d), inbox.SQLite, ignore).
			Reconcile(ctx, gateway(paidAnswer).client(t)))
		assert.Len(t, d.asked, 9, "%v", d.asked)
	})
}

func TestInbox_Reconcile_nothingToAsk(t *testing.T) {
	t.Parallel()
	box := inbox.New(openDatabase(t, &database{}), inbox.SQLite, ignore)
	require.NoError(t, box.Reconcile(t.Context(), gateway(paidAnswer).client(t)))
	require.Error(t, box.Reconcile(t.Context(), nil))
}

func TestInbox_Reconcile_brokenDatabase(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	for step := range 2 { // to read what is due, to mark it
		d := &database{expected: numbers(3), fail: func(n int) error {
			if n == step {
				return broken
			}
			return nil
		}}
		err := inbox.New(openDatabase(t, d), inbox.SQLite, ignore).Reconcile(t.Context(), gateway(paidAnswer).client(t))
		require.ErrorIs(t, err, broken)
	}
}

func TestInbox_Expect(t *testing.T) {
	t.Parallel()
	db := openDatabase(t, &database{})
	box := inbox.New(db, inbox.SQLite, ignore)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, box.Expect(t.Context(), tx, "1", "A"))
	require.Error(t, box.Expect(t.Context(), nil, "1", "A"))
	for _, ids := range [][2]string{{"", "A"}, {"1", ""}, {strings.Repeat("1", 192), "A"}, {"1\x00", "A"}} {
		require.Error(t, box.Expect(t.Context(), tx, ids[0], ids[1]))
	}
	require.NoError(t, tx.Rollback())
}

// Whatever the gateway says of a session is applied, but for a test, which is nothing at all.
func TestInbox_Reconcile_applies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for body, commits := range map[string]int{
			`{"order_id":"A","status":"pending"}`:          1,
			`{"order_id":"A","status":"invented"}`:         1,
			`{"order_id":"A","status":"test"}`:             0,
			`{"order_id":"A","status":"paid","test":true}`: 0,
			`{"order_id":"A","status":"expired"}`:          1,
			`{"order_id":"A","status":"paid"}`:             1,
		} {
			d, g := &database{expected: numbers(1)}, gateway(func(string) *http.Response { return answer(200, body) })
			require.NoError(t, inbox.New(openDatabase(t, d), inbox.SQLite, ignore).
				Reconcile(t.Context(), g.client(t)), body)
			assert.Equal(t, commits, d.commits(), body)
		}
	})
}

func TestInbox_Reconcile_panickingFunc(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &database{expected: numbers(2)}
		box := inbox.New(openDatabase(t, d), inbox.SQLite, panics)
		err := box.Reconcile(t.Context(), gateway(paidAnswer).client(t))
		assert.ErrorContains(t, err, `session "1"`)
		assert.ErrorContains(t, err, `session "2"`)
		assert.Zero(t, d.commits())
	})
}

// A transport of the merchant's that panics costs its session, not the process.
func TestInbox_Reconcile_panickingTransport(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &database{expected: numbers(3)}
		g := gateway(func(session string) *http.Response {
			if session == "2" {
				panic("nil map")
			}
			return paidAnswer(session)
		})
		err := inbox.New(openDatabase(t, d), inbox.SQLite, ignore).Reconcile(t.Context(), g.client(t))
		require.ErrorContains(t, err, `session "2"`)
		assert.Equal(t, 2, d.commits())
	})
}
