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
// A message that carries session, amount and currency is complete; one about a payment that lacks any of them is
// Incomplete, ships nothing, and [Inbox.Reconcile] looks up the rest. For one session, amount and currency there are as
// many payments as distinct txids, and at least one. The first complete payment of an order is Paid, each other one
// PaidAgain. A status is reported once per session, never a lower rank, and not after that session has paid. Each
// message is judged on its own.
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
//	an unknown status, or no order id              Unknown      change no order, leave it to manual review
//	a test                                         Test         nothing
//	said before, or a lower rank                   no call
//
// Paid is not settled: your Func checks Settles, and a payment that it does not accept silences nothing. Your
// statements are a [Func], which is a switch over the Kinds. It uses tx for all of them:
//
//	func apply(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
//		switch c.Kind {
//		case inbox.Paid, inbox.PaidAgain:
//			due, err := findDue(ctx, tx, c.Payment.OrderID) // ID, Amount and Currency of your own row
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
//			return setStatus(ctx, tx, c.Payment.OrderID, c.Payment.Status) // UPDATE … WHERE id = $1 AND NOT paid
//		}
//		return nil
//	}
//
// A session of before may expire after another one has paid. So Progress must not touch an order that is marked paid,
// as AND NOT paid sees to here. A shop that leads buyers back to an open checkout keeps a status for each session
// instead.
//
// Return every error of your own statements, and no other. A wrong amount, or whatever else no later delivery can fix,
// is a row for review and a nil error; otherwise it fails again as long as the gateway delivers it. An ignored error is
// noticed if the database undid the transaction, but what a Func did after that in MySQL and SQLite is stored.
//
// A Func keeps its transaction open, so keep it to a few statements. Mail and calls to other systems cannot be rolled
// back: insert a row into a table of jobs through tx, and let a worker do them after the commit, at least once.
//
// # Lost webhooks
//
// Call [Inbox.Expect] in the transaction that records a session, and [Inbox.Reconcile] every minute. On the return
// page, [Inbox.Ask] looks up a session whose webhook has not arrived yet.
//
// # Databases
//
// Any driver of database/sql will do. [Inbox.Migrate] makes two tables, ecomtrade24_orders and ecomtrade24_facts, which
// keep a few rows for each order and need no pruning.
//
//	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL")) // PostgreSQL: any number of replicas
//	db, err := sql.Open("sqlite", "file:shop.db?_txlock=immediate&_pragma=busy_timeout(10000)"+
//		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)") // modernc.org/sqlite: one machine
//	db.SetMaxOpenConns(16) // PostgreSQL and MySQL, for each replica; 1 for SQLite
//	box := inbox.New(db, inbox.Postgres, apply)
//	err = box.Migrate(ctx)
//	http.Handle("POST /api/webhook", webhook.NewHandler(verifier, box.Handle))
//
// Package pgxinbox does the same on pgx itself. How sqlc, sqlx, gorm, bun and ent join the transaction, and how a worker
// takes events from a queue, is in examples/frameworks/databases.
//
// Each [Inbox.Handle] holds one connection and never needs a second. With a pool of one, a Func that uses db instead of
// tx waits for itself until ctx ends. So do workers that call Handle inside a transaction of their own, once all
// connections are taken: they must call [Inbox.HandleTx].
//
// PostgreSQL's synchronous_commit must stay on. Behind a pooler in transaction mode, turn off the driver's prepared
// statements. In a Galera cluster, or another one with several primaries, send all writes to one node: elsewhere a row
// of a Func can be stored although its transaction was undone.
package inbox
