// Package inbox applies the gateway's webhooks to your own SQL database: each event once, in whatever sequence they
// arrive, on any number of machines.
//
// Deliveries repeat, overlap and arrive late, and a process can die between any two steps. So the inbox does three
// things in one transaction: it records what the message says, it decides what is new about that, and it runs your own
// statements. Either all of it is committed before the gateway gets its 200, or none of it is and the gateway delivers
// again.
//
// # The rule
//
// A paid message is complete if it has a session, an amount and a currency. One that lacks any of them is Incomplete:
// ship nothing; if it names its session, [Inbox.Reconcile] looks up the rest. A session ID that
// [ecomtrade24.Client.Status] rejects, such as one with white space around it, counts as not set. For one session,
// amount and currency there are as many payments as distinct txids, and at least one. An order's first complete payment
// is Paid, each later one PaidAgain. For each session, a status is reported once, only if its rank is higher than
// before ([ecomtrade24.PaymentStatus.Rank]), and not after that session has paid. Each message is judged on its own.
//
//	the message                                    the Kind     what a Func should do
//	--------------------------------------------   ----------   ---------------------------------------------------
//	paid, the order's first complete payment       Paid         check Settles, then mark the order paid
//	paid, another complete payment                 PaidAgain    check Settles: if the order is not marked paid yet,
//	                                                            this may settle it; otherwise refund one
//	paid, without session, amount or currency      Incomplete   ship nothing, refund nothing, leave it to manual review
//	                                                            until a later Change has its Key in Completes
//	pending, processing, review, failed,           Progress     record the session's status; the order may be marked
//	declined, expired, cancelled                                paid already, and this session may still pay
//	an unknown status                              Unknown      change no order, leave it to manual review
//	no order id, whatever the status               Unknown      the same: it may be a payment
//	a test                                         Test         nothing
//	repeated, or not of a higher rank              no call
//
// Paid does not mean settled: call Settles. If it rejects a payment, your Func still gets the order's later payments,
// as PaidAgain, and what becomes of its other sessions.
//
// Commit the order before you call Checkout: a webhook can arrive before Checkout returns, and a payment whose order is
// not stored yet goes to manual review. Then write a [Func], usually a switch over Kind. Run every statement on tx:
//
//	func apply(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
//		switch c.Kind {
//		case inbox.Paid, inbox.PaidAgain:
//			if err := closeReviews(ctx, tx, c.Completes); err != nil {
//				return err
//			}
//			due, err := findDue(ctx, tx, c.Payment.OrderID) // ID, Amount and Currency; the zero Order if there is none
//			if err != nil {
//				return err
//			}
//			if err := c.Payment.Settles(due); err != nil {
//				webhook.Note(ctx, "does_not_settle") // in the delivery's line in the log
//				return forReview(ctx, tx, c, err)
//			}
//			fresh, err := markPaid(ctx, tx, due.ID) // UPDATE … SET paid = TRUE WHERE id = $1 AND NOT paid
//			if err != nil || fresh {
//				return err
//			}
//			return forReview(ctx, tx, c, errors.New("paid twice: refund one"))
//		case inbox.Incomplete, inbox.Unknown:
//			return forReview(ctx, tx, c, errors.New("not complete, or not understood"))
//		case inbox.Progress:
//			// The session's row alone: an older session may expire after a newer one has paid.
//			return setSessionStatus(ctx, tx, &c.Payment) // INSERT … ON CONFLICT DO UPDATE
//		}
//		return nil
//	}
//
// Progress never changes an order that is marked paid. If you keep only one status for each order, add AND NOT paid to
// its UPDATE, and expect that an old session's end hides that a newer session is processing. Progress can arrive before
// you have stored the session, so insert the row if it is missing.
//
// Return database errors and nothing else. If no later delivery can fix it, such as a wrong amount, store a row for
// review and return nil. An error would only make the gateway deliver it again, also one from webhook.Discard. Never
// ignore a statement's error: if it made the database roll back, Handle reports that, but MySQL and SQLite keep what
// your Func wrote afterwards.
//
// A Func keeps its transaction open, so keep it to a few statements. Mail and calls to other systems cannot be rolled
// back: insert a row into a table of jobs through tx, and let a worker run them after the commit. A job may run more
// than once.
//
// # Lost webhooks
//
// Call [Inbox.Expect] in the transaction that stores a session, and [Inbox.Reconcile] every minute. It looks a session
// up until its first complete payment, whether or not that settles the order, and a few times after it has ended. On
// the return page, [Inbox.Ask] looks up a session whose webhook has not arrived yet.
//
// # Databases
//
// Any database/sql driver works. [Inbox.Migrate] makes two tables, ecomtrade24_orders and ecomtrade24_facts, which keep
// a few rows for each order and need no pruning. PostgreSQL, for any number of replicas:
//
//	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
//	db.SetMaxOpenConns(16) // for each replica
//	box := inbox.New(db, inbox.Postgres, apply)
//	err = box.Migrate(ctx)
//	http.Handle("POST /api/webhook", webhook.NewHandler(verifier, box.Handle))
//
// SQLite, here modernc.org/sqlite, for any number of processes on one machine:
//
//	db, err := sql.Open("sqlite", "file:shop.db?_txlock=immediate&_pragma=busy_timeout(10000)"+
//		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
//	db.SetMaxOpenConns(1)
//	box := inbox.New(db, inbox.SQLite, apply)
//
// Package pgxinbox does the same on pgx itself. How sqlc, sqlx, gorm, bun and ent join the transaction, and how a
// worker takes events from a queue, is in examples/frameworks/databases.
//
// Each [Inbox.Handle] holds one connection and never needs a second, so a pool of any size works. If a Func uses db
// instead of tx and the pool has one connection, it blocks until ctx ends. Workers that call Handle inside their own
// transaction block the same way once all connections are taken: call [Inbox.HandleTx] there.
//
// Handle ends with its context, even if the server stops answering. With MySQL's usual driver such a connection comes
// back only after readTimeout, so set that in the DSN.
//
// PostgreSQL's synchronous_commit must stay on. Behind a pooler in transaction mode, turn off the driver's prepared
// statements. In a Galera cluster, or another one with several primaries, send all writes to one node. Otherwise a row
// written by your Func can survive a rollback.
package inbox
