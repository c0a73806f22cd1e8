package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// function is the type of a merchant's function.
type function = func(context.Context, *ecomtrade24.Event) error

// delivered is a delivery to a Handler, and its expected result.
type delivered struct {
	handle function // the merchant's function; nil if it must not run
	opts   []webhook.HandlerOption
	header http.Header
	body   string
	change func(r *http.Request) // changes the request into one that Deliver cannot receive

	status          int
	outcome, reason string
	err             string // a pattern for the error's first line; empty for no error
	changes         []string
}

// runs returns a genuine delivery that reaches the merchant's function.
func runs(handle function, status int, outcome, err string, changes ...string) delivered {
	return delivered{
		handle: handle, header: signed(paidEvent), body: paidEvent, status: status, outcome: outcome, err: err,
		changes: changes,
	}
}

// rejects returns a delivery that does not reach the merchant's function.
func rejects(header http.Header, body string, status int, reason, err string, opts ...webhook.HandlerOption) delivered {
	return delivered{
		header: header, body: body, opts: opts, status: status, outcome: "rejected", reason: reason, err: "webhook: " + err,
	}
}

// rejectsRequest returns a signed request that a change makes unacceptable.
func rejectsRequest(change func(r *http.Request), status int, reason, err string) delivered {
	row := rejects(signed(paidEvent), paidEvent, status, reason, err)
	row.change = change
	return row
}

// results returns deliveries that the merchant's function handles.
func results() map[string]delivered {
	failure := errors.New("the database is down")
	down := failure.Error()
	nilOrder := func(context.Context, *ecomtrade24.Event) error {
		var order *ecomtrade24.Order
		return errors.New(order.ID)
	}
	slow := func(context.Context, *ecomtrade24.Event) error {
		<-time.After(3 * time.Second)
		return nil
	}
	lowerCase := runs(handled, 200, "handled", "")
	lowerCase.header = http.Header{"x-signature": {good}}
	joined := runs(handled, 200, "handled", "")
	joined.header = http.Header{"X-Signature": {wrong + ", " + good}}
	exactly := runs(handled, 200, "handled", "")
	exactly.opts = []webhook.HandlerOption{webhook.WithMaxBody(int64(len(paidEvent)))}
	return map[string]delivered{
		"nil":                                  runs(handled, 200, "handled", ""),
		"a header whose name is in lower case": lowerCase,
		"two signatures joined with a comma":   joined,
		"exactly WithMaxBody":                  exactly,
		"slow":                                 runs(slow, 200, "handled", ""),
		"an error":                             runs(fails(failure), 500, "failed", down),
		"discarded":                            runs(fails(webhook.Discard(failure)), 200, "discarded", down),
		"discarded, marked":                    runs(fails(fmt.Errorf("order 7: %w", webhook.Discard(failure))), 200, "discarded", "order 7: "+down),
		"discarded nil":                        runs(fails(webhook.Discard(nil)), 200, "handled", ""),
		// a redelivery may fix the other error
		"discarded with another": runs(fails(errors.Join(webhook.Discard(failure), failure)), 500, "failed", down),
		"a panic":                runs(panics("boom"), 500, "failed", "webhook: panic: boom"),
		"a panic with an error":  runs(panics(webhook.Discard(failure)), 500, "failed", "webhook: panic.*"),
		"a nil panic":            runs(panics(nil), 500, "failed", "webhook: panic.*"),
		"a nil dereference":      runs(nilOrder, 500, "failed", "webhook: panic.*nil pointer.*"),
		// Without the recover, this panic would make net/http close the connection without a response or a log line.
		"http.ErrAbortHandler": runs(panics(http.ErrAbortHandler), 500, "failed", "webhook: panic.*"),

		"the time limit has passed":                  runs(untilItEnds, 503, "interrupted", "context deadline exceeded"),
		"an error after the time limit":              runs(late(fails(failure)), 503, "interrupted", down),
		"nil after the time limit: the work is done": runs(late(handled), 200, "handled", ""),
		"a discarded error after the time limit":     runs(late(fails(webhook.Discard(failure))), 200, "discarded", down),
		"a panic after the time limit":               runs(late(panics("boom")), 500, "failed", "webhook: panic: boom"),

		"one word":                            runs(notes("paid"), 200, "handled", "", "paid"),
		"several":                             runs(notes("paid", "wrong_amount"), 200, "handled", "", "paid", "wrong_amount"),
		"one twice":                           runs(notes("b", "a", "b", "a"), 200, "handled", "", "b", "a"),
		"no word":                             runs(notes(""), 200, "handled", ""),
		"a word before an error":              runs(then(notes("a"), fails(failure)), 500, "failed", down, "a"),
		"a word before a discarded error":     runs(then(notes("a"), fails(webhook.Discard(failure))), 200, "discarded", down, "a"),
		"a word before a panic":               runs(then(notes("began"), panics("boom")), 500, "failed", "webhook: panic: boom", "began"),
		"words of two functions, in sequence": runs(then(notes("b"), notes("a", "b")), 200, "handled", "", "b", "a"),
	}
}

