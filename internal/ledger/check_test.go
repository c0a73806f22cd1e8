package ledger_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// A session is looked up often while it is new, seldom later, and finally not at all.
func TestEngine_Reconcile_spacing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBox()
		b.expect(t, "1")
		asked := b.askedAfter(t, 5*24*time.Hour, "pending")
		first := slices.IndexFunc(asked, func(d time.Duration) bool { return d > time.Hour })
		assert.Equal(t, 30, first, "every two minutes in the first hour")
		assert.Len(t, asked, 30+71)
		assert.Equal(t, 72*time.Hour, asked[len(asked)-1].Round(time.Hour))
	})
}

// A session that ended can still be paid, so it is looked up a few more times, whether a webhook or a lookup reported
// the end.
func TestEngine_Reconcile_afterTheEnd(t *testing.T) {
	t.Parallel()
	want := []time.Duration{time.Hour, 6 * time.Hour, 24 * time.Hour, 72 * time.Hour}
	for _, word := range []string{"expired", "declined", "cancelled", "failed"} {
		for name, end := range map[string]func(t *testing.T, b *box){
			"a webhook says so": func(t *testing.T, b *box) {
				t.Helper()
				b.expect(t, "1")
				require.NoError(t, b.Handle(t.Context(), event("1", "ORDER-1", word)))
			},
			"a webhook says so before Expect": func(t *testing.T, b *box) {
				t.Helper()
				require.NoError(t, b.Handle(t.Context(), event("1", "ORDER-1", word)))
				b.expect(t, "1")
			},
			"a lookup says so": func(t *testing.T, b *box) {
				t.Helper()
				b.expect(t, "1")
				<-time.After(2 * time.Minute)
				g := gateway(func(session string) *http.Response { return status(session, word) })
				require.NoError(t, b.Reconcile(t.Context(), g.client(t)))
			},
		} {
			t.Run(word+", "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					b := newBox()
					end(t, b)
					assert.Equal(t, want, b.askedAfter(t, 10*24*time.Hour, word))
					assert.Equal(t, []string{"progress " + word}, b.kinds())
				})
			})
		}
	}
}

// The webhook of a payment after the end is lost.
func TestEngine_Reconcile_paidAfterTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBox()
		b.expect(t, "1")
		require.NoError(t, b.Handle(t.Context(), event("1", "ORDER-1", "expired")))
		assert.Equal(t, []time.Duration{time.Hour}, b.askedAfter(t, 10*24*time.Hour, "paid"))
		assert.Equal(t, []string{"progress expired", "paid paid"}, b.kinds())
	})
}

// "Unknown session" is a response, and no reason to ask every minute. For three days the gateway may change its mind.
func TestEngine_Reconcile_unknownToTheGateway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBox()
		b.expect(t, "1")
		notFound := func(string) *http.Response { return response(404, `{"ok":false}`) }
		assert.Len(t, b.askedUntil(t, 5*24*time.Hour, notFound), 30+71)
		assert.Empty(t, b.kinds())
	})
}

// A session that was not expected is not looked up, whatever its webhooks say.
func TestEngine_Reconcile_onlyTheExpected(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBox()
		for _, word := range []string{"pending", "expired", "paid"} {
			require.NoError(t, b.Handle(t.Context(), event("1", "ORDER-1", word)))
		}
		assert.Empty(t, b.askedAfter(t, 5*24*time.Hour, "pending"))
	})
}

// A webhook that arrives before Expect counts.
func TestEngine_Expect_afterTheWebhook(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]time.Duration{
		"pending": 2 * time.Minute, "review": 2 * time.Minute, "declined": time.Hour, "paid": 0,
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBox()
			require.NoError(t, b.Handle(t.Context(), event("1", "ORDER-1", word)))
			<-time.After(time.Second)
			for range 2 {
				b.expect(t, "1")
			}
			assert.Equal(t, want, b.next(t, "1"), word)
		})
	}
}

func TestEngine_Expect_rejects(t *testing.T) {
	t.Parallel()
	b := newBox()
	for _, ids := range [][2]string{
		{"", "A"}, {"1", ""}, {strings.Repeat("1", 192), "A"}, {"1\x00", "A"}, {"\xff", "A"}, {" 1", "A"}, {"1\n", "A"},
	} {
		require.ErrorContains(t, b.Expect(t.Context(), &tx{}, ids[0], ids[1]), "ecomtrade24 inbox: expect: the session ID")
	}
	broken := errors.New("disk on fire")
	b.store.fail = func(string) error { return broken }
	require.ErrorIs(t, b.Expect(t.Context(), &tx{touched: map[string]*order{}}, "1", "A"), broken)
}

