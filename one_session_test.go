package ecomtrade24_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// connectionFaults are faults that occur over HTTP/1 and HTTP/2.
var connectionFaults = []*fault{
	{"handshake refused", noTLS, none, resets, silent},
	{"connection reset before the request's headers", none, none, resets, silent},
	{"connection closed before the request's headers", none, none, closes, silent},
	{"connection reset after the request's headers", headers, none, resets, silent},
	{"connection closed after the request's headers", headers, none, closes, silent},
	{"silence after the request's headers", headers, none, staysSilent, silent},
	{"connection reset after the request's body", all, none, resets, silent},
	{"connection closed after the request's body", all, none, closes, silent},
	{"silence after the request's body", all, none, staysSilent, silent},
	{"connection reset after the response's headers", all, headers, resets, silent},
	{"silence after the response's headers", all, headers, staysSilent, silent},
	{"connection reset after half of the response", all, half, resets, silent},
	{"connection closed after half of the response", all, half, closes, silent},
	{"silence after half of the response", all, half, staysSilent, silent},
}

// refusedStream is the HTTP/2 error code REFUSED_STREAM: the request was not processed.
const refusedStream = 7

// streamFaults returns faults that exist only over HTTP/2: GOAWAY and RST_STREAM. RST_STREAM is sent with each error
// code and in several ways: alone, followed by a closed connection, and after half of the response.
func streamFaults() []*fault {
	faults := []*fault{
		{"GOAWAY before the request's headers", none, none, goesAway(false, 0, closes), mayTell},
		{"GOAWAY that includes the stream, then a closed connection", all, none, goesAway(true, 0, closes), silent},
		{"GOAWAY that includes the stream, after half of the response", all, half, goesAway(true, 0, closes), silent},
		{"GOAWAY that excludes the stream", all, none, goesAway(false, 0, staysSilent), tells},
		// net/http does not report this GOAWAY if the stream is the connection's first.
		{"GOAWAY that excludes the stream, with an error code", all, none, goesAway(false, 2, staysSilent), mayTell},
		// If the connection closes while the client is still sending the body, the client stops reading and may miss the
		// GOAWAY.
		{"GOAWAY that excludes the stream, sent after the headers", headers, none, goesAway(false, 0, closes), mayTell},
	}
	for code := range uint32(14) { // from NO_ERROR (0) to HTTP_1_1_REQUIRED (13)
		rst, word, closed := resetsStream(code), silent, silent
		rstAndClose := func(p *peer) { rst(p); closes(p) }
		if code == refusedStream {
			word, closed = tells, mayTell // if the client notices the close first, it never reads the RST_STREAM
		}
		faults = append(
			faults,
			&fault{fmt.Sprintf("RST_STREAM %d after the request's headers", code), headers, none, rst, word},
			&fault{fmt.Sprintf("RST_STREAM %d after the body", code), all, none, rst, word},
			&fault{fmt.Sprintf("RST_STREAM %d after the body, then a closed connection", code), all, none, rstAndClose, closed},
			&fault{fmt.Sprintf("RST_STREAM %d after half of the response", code), all, half, rst, silent},
		)
	}
	return faults
}

// faultRow is one call on one client against one server.
type faultRow struct {
	*fault
	protocol protocol
	post     bool // the call is CreateSession; otherwise Status
	warm     bool // the call uses a connection that has already served another call
	always   bool // the fault affects every request; otherwise only the first one
	policy   ecomtrade24.RetryPolicy
}

func (r faultRow) String() string {
	choose := func(yes bool, a, b string) string {
		if yes {
			return a
		}
		return b
	}
	return strings.Join([]string{
		r.protocol.String(),
		choose(r.post, "POST", "GET"),
		r.name,
		choose(r.warm, "open connection", "new connection"),
		choose(r.always, "always", "once"),
		fmt.Sprintf("%d attempts", r.attempts()),
	}, "/")
}

func (r faultRow) attempts() int { return r.policy.MaxAttempts }