// rejections returns deliveries that must not reach the merchant's function.
func rejections(t *testing.T) map[string]delivered {
	t.Helper()
	const stale = `{"session_id":7,"order_id":"A-1","status":"paid","sent_at":"2026-05-23T16:43:11+00:00"}`
	const unsent = `{"session_id":7,"status":"paid"}`
	large := `"` + strings.Repeat("a", 64<<10) + `"`
	cut := iotest.ErrReader(io.ErrUnexpectedEOF)
	none, forged, tooLarge := "no signature header", "bad signature", "the body is too large"
	set := func(value string) func(r *http.Request) {
		return func(r *http.Request) {
			r.Body = untouchable{t}
			r.Header = http.Header{"X-Signature": {value}}
		}
	}
	body := func(r io.Reader) func(r *http.Request) {
		return func(request *http.Request) { request.Body = io.NopCloser(r) }
	}
	all := map[string]delivered{
		"a delivery without headers": rejects(nil, paidEvent, 401, "no_signature", none),
		"no signature":               rejects(http.Header{"X-Other": {good}}, paidEvent, 401, "no_signature", none),
		"short signature":            rejects(http.Header{"X-Signature": {"sha256=00"}}, paidEvent, 401, "bad_signature", forged),
		"large and unsigned":         rejects(http.Header{}, large, 401, "no_signature", none),
		"another body":               rejects(signed(paidEvent), liveSample, 401, "bad_signature", forged),
		"cut-short body":             rejects(signed(paidEvent), paidEvent[:99], 401, "bad_signature", forged),
		"forged":                     rejects(signed(liveSample), paidEvent, 401, "bad_signature", forged),
		"signed nonsense":            rejects(signed("{}"), "{}", 400, "malformed", "malformed event: .*"),
		"not JSON":                   rejects(signed(paidEvent[:99]), paidEvent[:99], 400, "malformed", ".*not valid JSON.*"),
		"too large":                  rejects(signed(large), large, 413, "too_large", tooLarge),
		"beyond WithMaxBody":         rejects(signed(paidEvent), paidEvent, 413, "too_large", tooLarge, webhook.WithMaxBody(int64(len(paidEvent))-1)),
		"stale":                      rejects(signed(stale), stale, 400, "stale", "sent_at is .* old .*", webhook.WithMaxAge(time.Hour)),
		"stale, without time":        rejects(signed(unsent), unsent, 400, "stale", "sent_at is absent, .*", webhook.WithMaxAge(time.Hour)),

		"a failing reader":          rejectsRequest(body(cut), 400, "cut_short", "the body ended early"),
		"a reader that fails later": rejectsRequest(body(io.MultiReader(strings.NewReader("{"), cut)), 400, "cut_short", "the body ended early"),

		// The requests below are rejected before their body is read.
		"another method": rejectsRequest(func(r *http.Request) { r.Method, r.Body = http.MethodPut, untouchable{t} }, 405, "method", "the method is not POST"),
		"declared too large": rejectsRequest(func(r *http.Request) { r.ContentLength, r.Body = 64<<10+1, untouchable{t} },
			413, "too_large", tooLarge),
		"unsigned, unread":                rejectsRequest(func(r *http.Request) { r.Header, r.Body = nil, untouchable{t} }, 401, "no_signature", none),
		"blank signature":                 rejectsRequest(set(" "), 401, "no_signature", none),
		"a signature of the wrong length": rejectsRequest(set("x"), 401, "bad_signature", forged),
	}
	for name, body := range malformed {
		all["malformed, "+name] = rejects(signed(body), body, 400, "malformed", "malformed event: .*")
	}
	return all
}

