// Package inbox applies the gateway's webhooks to the merchant's own SQL database: each event once, in whatever order
// they arrive, on any number of machines.
//
// Deliveries are repeated, overlap and arrive late, and a process can die between any two steps. So the inbox does
// three things in one transaction: it records what the message says, it decides what is new about that, and it runs the
// merchant's own statements. Either all of it is committed before the gateway reads 200, or none of it is and the
// gateway delivers again.
//
// # The rule
//
// A message that carries session, amount and currency is complete; one of a payment that lacks any of them is
// Incomplete, ships nothing, and [Inbox.Reconcile] asks the gateway for the rest. For one session, amount and currency
// there are as many payments as distinct txids, and at least one. The first complete payment of an order is Paid, each
// other one PaidAgain. A status is told once for each session, only upwards in rank, and not after the order is paid.
// Nothing is guessed from several messages together.
//
//	the message                                    the Kind     what a Func should do
//	--------------------------------------------   ----------   ---------------------------------------------------
//	paid, the order's first complete payment       Paid         check Settles, then mark the order paid
//	paid, another complete payment                 PaidAgain    check Settles: if the order is not paid yet, it may be
//	                                                            now; otherwise refund one
//	paid, without session, amount or currency      Incomplete   ship nothing, refund nothing, show it to a person until
//	                                                            a later Change has its Key in Completes
//	pending, processing, review, failed,           Progress     record the session's status; the order may still be
//	declined, expired, cancelled                                paid, in this session or in another
//	an unknown status, or no order id              Unknown      change no order, show it to a person
//	a test                                         Test         nothing
//	what was said before, or is late               no call
//
// The merchant's statements are a [Func], which is a switch over the Kinds. It uses tx for all of them:
//
//	func apply(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
//		switch c.Kind {
//		case inbox.Paid, inbox.PaidAgain:
//			due, err := findDue(ctx, tx, c.Payment.OrderID) // ID, Amount and Currency of the shop's own row
//			if err != nil {
//				return err
//			}
//			if err := c.Payment.Settles(due); err != nil { // also if there is no such order
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
//			return setSessionStatus(ctx, tx, c.Payment.SessionID, c.Payment.Status)
//		}
//		return nil
//	}
//
// Return every error of your own statements, and no other. What no later delivery can mend, such as a wrong amount, is
// a row for review and a nil error; otherwise it fails again for as long as the gateway delivers it. An ignored error
// is noticed where the database undid the transaction, but what a Func did after that in MySQL and SQLite is stored.
//
// A Func keeps its transaction open, so keep it to a few statements. Mail and calls to other systems cannot be rolled
// back: insert a row into a table of jobs through tx, and let a worker do them after the commit, at least once.
//
// # Lost webhooks
//
// Call [Inbox.Expect] in the transaction that records a session, and [Inbox.Reconcile] every minute.
//
// # Databases
//
// Any driver of database/sql will do. [Inbox.Migrate] makes two tables, ecomtrade24_orders and ecomtrade24_facts, which
// are kept for good: a few rows for each order.
//
//	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL")) // PostgreSQL: any number of replicas
//	db, err := sql.Open("sqlite", "file:shop.db?_txlock=immediate&_pragma=busy_timeout(10000)"+
//		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)") // modernc.org/sqlite: one machine
//	db.SetMaxOpenConns(16) // PostgreSQL and MySQL, for each replica; 1 for SQLite
//	box := inbox.New(db, inbox.Postgres, apply)
//	err = box.Migrate(ctx)
//	http.Handle("POST /api/webhook", webhook.NewHandler(verifier, box.Handle))
//
// On pgx itself there is package pgxinbox. How sqlc, sqlx, gorm, bun and ent join the transaction is in
// examples/frameworks/databases.
//
// With one connection, a Func that uses db instead of tx waits for itself until ctx ends. PostgreSQL's
// synchronous_commit must stay on. Behind a pooler in transaction mode, switch off the driver's prepared statements.
package inbox
