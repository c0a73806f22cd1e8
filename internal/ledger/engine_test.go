package ledger_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// Events of one session must not hide events of another, because the first session's payment possibly did not settle
// the order.
func TestEngine_Handle_eachSessionByItself(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		why      string
		messages []string // "1 paid" is about session 1
		want     []string
	}{
		{
			"a second session's progress is reported",
			[]string{"1 paid", "2 pending", "2 processing", "2 review"},
			[]string{"paid paid", "progress pending", "progress processing", "progress review"},
		},
		{"a second session's end is reported", []string{"1 paid", "2 declined"}, []string{"paid paid", "progress declined"}},
		{
			"a second payment and a third session's end are reported",
			[]string{"1 paid", "2 paid", "3 expired"},
			[]string{"paid paid", "paid_again paid", "progress expired"},
		},
		{"an older session's end is reported after the payment", []string{"1 pending", "2 paid", "1 expired"}, []string{
			"progress pending", "paid paid", "progress expired",
		}},
		{"the Func gets no further status of a paid session", []string{"1 paid", "1 expired", "1 review", "1 failed"}, []string{
			"paid paid",
		}},
		{"the Func gets each status once", []string{"1 paid", "2 expired", "2 expired", "2 failed", "2 pending"}, []string{
			"paid paid", "progress expired",
		}},
		{"an unknown status and a test change no session", []string{"1 refunded", "1 refunded", "1 test", "1 pending"}, []string{
			"unknown refunded", "test test", "progress pending",
		}},
		{"a test with status paid is not a payment", []string{"1 paid in a test", "1 paid in a test", "1 paid"}, []string{
			"test paid", "paid paid",
		}},
	} {
		b := newBox()
		for _, message := range row.messages {
			session, word, _ := strings.Cut(message, " ")
			word, _, test := strings.Cut(word, " in a test")
			ev := event(session, "A", word)
			ev.Test = test
			require.NoError(t, b.Handle(t.Context(), ev), row.why)
		}
		assert.Equal(t, row.want, b.kinds(), row.why)
	}
}

// A text too long for a column is stored as a hash, and different texts stay different.
func TestEngine_Handle_textsTooLongForAColumn(t *testing.T) {
	t.Parallel()
	b, long := newBox(), strings.Repeat("long", 200)
	for n, id := range []string{long + "1", long + "2", long[:400], long[:401], "\x00", "\xff", "a\x00b"} {
		for range 2 {
			require.NoError(t, b.Handle(t.Context(), event(id, id, "paid")))
		}
		assert.Len(t, b.kinds(), n+1, "%.10q", id)
	}
	ev := event(long, "A", "paid")
	ev.Amount = ""
	require.NoError(t, b.Handle(t.Context(), ev))
	assert.Equal(t, "incomplete paid", b.kinds()[7])
	synctest.Test(t, func(t *testing.T) { // the session is not looked up, since the gateway does not know its hash
		require.NoError(t, b.Reconcile(t.Context(), gateway(paidStatus).client(t)))
		assert.Len(t, b.kinds(), 8)
	})
}

// Reconcile looks up the session of an Incomplete immediately, even if it was not expected, and again until the missing
// fields are known.
func TestEngine_Handle_incomplete(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBox()
		ev := event("1", "ORDER-1", "paid")
		ev.Currency = ""
		require.NoError(t, b.Handle(t.Context(), ev))
		other := event("1", "ORDER-1", "paid")
		other.Amount, other.TxID = "", "tx-9"
		require.NoError(t, b.Handle(t.Context(), other))
		assert.Len(t, b.askedAfter(t, 30*time.Minute, "paid"), 15, "only the matching Incomplete is completed")
		require.Equal(t, []string{"incomplete paid", "incomplete paid", "paid paid"}, b.kinds())
		assert.Equal(t, []string{b.calls[0].key}, b.calls[2].completes)

		whole := event("1", "ORDER-1", "paid")
		whole.TxID, whole.Amount = "tx-9", "7.00"
		require.NoError(t, b.Handle(t.Context(), whole))
		assert.Equal(t, "paid_again paid", b.kinds()[3])
		assert.Equal(t, []string{b.calls[1].key}, b.calls[3].completes)
		assert.Zero(t, b.next(t, "1"), "no Incomplete is open")
	})
}