// untouchable is a body that must not be read.
type untouchable struct{ tb testing.TB }

func (u untouchable) Read([]byte) (int, error) {
	u.tb.Error("the body was read")
	return 0, io.EOF
}

func (u untouchable) Close() error { return nil }

// told holds a delivery's status, log line and observer result.
type told struct {
	status   int
	line     map[string]any // without the error, which is the same as in the result
	verified bool           // whether the observer saw a verified event
	result   webhook.Result // without its error
	err      string
}

// through passes the delivery to a new Handler, in a synctest bubble, where durations are exact.
func (d delivered) through(t *testing.T, run func(h *webhook.Handler) (status int)) told {
	t.Helper()
	if d.handle == nil {
		d.handle = never(t)
	}
	var got told
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		type mark struct{}
		start, ends := time.Now(), 0
		observe := func(ctx context.Context, delivery webhook.Delivery) (context.Context, func(webhook.Result)) {
			assert.Equal(t, start, delivery.Start)
			got.verified = delivery.Event != nil
			return context.WithValue(ctx, mark{}, true), func(r webhook.Result) {
				got.result = r
				ends++
			}
		}
		handle := func(ctx context.Context, ev *ecomtrade24.Event) error {
			assert.Equal(t, true, ctx.Value(mark{}), "the function runs under the observer's context")
			return d.handle(ctx, ev)
		}
		got.status = run(webhook.NewHandler(verifier(t), handle, append([]webhook.HandlerOption{
			webhook.WithLogger(nil), webhook.WithLogger(slog.New(slog.NewJSONHandler(&log, nil))), webhook.WithObserver(observe),
		}, d.opts...)...))
		assert.Equal(t, 1, ends)
		require.Equal(t, 1, strings.Count(log.String(), "\n"), "one line for each delivery")
		require.NoError(t, json.Unmarshal(log.Bytes(), &got.line))
		assert.InDelta(t, time.Since(start), got.line["duration"], 0)
	})
	if got.result.Err != nil {
		got.err = got.result.Err.Error()
		assert.Equal(t, got.err, got.line["error"])
		delete(got.line, "error")
	}
	got.result.Err = nil
	delete(got.line, "time")
	delete(got.line, "duration")
	return got
}

func (d delivered) overHTTP(t *testing.T) told {
	t.Helper()
	return d.through(t, func(h *webhook.Handler) int {
		r := delivery(d.body)
		r.Header = d.header
		if d.change != nil {
			d.change(r)
		}
		resp := answer(h, r)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		assert.Empty(t, body, "the response must not contain the reason")
		resp.Header.Del("Allow")
		assert.Empty(t, resp.Header, "the response must not contain the reason")
		return resp.StatusCode
	})
}

// check compares what the Handler did with the row. The observer gets a short reason; the log line has a longer text.
func (d delivered) check(t *testing.T, got told) {
	t.Helper()
	assert.Equal(t, d.status, got.status)
	assert.Regexp(t, "^("+d.err+")$", got.err)
	// a stale event is correctly signed, but old
	assert.Equal(t, d.outcome != "rejected" || d.reason == "stale", got.verified)
	level := map[string]string{"handled": "INFO", "failed": "ERROR"}[d.outcome]
	if level == "" {
		level = "WARN"
	}
	line := map[string]any{
		"level": level, "msg": "webhook: delivery", "outcome": d.outcome, "response": float64(d.status),
	}
	if got.verified { // only a verified event has a session in its line
		var ev ecomtrade24.Event
		require.NoError(t, json.Unmarshal([]byte(d.body), &ev))
		maps.Copy(line, map[string]any{
			"event": string(ev.Type), "session": ev.SessionID, "order": ev.OrderID, "status": string(ev.Status),
		})
	}
	if len(d.changes) > 0 {
		line["changes"] = strings.Join(d.changes, ",")
	}
	assert.Empty(t, cmp.Diff(line, got.line))
	assert.Equal(t, webhook.Result{Outcome: webhook.Outcome(d.outcome), Reason: d.reason, Notes: d.changes}, got.result)
}

