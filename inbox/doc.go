// Package inbox applies the gateway's webhooks to your own SQL database: each event once, in any sequence, on any
// number of machines.
//
// Deliveries repeat, overlap and arrive late, and a process can die between any two steps. So the inbox does three
// things in one transaction: it records the message, decides what is new in it, and runs your own statements. Either
// all of this is committed before the gateway gets its 200, or none of it is committed and the gateway delivers again.
//
// # The rule
//
// A message with the status paid is complete if it has a session, an amount and a currency. A paid message that lacks
// any of them is Incomplete: ship nothing. If an Incomplete names its session, [Inbox.Reconcile] looks up the missing
// fields. A session ID that [ecomtrade24.Client.Status] rejects, such as one with surrounding white space, counts as
// not set.
//
// Complete messages with the same session, amount and currency count as one payment for each distinct txid, or as a
// single payment if none has a txid. An order's first complete payment is Paid, and each later payment is PaidAgain.
// For each session, your Func sees a status at most once. It sees a status only if the status has a higher rank
// ([ecomtrade24.PaymentStatus.Rank]) than the session's earlier ones and the session is not paid yet. Each message is
// judged on its own.
//
//	the message                                    the Kind     what a Func should do
//	--------------------------------------------   ----------   ---------------------------------------------------
//	paid, the order's first complete payment       Paid         check Settles, then mark the order paid
//	paid, another complete payment                 PaidAgain    check Settles: if the order is not marked paid yet,
//	                                                            this may settle it; otherwise refund one
//	paid, without session, amount or currency      Incomplete   ship nothing, refund nothing, leave it to manual review
//	                                                            until a later Change has its Key in Completes
//	pending, processing, review, failed,           Progress     record the session's status; the order may be marked
//	declined, expired, cancelled                                paid already, and this session may yet be paid
//	an unknown status                              Unknown      change no order, leave it to manual review
//	no order id, whatever the status               Unknown      the same: it may be a payment
//	a test                                         Test         nothing
//	repeated, or not of a higher rank              no call
//
// Paid does not mean settled, so call Settles. If Settles rejects a payment, your Func still gets the order's later
// payments, as PaidAgain, and the Progress of its other sessions.
//
// Commit the order before you call Checkout. A webhook can arrive before Checkout returns, and a payment without a
// stored order goes to manual review. Then write a [Func], usually a switch over Kind. Run every statement on tx:
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
//				webhook.Note(ctx, "does_not_settle") // in the delivery's log line
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
//			// The session's row alone: an older session may expire after a newer one was paid.
//			return setSessionStatus(ctx, tx, &c.Payment) // INSERT … ON CONFLICT DO UPDATE
//		}
//		return nil
//	}
//
// Progress must never change an order that is marked paid. If you keep only one status for each order, add "AND NOT
// paid" to the UPDATE that sets it. With only one status, the end of an old session may hide that a newer one is
// processing. Progress can arrive before you have stored the session, so insert the row if it is missing.
//
// Return only database errors. If a redelivery cannot fix a problem, such as a wrong amount, store a row for manual
// review and return nil. After any error, even from webhook.Discard, the gateway delivers again. Never ignore a
// statement's error. If the failed statement made the database roll back, Handle returns an error, but MySQL and SQLite
// keep everything that your Func wrote after the rollback.
//
// A Func keeps its transaction open, so use few statements. Emails and calls to other systems cannot be rolled back:
// insert a row into a jobs table through tx, and let a worker run the job after the commit. A job may run more than
// once.
//
// # Lost webhooks
//
// Call [Inbox.Expect] in the transaction that stores a session, and [Inbox.Reconcile] every minute. Reconcile looks up
// a session until its first complete payment, whether or not that payment settles the order. If the session ends
// unpaid, Reconcile looks it up a few more times. On the return page, [Inbox.Ask] looks up a session whose webhook has
// not arrived yet.
//
// # Databases
//
// Any database/sql driver works. [Inbox.Migrate] creates two tables, ecomtrade24_orders and ecomtrade24_facts. They
// keep a few rows for each order and need no pruning. PostgreSQL, for any number of replicas:
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
// Package pgxinbox does the same as this package, but with pgx instead of database/sql. The directory
// examples/frameworks/databases shows how sqlc, sqlx, gorm, bun and ent join the transaction, and how a worker takes
// events from a queue.
//
// Each [Inbox.Handle] holds one connection and never needs a second, so a pool of any size works. If a Func uses db
// instead of tx and the pool has one connection, it blocks until ctx ends. Workers that call Handle inside their own
// transaction block the same way once they hold all connections. Call [Inbox.HandleTx] there instead.
//
// Handle returns when its context ends, even if the server stops responding. In that case MySQL's usual driver returns
// the connection to the pool only after readTimeout, so set readTimeout in the DSN.
//
// PostgreSQL's synchronous_commit must stay on. Behind a pooler in transaction mode, turn off the driver's prepared
// statements. In a Galera cluster, or any cluster with several primaries, send all writes to one node. Otherwise a row
// that your Func wrote can remain after a rollback.
package inbox
