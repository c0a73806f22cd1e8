// Package inbox applies the gateway's webhooks to the merchant's own SQL database: each event once, in whatever order
// they arrive.
//
// Deliveries are repeated, overlap and arrive late, and a process can die between any two steps. So the inbox does
// three things in one transaction: it records the event's key, it adds what the event says to what is known about the
// order, and it runs the merchant's own statements. Either all of that is committed before the gateway reads 200, or
// none of it is and the gateway delivers again. An order is paid once, no payment is lost, and a paid order never
// becomes unpaid, on any number of machines.
//
// The merchant's statements are a [Func]. It uses tx for all of them, and marks an order paid only if
// [ecomtrade24.Payment.Settles] says so:
//
//	func apply(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
//		if !c.Payment.Paid() {
//			return nil // or record the status, or release the stock once all sessions of the order have expired
//		}
//		if c.Kind == inbox.Incomplete {
//			return forReview(ctx, tx, c, errors.New("paid, details missing")) // a row that a person looks at
//		}
//		due := ecomtrade24.Order{ID: c.Payment.OrderID}
//		row := tx.QueryRowContext(ctx, `SELECT amount, currency FROM shop_orders WHERE id = $1`, due.ID)
//		err := row.Scan(&due.Amount, &due.Currency)
//		if err != nil && !errors.Is(err, sql.ErrNoRows) {
//			return err
//		}
//		if err := c.Payment.Settles(due); err != nil { // also if there is no such order
//			webhook.Note(ctx, "does_not_settle") // in the delivery's line in the log
//			return forReview(ctx, tx, c, err)
//		}
//		result, err := tx.ExecContext(ctx, `UPDATE shop_orders SET paid = TRUE WHERE id = $1 AND NOT paid`, due.ID)
//		if err != nil {
//			return err
//		}
//		if n, err := result.RowsAffected(); err != nil || n == 1 {
//			return err
//		}
//		return forReview(ctx, tx, c, errors.New("paid twice: refund one")) // a Conflict
//	}
//
// Return an error only for what a later delivery can mend, such as a lost connection. What it cannot mend, such as a
// wrong amount or an unknown order, is a row for review and a nil error: otherwise the event fails again for as long
// as the gateway delivers it. webhook.Discard does nothing in a Func, since the transaction is rolled back.
//
// The Handler logs all of these as handled. The attribute changes of its line tells them apart: it has the Kind of each
// Change that was committed, and then the words that the Func gave to webhook.Note.
//
// An Inbox keeps the orders of one merchant account. For another account, which may use the same order ids, use another
// database or schema.
//
// Do return every error of your own statements. After one, PostgreSQL has aborted the transaction, and MySQL may have
// rolled it back. If a Func ignores that, Handle notices and returns an error, because there is nothing to commit. It
// cannot undo what the Func then went on to do in MySQL and SQLite: without a transaction each statement is stored at
// once, and again with the next delivery.
//
// # Which message leads to which call
//
// A message is a webhook, or a final status that the gateway gave [Inbox.Reconcile]. The first line that fits decides:
//
//	message                                                       call of the Func
//	-----------------------------------------------------------   ----------------
//	a copy of an event handled before (the same Event.Key)        none
//	a test: "test" is true, or the status is "test"               Test
//	a status that the SDK does not know, or no order id           Unknown
//
//	pending, processing, review (rank 10),
//	failed, declined, expired or cancelled (rank 20):
//	  the order has a payment already, complete or not            none
//	  its session has had this rank already, or a higher one      none
//	  otherwise                                                   Advanced
//
//	paid (rank 30):
//	  it completes the order's first payment                      Advanced
//	  it completes another payment                                Conflict
//	  it completes none, but can be about a payment told before   none
//	  it completes none, and is about no payment told before      Incomplete
//
// A payment is complete when its session, amount and currency are known, from one message or from several. Payments
// are different if their session, txid, amount or currency are. The payment that a message completes is in
// Change.Payment with all that is known about it. If a message completes several payments at once, the Func is called
// for each of them, in the same transaction.
//
// What a Func should do:
//
//	Advanced, paid       check Settles, then mark the order paid
//	Advanced, not paid   record the status; the order may still be paid, in this session or in another
//	Conflict             check Settles too: if the order is not paid yet, this payment may settle it; else refund one
//	Incomplete           ship nothing, refund nothing; keep it for review until Reconcile completes it
//	Unknown              change no order; keep it for review
//	Test                 nothing
//
// An order can have several sessions, and Change.Payment.SessionID tells them apart. If one of them has expired while
// the buyer is paying in another, do not cancel the order.
//
// # Messages with gaps
//
// Messages that lack something are put together by these rules, in any order with the same result:
//
//   - A message without a session (or with session 0, which is none) is about the sessions that have its txid.
//   - An amount without a currency is in the currency that another message gave for its session, unless that message
//     has a different txid.
//   - A payment without a txid is the same as one with a txid, if session, amount and currency are the same. So two
//     equal payments in one session are told apart only by their txids.
//
// Nothing else is put together. In particular, an amount with neither session nor txid completes no payment: if two
// sessions were paid, it could belong to either.
//
// The gateway's answer about a session normally has all three, so an Incomplete payment is completed by
// [Inbox.Reconcile], and then comes again as Advanced or Conflict. Run Reconcile regularly, and count an order with an
// Incomplete payment among the open ones.
//
// In rare cases the messages leave a doubt, and then the inbox reports something once too often rather than not at all:
//
//   - If a session is paid in two currencies, a message with only the amount may be handed on in both.
//   - If several payments of an order lack their session or txid, one of them may be Incomplete a second time.
//
// If the message with the amount has no txid, Change.Payment.TxID is the only txid known for that session so far. It is
// empty if there is none, if there are several, or if the only one belongs to another payment.
//
// # SQLite: one machine, no server
//
// Any driver will do; the parameters below are those of modernc.org/sqlite.
//
//	db, err := sql.Open("sqlite", "file:shop.db?_txlock=immediate&_pragma=busy_timeout(10000)"+
//		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
//	db.SetMaxOpenConns(1) // writers queue in the process instead of polling the file
//	box := inbox.New(db, inbox.SQLite, apply)
//	err = box.Migrate(ctx)
//	http.Handle("POST /api/webhook.php", webhook.NewHandler(verifier, box.Handle))
//
// With one connection, a Func that uses db instead of tx waits for itself until ctx ends. Other processes on the same
// machine may open the file too. Do not put it on a network file system.
//
// # PostgreSQL: any number of replicas
//
//	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
//	db.SetMaxOpenConns(16); db.SetMaxIdleConns(16) // for each replica; the sum must fit max_connections
//	box := inbox.New(db, inbox.Postgres, apply)
//	err = box.Migrate(ctx)
//	http.Handle("POST /api/webhook.php", webhook.NewHandler(verifier, box.Handle))
//
// Every replica runs the same five lines, and a load balancer may send any delivery to any replica. synchronous_commit
// must stay on, or an acknowledged payment can be lost when the server crashes. Behind a pooler in transaction mode,
// switch off the driver's prepared statements. MySQL and MariaDB work the same way with inbox.MySQL, where a Func
// writes ? instead of $1.
//
// # Slow callbacks and effects outside the database
//
// A Func keeps its transaction open: in SQLite every other delivery waits for it, in PostgreSQL those of the same
// order do. Keep it to a few statements. Mail, shipping and calls to other systems do not belong in it: they cannot be
// rolled back, and the Func can run again after a crash. Insert a row into a table of jobs through tx instead. A worker
// reads that table after the commit, does the work and marks the row done. The worker too can die between the two, so
// such an effect happens at least once. If the other system takes an idempotency key, give it one that does not change,
// such as the order id and the kind of job.
//
// # Pruning
//
// ecomtrade24_events grows by a row of about 100 bytes for each distinct event. [Inbox.Prune] deletes the old ones:
//
//	err := box.Prune(ctx, 30*24*time.Hour) // once a day, on any replica
//
// ecomtrade24_orders holds a row for each order, with the highest rank of its sessions, and ecomtrade24_facts a row for
// each different thing that was said about it. Both are kept for good: they prevent a late event from changing a paid
// order, even when the event's key has been deleted.
//
// # Lost webhooks
//
// If the merchant's endpoint was down for longer than the gateway keeps delivering, events are lost. [Inbox.Reconcile]
// asks the gateway about the sessions of open orders and applies the answers as Handle applies webhooks. Run it in a
// ticker.
//
// # A queue in front
//
// A queue such as River or NATS JetStream may stand between the handler and Handle. It gives a quick answer to the
// gateway, retries of its own, and room for a burst while the database is slow. The handler must then answer 200 only
// after the queue has stored the event durably (an Event marshals to its Raw, and is read from that again), and the
// consumer must acknowledge only after Handle has returned nil. The queue does not replace the inbox: its
// de-duplication ends after a window or a retention time, and it does not know which state of an order comes after
// which.
package inbox