// Deliver and ServeHTTP give the same response, log line and observer result for the same delivery.
func TestHandler_Deliver_isServeHTTP(t *testing.T) {
	t.Parallel()
	all := results()
	maps.Copy(all, rejections(t))
	for name, row := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := row.overHTTP(t)
			got.err, _, _ = strings.Cut(got.err, "\n") // removes the stack of a panic
			row.check(t, got)
			if row.change != nil {
				return
			}
			byHand := row.through(t, func(h *webhook.Handler) int {
				return h.Deliver(context.Background(), row.header, []byte(row.body))
			})
			byHand.err, _, _ = strings.Cut(byHand.err, "\n")
			assert.Equal(t, got, byHand)
		})
	}
}

// notes returns a merchant's function that adds words with webhook.Note.
func notes(words ...string) function {
	return func(ctx context.Context, _ *ecomtrade24.Event) error {
		for _, word := range words {
			webhook.Note(ctx, word)
		}
		return nil
	}
}

// then(first, last) returns a function that runs first and, only if first returns nil, last.
func then(first, last function) function {
	return func(ctx context.Context, ev *ecomtrade24.Event) error {
		if err := first(ctx, ev); err != nil {
			return err
		}
		return last(ctx, ev)
	}
}

// late returns a merchant's function that waits until its time limit has passed and then runs handle.
func late(handle function) function {
	return func(ctx context.Context, ev *ecomtrade24.Event) error {
		<-ctx.Done()
		return handle(ctx, ev)
	}
}

// untilItEnds is a merchant's function that exceeds its time limit.
func untilItEnds(ctx context.Context, _ *ecomtrade24.Event) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestHandler_Deliver_honoursItsContext(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		ended  bool // before
		handle function
		opts   []webhook.HandlerOption
		want   int
	}{
		"ended before":                                   {true, never(t), nil, http.StatusServiceUnavailable},
		"the observer ended the context":                 {false, never(t), []webhook.HandlerOption{webhook.WithObserver(ends)}, http.StatusServiceUnavailable},
		"the context ends while the event is handled":    {false, untilItEnds, nil, http.StatusServiceUnavailable},
		"the context ends, but the function returns nil": {false, handled, nil, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			if row.ended {
				cancel()
			}
			h := webhook.NewHandler(verifier(t), func(ctx context.Context, ev *ecomtrade24.Event) error {
				cancel()
				return row.handle(ctx, ev)
			}, row.opts...)
			assert.Equal(t, row.want, h.Deliver(ctx, signed(paidEvent), []byte(paidEvent)))
			if row.ended {
				assert.Equal(t, http.StatusUnauthorized, h.Deliver(ctx, nil, []byte(paidEvent)), "an unsigned body is rejected")
			}
		})
	}
}

// ends is an observer whose returned context has already ended.
func ends(ctx context.Context, _ webhook.Delivery) (context.Context, func(webhook.Result)) {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx, func(webhook.Result) {}
}

// Deliver keeps no reference to its arguments, since a server such as fiber's reuses their memory for the next request.
func TestHandler_Deliver_keepsNothingOfTheBuffer(t *testing.T) {
	t.Parallel()
	var got *ecomtrade24.Event
	h := webhook.NewHandler(verifier(t), func(_ context.Context, ev *ecomtrade24.Event) error {
		got = ev
		return nil
	})
	buffer := []byte(paidEvent)
	require.Equal(t, http.StatusOK, h.Deliver(t.Context(), signed(paidEvent), buffer))
	copy(buffer, bytes.Repeat([]byte("x"), len(buffer)))
	assert.Equal(t, paidEvent, string(got.Raw))
	assert.Equal(t, "ORDER-10001", got.OrderID)
}