// Nobody called Reconcile for four days, and then the only lookup that the spacing allows fails. Reconcile repeats it
// and finds the payment.
func TestEngine_Reconcile_afterAnOutage(t *testing.T) {
	t.Parallel()
	broken := errors.New("out of stock")
	for name, fails := range map[string]func(b *box) *http.Response{
		"a server error":  func(*box) *http.Response { return response(500, `{}`) },
		"a lost response": func(*box) *http.Response { return response(200, ``) },
		"a failing Func": func(b *box) *http.Response {
			b.apply = func(call) error { return broken }
			return paidStatus("1")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBox(func(o *ledger.Options) { o.Spacing = once })
				b.expect(t, "1")
				<-time.After(4 * 24 * time.Hour)
				failing := gateway(func(string) *http.Response { return fails(b) }).client(t)
				require.Error(t, b.Reconcile(t.Context(), failing))
				b.apply = nil
				require.NoError(t, b.Reconcile(t.Context(), gateway(paidStatus).client(t)))
				assert.Contains(t, b.kinds(), "paid paid")
			})
		})
	}
}

// once is a spacing with one lookup.
func once(age time.Duration, _ bool) time.Duration {
	if age == 0 {
		return time.Minute
	}
	return 0
}

// The clock was wrong during Expect and is right now. The session is looked up as if it had been right.
func TestEngine_Reconcile_wrongClock(t *testing.T) {
	t.Parallel()
	for name, off := range map[string]time.Duration{
		"1970": -30 * 365 * 24 * time.Hour, "four days behind": -4 * 24 * time.Hour, "a year ahead": 365 * 24 * time.Hour,
		"two hours ahead": 2 * time.Hour,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBox()
				b.store.ahead = off
				b.expect(t, "1")
				b.store.ahead = 0
				asked := b.askedAfter(t, 24*time.Hour, "pending")
				assert.Less(t, asked[0], 3*time.Minute)
				assert.Greater(t, len(asked), 40)
			})
		})
	}
	t.Run("a lease of the next year", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := scheduled(t, 1)
			checks, err := b.store.Scheduled(t.Context())
			require.NoError(t, err)
			_, err = b.store.Lease(t.Context(), checks[0], time.Now().Add(365*24*time.Hour).UnixMilli())
			require.NoError(t, err)
			assert.NotEmpty(t, b.askedAfter(t, time.Hour, "paid"))
		})
	})
}

// Sessions with times from a wrong clock, half of which always fail, do not keep others waiting.
func TestEngine_Reconcile_wrongClockIsFair(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBox()
		b.store.ahead = 365 * 24 * time.Hour
		b.expect(t, numbers(60)...)
		b.store.ahead = 0
		client := gateway(func(session string) *http.Response {
			if len(session) == 2 && session[0] < '4' {
				return response(403, `{"ok":false,"error":"domain_not_allowed"}`)
			}
			return paidStatus(session)
		}).client(t)
		for range 3 {
			_ = b.Reconcile(t.Context(), client)
			<-time.After(time.Minute)
		}
		assert.Len(t, b.kinds(), 30)
	})
}

// Only the database's clock counts: if it is a year ahead of ours, nothing changes.
func TestEngine_Reconcile_databaseClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBox()
		b.store.ahead = 365 * 24 * time.Hour
		b.expect(t, "1")
		asked := b.askedAfter(t, 24*time.Hour, "pending")
		assert.Equal(t, 2*time.Minute, asked[0])
		assert.Len(t, asked, 30+22)
		require.NoError(t, b.Handle(t.Context(), event("1", "ORDER-1", "expired")))
		assert.Equal(t, []time.Duration{time.Hour, 6 * time.Hour}, b.askedAfter(t, 7*time.Hour, "expired"))
	})
}

// The merchant's own spacing decides every check, including the first one and those after the end.
func TestOptions_Spacing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBox(func(o *ledger.Options) {
			o.Spacing = func(age time.Duration, ended bool) time.Duration {
				switch {
				case ended && age < time.Hour:
					return 30 * time.Minute
				case ended || age >= 10*time.Minute:
					return 0
				default:
					return 5 * time.Minute
				}
			}
		})
		b.expect(t, "1")
		assert.Equal(t, []time.Duration{5 * time.Minute, 10 * time.Minute}, b.askedAfter(t, 2*time.Hour, "pending"))
		require.NoError(t, b.Handle(t.Context(), event("1", "ORDER-1", "expired")))
		assert.Equal(t, []time.Duration{30 * time.Minute, time.Hour}, b.askedAfter(t, 5*time.Hour, "expired"))
	})
	t.Run("never", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := newBox(func(o *ledger.Options) { o.Spacing = func(time.Duration, bool) time.Duration { return 0 } })
			b.expect(t, "1")
			assert.Empty(t, b.askedAfter(t, 5*time.Hour, "pending"))
		})
	})
}