// faultRows returns all combinations that make sense.
func faultRows() (rows []faultRow) {
	twice := []bool{false, true}
	thrice := ecomtrade24.RetryPolicy{MaxAttempts: 3, BaseDelay: 1, MaxDelay: 1}
	for _, p := range []protocol{http1, http2, h2c} {
		faults := connectionFaults
		if p != http1 {
			faults = append(faults[:len(faults):len(faults)], streamFaults()...)
		}
		for _, f := range faults {
			for _, post := range twice {
				for _, warm := range twice {
					for _, always := range twice {
						for _, policy := range []ecomtrade24.RetryPolicy{{MaxAttempts: 1}, thrice} {
							row := faultRow{f, p, post, warm, always, policy}
							if row.makesSense() {
								rows = append(rows, row)
							}
						}
					}
				}
			}
		}
	}
	return rows
}

// makesSense excludes a handshake fault after a handshake or without TLS. It also excludes silence while connecting:
// the short timeout that this needs could end the handshake instead.
func (r faultRow) makesSense() bool {
	if r.silent() {
		return r.warm
	}
	return r.read != noTLS || !r.warm && r.protocol != h2c
}

func (r faultRow) silent() bool { return strings.HasPrefix(r.name, "silence") }

// waits returns how many timeouts must pass before the row's call ends.
func (r faultRow) waits() int {
	switch {
	case !r.silent():
		return 0
	case r.always && !r.post:
		return r.attempts()
	}
	return 1
}

// run makes the row's call and returns the call's error and what the server saw.
func (r faultRow) run(t *testing.T) (seen, error) {
	t.Helper()
	answer := paidJSON
	if r.post {
		answer = sessionJSON
	}
	plan := []*fault{r.fault}
	if !r.always {
		plan = append(plan, good)
	}
	if r.warm {
		plan = append([]*fault{good}, plan...)
	}
	s := newFaultServer(t, r.protocol, answer, plan...)
	transport := s.transport(t)
	throughIt := over(transport)
	if r.warm {
		require.NoError(t, r.call(t, newClient(t, s.url(), throughIt)))
	}
	timeout := time.Minute
	if r.silent() {
		timeout = 2 * time.Second // a row that waits takes one or three of these timeouts
	}
	err := r.call(t, newClient(t, s.url(), throughIt, ecomtrade24.WithRetry(r.policy), ecomtrade24.WithTimeout(timeout)))
	transport.CloseIdleConnections()
	saw := s.finish()
	if r.warm {
		saw.began--
		saw.whole--
	}
	return saw, err
}

func (r faultRow) call(t *testing.T, c *ecomtrade24.Client) (err error) {
	t.Helper()
	if r.post {
		_, err = c.CreateSession(t.Context(), params())
	} else {
		_, err = c.Status(t.Context(), "12345")
	}
	return err
}

// One call creates at most one session. Regardless of how and when the connection fails, the gateway processes the
// session request at most once, and CreateSession reports correctly whether the session was created, was not created,
// or may exist.
//
//nolint:paralleltest // most rows only wait, so more rows can run at the same time than t.Parallel allows
func TestOneCall_oneSession(t *testing.T) {
	t.Parallel()
	rows := make(chan faultRow)
	var workers sync.WaitGroup
	var post, get tally
	for range 128 {
		workers.Go(func() {
			for row := range rows {
				t.Run(row.String(), func(t *testing.T) {
					saw, err := row.run(t)
					if row.post {
						row.checkPOST(t, err, saw)
						post.add(saw, err)
					} else {
						row.checkGET(t, err, saw)
						get.add(saw, err)
					}
				})
			}
		})
	}
	all := faultRows()
	slices.SortStableFunc(all, func(a, b faultRow) int { return cmp.Compare(b.waits(), a.waits()) })
	for _, row := range all { // rows that wait start first, and the others run in the meantime
		rows <- row
	}
	close(rows)
	workers.Wait()
	t.Logf("POST: %s", &post)
	t.Logf("GET: %s", &get)
}