// A session ID that cannot be looked up counts as not set. A payment with such an ID causes no shipment and no repeated
// lookups. When the same payment arrives with the proper ID, its txid identifies it, so it is neither lost nor counted
// twice.
func TestEngine_Handle_flawedSessionID(t *testing.T) {
	t.Parallel()
	for _, id := range []string{" 1", "1\n", "\u00a01", "1\x002", "1\u0085"} {
		synctest.Test(t, func(t *testing.T) {
			b := newBox()
			ev := event(id, "ORDER-1", "paid")
			ev.TxID = "tx-1"
			for range 2 {
				require.NoError(t, b.Handle(t.Context(), ev))
			}
			assert.Empty(t, b.askedAfter(t, time.Hour, "paid"), "%q", id)
			proper := event("1", "ORDER-1", "paid")
			proper.TxID = "tx-1"
			require.NoError(t, b.Handle(t.Context(), proper))
			require.NoError(t, b.Handle(t.Context(), ev))
			require.Equal(t, []string{"incomplete paid", "paid paid"}, b.kinds(), "%q", id)
			assert.Equal(t, id, b.calls[0].payment.SessionID, "the Func gets the ID as received, for manual review")
			assert.Equal(t, []string{b.calls[0].key}, b.calls[1].completes)
		})
	}
}

// A repeated or further payment ends the session's remaining checks, unless an Incomplete is still open.
func TestEngine_Handle_endsTheChecks(t *testing.T) {
	t.Parallel()
	for name, last := range map[string]func(*ecomtrade24.Event){
		"a repetition":      func(*ecomtrade24.Event) {},
		"a further payment": func(ev *ecomtrade24.Event) { ev.TxID = "tx-7" },
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBox()
			lacking := event("1", "ORDER-1", "paid")
			lacking.TxID, lacking.Currency = "tx-9", ""
			first, rest := event("1", "ORDER-1", "paid"), event("1", "ORDER-1", "paid")
			first.TxID, rest.TxID = "tx-1", "tx-9"
			for _, ev := range []*ecomtrade24.Event{lacking, first} {
				require.NoError(t, b.Handle(t.Context(), ev))
			}
			<-time.After(time.Second)
			assert.Negative(t, b.next(t, "1"), "%s: expected a check scheduled for a second ago", name)
			require.NoError(t, b.Handle(t.Context(), rest))
			again := *rest
			last(&again)
			require.NoError(t, b.Handle(t.Context(), &again))
			assert.Zero(t, b.next(t, "1"), name)
		})
	}
}

// If any step fails, Handle returns an error and stores nothing.
func TestEngine_Handle_failingStep(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	for _, step := range []string{"begin", "look", "keep", "commit"} {
		b := newBox()
		b.store.fail = func(name string) error {
			if name == step {
				return broken
			}
			return nil
		}
		err := b.Handle(t.Context(), event("1", "A", "paid"))
		require.ErrorIs(t, err, broken)
		require.ErrorContains(t, err, "ecomtrade24 inbox: ")
		b.store.fail = nil
		require.NoError(t, b.Handle(t.Context(), event("1", "A", "paid")), "the redelivery")
		require.NoError(t, b.Handle(t.Context(), event("1", "A", "paid")), "a repetition")
		assert.Equal(t, "paid paid", b.kinds()[len(b.kinds())-1])
	}
	require.ErrorContains(t, newBox().Handle(t.Context(), nil), "the event is nil")
}

// The gateway must not get an error after a lost race: the transaction runs again, but not forever.
func TestEngine_Handle_lostRace(t *testing.T) {
	t.Parallel()
	for lost, begun := range map[int]int{0: 1, 1: 2, 3: 4, 99: 4} {
		b, left := newBox(), lost
		b.store.fail = func(name string) error {
			left--
			if name == "look" && left >= 0 {
				return errBusy
			}
			left++
			return nil
		}
		err := b.Handle(t.Context(), event("1", "A", "paid"))
		assert.Equal(t, lost > 3, err != nil, lost)
		assert.Equal(t, begun, b.store.began, lost)
	}
}

// If the Func panics or returns an error, the transaction is rolled back. Even an error from webhook.Discard does not
// cause a 200.
func TestEngine_Handle_failingFunc(t *testing.T) {
	t.Parallel()
	broken := errors.New("out of stock")
	for name, apply := range map[string]func(call) error{
		"an error":          func(call) error { return broken },
		"a panic":           func(call) error { panic(broken.Error()) },
		"a discarded error": func(call) error { return webhook.Discard(broken) },
	} {
		b := newBox()
		b.apply = apply
		err := b.Handle(t.Context(), event("1", "A", "paid"))
		require.ErrorContains(t, err, "ecomtrade24 inbox: apply: ", name)
		require.ErrorContains(t, err, broken.Error(), name)
		assert.False(t, webhook.Discarded(err), name)
		b.apply = nil
		require.NoError(t, b.Handle(t.Context(), event("1", "A", "paid")), "the redelivery")
		assert.Equal(t, []string{"paid paid", "paid paid"}, b.kinds(), name)
	}
}

// observed returns an option with an observer that keeps the last result.
func observed(into *ledger.Result) option {
	return func(o *ledger.Options) {
		o.Observer = func(ctx context.Context, _ ledger.Operation) (context.Context, func(ledger.Result)) {
			return ctx, func(r ledger.Result) { *into = r }
		}
	}
}

