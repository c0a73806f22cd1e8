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

// connectionFaults happen on both protocols.
var connectionFaults = []*fault{
	{"handshake refused", noTLS, none, resets, silent},
	{"reset before the headers", none, none, resets, silent},
	{"closed before the headers", none, none, closes, silent},
	{"reset after the headers", headers, none, resets, silent},
	{"closed after the headers", headers, none, closes, silent},
	{"silence after the headers", headers, none, staysSilent, silent},
	{"reset after the body", all, none, resets, silent},
	{"closed after the body", all, none, closes, silent},
	{"silence after the body", all, none, staysSilent, silent},
	{"reset after the response's headers", all, headers, resets, silent},
	{"silence after the response's headers", all, headers, staysSilent, silent},
	{"reset after half the response", all, half, resets, silent},
	{"closed after half the response", all, half, closes, silent},
	{"silence after half the response", all, half, staysSilent, silent},
}

// refusedStream is the error code of a request that was not processed.
const refusedStream = 7

// streamFaults exist over HTTP/2 only: GOAWAY and RST_STREAM. RST_STREAM occurs with each error code, alone, followed
// by a closed connection, and after half the response.
func streamFaults() []*fault {
	faults := []*fault{
		{"GOAWAY before the headers", none, none, goesAway(false, 0, closes), mayTell},
		{"GOAWAY with the stream, closed", all, none, goesAway(true, 0, closes), silent},
		{"GOAWAY with the stream, half the response", all, half, goesAway(true, 0, closes), silent},
		{"GOAWAY without the stream", all, none, goesAway(false, 0, staysSilent), tells},
		// net/http does not report this for the first stream of a connection.
		{"GOAWAY without the stream, an error", all, none, goesAway(false, 2, staysSilent), mayTell},
		// The client may still be sending the body when the connection closes, and then it does not read any more.
		{"GOAWAY without the stream, after the headers", headers, none, goesAway(false, 0, closes), mayTell},
	}
	for code := range uint32(14) { // NO_ERROR to HTTP_1_1_REQUIRED
		rst, word, closed := resetsStream(code), silent, silent
		rstAndClose := func(p *peer) { rst(p); closes(p) }
		if code == refusedStream {
			word, closed = tells, mayTell // a client that notices the close first stops reading
		}
		faults = append(
			faults,
			&fault{fmt.Sprintf("RST_STREAM %d after the headers", code), headers, none, rst, word},
			&fault{fmt.Sprintf("RST_STREAM %d after the body", code), all, none, rst, word},
			&fault{fmt.Sprintf("RST_STREAM %d after the body, closed", code), all, none, rstAndClose, closed},
			&fault{fmt.Sprintf("RST_STREAM %d after half the response", code), all, half, rst, silent},
		)
	}
	return faults
}

// faultRow is one call on one client against one server.
type faultRow struct {
	*fault
	protocol protocol
	post     bool // otherwise Status
	warm     bool // over a connection that has already served a call
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

// faultRows returns the matrix.
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

// waits returns the number of timeouts that the row waits for.
func (r faultRow) waits() int {
	switch {
	case !r.silent():
		return 0
	case r.always && !r.post:
		return r.attempts()
	}
	return 1
}

// run makes the row's call and returns how it ended and what the server saw.
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
		timeout = 2 * time.Second // a row waits for one or three timeouts
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

// One call creates one session. Whatever happens to the connection, and at whatever point, the gateway sees a session
// request at most once, and CreateSession reports the truth: created, not created, or unknown.
//
//nolint:paralleltest // the rows mostly wait, so more of them than t.Parallel allows can run at a time
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

// tally sums up the rows' results, for docs/reliability.md.
type tally struct {
	mu                               sync.Mutex
	calls, answered, unknown, failed int
	most, processed                  int // requests of one call: all, and those that the server did not reject
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
	return fmt.Sprintf("%d calls, at most %d requests each, %d processed: %d answered, %d unknown, %d failed",
		a.calls, a.most, a.processed, a.answered, a.unknown, a.failed)
}

func (r faultRow) checkPOST(t *testing.T, err error, saw seen) {
	t.Helper()
	assert.LessOrEqual(t, saw.began, r.attempts(), "no more often than the policy says")
	assert.LessOrEqual(t, saw.began-saw.refused, 1, "sent once, unless the server said that it had not processed it")
	switch {
	case r.read == noTLS:
		require.NotErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown, "no request can have been sent")
		assert.Equal(t, r.always || r.attempts() == 1, err != nil)
	case r.word == tells:
		require.NotErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown, "the server has not processed it")
		assert.Equal(t, r.always || r.attempts() == 1, err != nil)
		assert.Equal(t, r.refusals(), saw.refused, "sent again as often as the policy says")
	case r.read == none:
		// The client may notice in time that the connection is closed, and send nothing on it.
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

// checkMayTell is for a server whose report that it did not process the request can get lost. A client that missed it
// stops, and a client that got it continues.
func (r faultRow) checkMayTell(t *testing.T, err error, saw seen) {
	t.Helper()
	switch {
	case err == nil:
		assert.False(t, r.always, "the fault meets every request")
		assert.Greater(t, r.attempts(), 1, "the fault meets the first request")
	case errors.Is(err, ecomtrade24.ErrOutcomeUnknown):
		assert.Positive(t, saw.began, "nothing was sent, so the outcome is known")
		if !r.always {
			assert.Equal(t, 1, saw.began, "sent again, although the client does not know what became of it")
		}
	default:
		assert.True(t, r.always || r.attempts() == 1, "there was an attempt left")
	}
}

// refusals returns how many of the call's requests meet the fault.
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
		most++ // net/http's own retry, since a broken kept connection was most likely closed while idle
	}
	assert.LessOrEqual(t, saw.began, most, "no more often than the policy says")
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
