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

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// Reconcile looks up a session often while it is new, seldom later, and finally not at all.
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
			"a webhook reports the end": func(t *testing.T, b *box) {
				t.Helper()
				b.expect(t, "1")
				require.NoError(t, b.Handle(t.Context(), event("1", "ORDER-1", word)))
			},
			"a webhook reports the end before Expect": func(t *testing.T, b *box) {
				t.Helper()
				require.NoError(t, b.Handle(t.Context(), event("1", "ORDER-1", word)))
				b.expect(t, "1")
			},
			"a lookup reports the end": func(t *testing.T, b *box) {
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

// Reconcile finds a payment that a session gets after it ended, even if the webhook is lost.
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

// If the gateway does not know a session, that counts as a response, so the session keeps its usual schedule of three
// days.
func TestEngine_Reconcile_unknownToTheGateway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBox()
		b.expect(t, "1")
		notFound := func(string) *http.Response { return response(404, `{"ok":false}`) }
		assert.Len(t, b.askedUntil(t, 5*24*time.Hour, ecomtrade24.ErrNotFound, notFound), 30+71)
		assert.Empty(t, b.kinds())
	})
}

// Reconcile does not look up a session without an Expect, regardless of which webhooks arrive for it.
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

// Expect takes into account a webhook that arrived earlier.
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

// Nobody calls Reconcile for four days. Then a lookup fails, and it is the only lookup that the spacing allows:
// Reconcile repeats it and finds the payment.
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

// once is a spacing function that allows a single lookup.
func once(age time.Duration, _ bool) time.Duration {
	if age == 0 {
		return time.Minute
	}
	return 0
}

// A clock that was wrong only during Expect does not change when Reconcile looks up the session.
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
	t.Run("a lease that ends a year from now", func(t *testing.T) {
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

// Sessions whose times come from a wrong clock do not delay other sessions, even if half of the lookups fail.
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

// Only the database's clock counts: nothing changes if it is a year ahead of this process's clock.
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

// The merchant's own spacing decides every check, including the first one and the checks of an ended session.
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