// Handle reports what it did. HandleTx reports what the commit will do.
func TestEngine_outcomes(t *testing.T) {
	t.Parallel()
	var r ledger.Result
	b := newBox(observed(&r))
	handleTx := func(session, word string) (changes []string) {
		t.Helper()
		require.NoError(t, b.inTx(t.Context(), func(tx *tx) (err error) {
			changes, err = b.HandleTx(t.Context(), tx, event(session, "A", word))
			return err
		}))
		return changes
	}
	require.NoError(t, b.Handle(t.Context(), event("1", "A", "pending")))
	assert.Equal(t, ledger.Result{Outcome: "changed", Changes: []string{"progress"}, Attempts: 1, Waited: r.Waited}, r)
	require.NoError(t, b.Handle(t.Context(), event("1", "A", "pending")))
	assert.Equal(t, ledger.OutcomeDuplicate, r.Outcome)

	assert.Equal(t, []string{"paid"}, handleTx("1", "paid"))
	assert.Equal(t, ledger.Result{Outcome: "uncommitted", Attempts: 1}, r)
	assert.Empty(t, handleTx("1", "paid"))
	assert.Equal(t, ledger.OutcomeDuplicate, r.Outcome)

	broken := errors.New("disk on fire")
	b.store.fail = func(string) error { return broken }
	_, err := b.HandleTx(t.Context(), &tx{touched: map[string]*order{}}, event("2", "A", "paid"))
	require.ErrorIs(t, err, broken)
	assert.Equal(t, ledger.OutcomeFailed, r.Outcome)
}

// If the txid of a known payment arrives late, it is stored and the Func does not run again.
func TestEngine_unchanged(t *testing.T) {
	t.Parallel()
	var r ledger.Result
	b := newBox(observed(&r))
	require.NoError(t, b.Handle(t.Context(), event("1", "A", "paid")))
	ev := event("1", "A", "paid")
	ev.TxID = "tx-1"
	require.NoError(t, b.Handle(t.Context(), ev))
	assert.Equal(t, ledger.OutcomeUnchanged, r.Outcome)
	ev.TxID = "tx-2"
	require.NoError(t, b.Handle(t.Context(), ev))
	assert.Equal(t, []string{"paid paid", "paid_again paid"}, b.kinds())
}

// Callers get the pool's connections in the sequence in which they asked for them. If no connection becomes free in
// time, the error names a possible cause.
func TestEngine_Turns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBox()
		b.Turns = make(chan struct{}, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var inner error
		b.apply = func(c call) error {
			if c.payment.OrderID == "A" {
				inner = b.Handle(ctx, event("2", "B", "paid")) // needs a second connection, but the pool has only one
			}
			return nil
		}
		require.NoError(t, b.Handle(t.Context(), event("1", "A", "paid")))
		require.ErrorIs(t, inner, context.DeadlineExceeded)
		require.ErrorContains(t, inner, "must call HandleTx")
		require.NoError(t, b.Handle(t.Context(), event("2", "B", "paid")))
	})
}

func TestNewOptions(t *testing.T) {
	t.Parallel()
	named := func(n int) ledger.Setter {
		return option(func(o *ledger.Options) { o.Namespace = strings.Repeat("x", n) })
	}
	o, err := ledger.NewOptions([]ledger.Setter{nil, named(100), nil})
	require.NoError(t, err)
	assert.Len(t, o.Namespace, 100)
	assert.Equal(t, 3*time.Minute, o.Lease)
	assert.NotNil(t, o.Spacing)
	_, err = ledger.NewOptions([]ledger.Setter{named(101)})
	require.ErrorContains(t, err, "WithNamespace takes at most 100 bytes")
	_, err = ledger.NewOptions([]any{named(1), "an option"})
	require.ErrorContains(t, err, "a string is not an option")
}

// With invalid settings, every method returns an error before it uses the database or the gateway.
func TestEngine_Err(t *testing.T) {
	t.Parallel()
	b := newBox(func(o *ledger.Options) { o.Namespace = strings.Repeat("x", 101) })
	client := (*ecomtrade24.Client)(nil)
	_, askErr := b.Ask(t.Context(), client, "1", "A")
	_, txErr := b.HandleTx(t.Context(), nil, event("1", "A", "paid"))
	for name, err := range map[string]error{
		"Handle": b.Handle(t.Context(), event("1", "A", "paid")), "HandleTx": txErr, "Ask": askErr,
		"Expect": b.Expect(t.Context(), nil, "1", "A"), "Reconcile": b.Reconcile(t.Context(), client),
		"Migrate": b.Migrate(t.Context(), nil),
	} {
		require.ErrorContains(t, err, "WithNamespace", name)
	}
	assert.Zero(t, b.store.began)
}