// tally counts the rows' results, for docs/reliability.md.
type tally struct {
	mu                               sync.Mutex
	calls, answered, unknown, failed int
	most, processed                  int // the most per call: of all requests, and of those not rejected
}

func (a *tally) add(saw seen, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls++
	a.most = max(a.most, saw.began)
	a.processed = max(a.processed, saw.began-saw.refused)
	switch {
	case err == nil:
		a.answered++
	case errors.Is(err, ecomtrade24.ErrOutcomeUnknown):
		a.unknown++
	default:
		a.failed++
	}
}

func (a *tally) String() string {
	return fmt.Sprintf("%d calls; per call at most %d requests, %d processed; %d got a response, %d unknown, %d failed",
		a.calls, a.most, a.processed, a.answered, a.unknown, a.failed)
}

func (r faultRow) checkPOST(t *testing.T, err error, saw seen) {
	t.Helper()
	assert.LessOrEqual(t, saw.began, r.attempts(), "more attempts than the policy allows")
	assert.LessOrEqual(t, saw.began-saw.refused, 1, "sent again although the server may have processed it")
	switch {
	case r.read == noTLS:
		require.NotErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown, "no request was sent, so the outcome is known")
		assert.Equal(t, r.always || r.attempts() == 1, err != nil)
	case r.word == tells:
		require.NotErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown, "the server did not process the request")
		assert.Equal(t, r.always || r.attempts() == 1, err != nil)
		assert.Equal(t, r.refusals(), saw.refused, "sent as often as the policy says")
	case r.read == none:
		// Any outcome is correct: the client may notice that the connection is closed before it sends anything.
	case r.word == mayTell:
		r.checkMayTell(t, err, saw)
	default:
		require.ErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
	}
	switch {
	case err == nil:
		assert.Equal(t, 1, saw.whole, "made")
	case !errors.Is(err, ecomtrade24.ErrOutcomeUnknown):
		assert.Zero(t, saw.began-saw.refused, "not made")
	}
	if r.word != silent {
		return
	}
	if r.read >= headers {
		assert.Equal(t, 1, saw.began)
	}
	if r.read == all {
		assert.Equal(t, 1, saw.whole)
	}
}

// checkMayTell checks a row whose server reports that it did not process a request, where this report can get lost. A
// client that receives the report may retry; a client that misses it must not.
func (r faultRow) checkMayTell(t *testing.T, err error, saw seen) {
	t.Helper()
	switch {
	case err == nil:
		assert.False(t, r.always, "a call whose every request hits the fault cannot succeed")
		assert.Greater(t, r.attempts(), 1, "the first request hits the fault, so success needs a second attempt")
	case errors.Is(err, ecomtrade24.ErrOutcomeUnknown):
		assert.Positive(t, saw.began, "nothing was sent, so the outcome is known")
		if !r.always {
			assert.Equal(t, 1, saw.began, "resent, although the outcome was unknown")
		}
	default:
		assert.True(t, r.always || r.attempts() == 1, "the client gave up before its last attempt")
	}
}

// refusals returns how many of the call's requests hit the fault.
func (r faultRow) refusals() int {
	if r.always {
		return r.attempts()
	}
	return 1
}

func (r faultRow) checkGET(t *testing.T, err error, saw seen) {
	t.Helper()
	most := r.attempts()
	if r.warm {
		most++ // net/http retries once if a reused connection breaks: it was most likely closed while idle
	}
	assert.LessOrEqual(t, saw.began, most, "more attempts than the policy allows")
	require.NotErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
	switch {
	case r.always:
		require.Error(t, err)
	case r.attempts() == 1:
	case err != nil && r.silent(): // on a busy machine the good responses can be late too
		require.ErrorIs(t, err, context.DeadlineExceeded)
	default:
		require.NoError(t, err)
	}
}
