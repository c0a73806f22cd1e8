package shoptest_test

import (
	"context"
	"slices"
	"sync"
)

// lookupFaults are bugs in deciding which sessions to look up, and when.
var lookupFaults = []fault{
	bug("the first failing lookup stops all remaining lookups",
		"a failing lookup does not block other lookups", func(s *smallShop) {
			s.reconcile = func(ctx context.Context) error {
				for _, l := range s.due(s.disk.snapshot()) {
					m, err := s.ask(ctx, l.session)
					if err := s.learn(ctx, l, m, err); err != nil {
						return err
					}
				}
				return nil
			}
		}),
	bug("the shop reads the order before the lookup and writes it back afterwards",
		"a lookup response does not undo a webhook that arrived during the lookup", func(s *smallShop) {
			s.ask = func(ctx context.Context, session string) (message, error) {
				before := s.disk.snapshot()
				m, err := s.asks(ctx, session)
				if err != nil || s.isPaid(m) {
					return m, err
				}
				return m, s.disk.tx(func(t *tables) error {
					t.put(before.get(s.orderID(m)).clone())
					return nil
				})
			}
		}).reported("https://github.com/opengovsg/FormSG/pull/6102"),
	bug("the shop's cleanup cancels unpaid orders without a lookup",
		"the Reconcile hook finds a payment whose webhook was lost", func(s *smallShop) {
			stuckIn("closed")(s)
			s.reconcile = func(context.Context) error {
				for _, l := range s.due(s.disk.snapshot()) {
					s.closes(l.order)
				}
				return nil
			}
		}).reported("https://github.com/woocommerce/woocommerce-gateway-stripe/pull/5759"),
	bug("the shop cancels an order when its first session expires",
		"a payment after a lookup response with status expired marks the order paid", func(s *smallShop) {
			stuckIn("closed")(s)
			byLookup((*smallShop).expires, func(_ *tables, o *order) { o.status = "closed" })(s)
		}).reported("https://github.com/omise/omise-magento/pull/281"),
	bug("a lookup finds the order by a different number than a webhook does",
		"the Reconcile hook finds a payment whose webhook was lost", func(s *smallShop) {
			s.learn = func(ctx context.Context, asked lookup, m message, err error) error {
				return s.learns(ctx, asked, m.with("order_id", digits(asked.order)), err)
			}
		}).reported("https://github.com/nopSolutions/nopCommerce/issues/4152").also("a session ID above 2^53 is looked up"),
	bug("the shop keeps the list of sessions to look up in memory",
		"a restart loses no session that must still be looked up", func(s *smallShop) {
			var mu sync.Mutex
			mine := map[string]bool{}
			s.open = func(ctx context.Context, id string) error {
				mu.Lock()
				mine[id] = true
				mu.Unlock()
				return s.opens(ctx, id)
			}
			s.due = func(t *tables) (lookups []lookup) {
				mu.Lock()
				defer mu.Unlock()
				return slices.DeleteFunc(openSessions(t), func(l lookup) bool { return !mine[l.order] })
			}
		}),
	bug("the shop looks up a session once and never again", "a lookup that gets 500 changes nothing", func(s *smallShop) {
		s.skipsDone()
		s.ask = func(ctx context.Context, session string) (message, error) {
			s.done(session)
			return s.asks(ctx, session)
		}
	}).also("a lookup that gets a proxy's page changes nothing"),
	bug("the shop handles no webhook during a lookup", "a hanging lookup does not block webhooks", func(s *smallShop) {
		one := make(worker, 1)
		s.reconcile = func(ctx context.Context) error {
			return one.does(func() error { return s.catchesUp(ctx) })
		}
		s.handle = func(ctx context.Context, m message) error {
			return one.does(func() error { return s.work(ctx, m) })
		}
	}),
}
