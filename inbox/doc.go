// Package inbox applies the gateway's webhooks exactly once, in any order, in the merchant's own SQL database.
//
// Deliveries repeat, overlap and come late; processes die between any two steps. The inbox does three things in one
// transaction: it records the event's key, it adds what the event says to what is known of its order, and it runs the
// merchant's own statements. All of it is committed before the gateway reads 200, or none of it is and the gateway
// delivers again. So an order is paid once, never lost and never un-paid, on any number of machines.
//
// A [Func] marks an order paid only if [ecomtrade24.Payment.Settles] says so, through tx and nothing else:
//
//	func apply(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
//		if !c.Payment.Paid() {
//			return nil // or note the status, or release the stock of an order whose sessions have all expired
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
//		if err := c.Payment.Settles(due); err != nil { // also for an order that does not exist
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
// Return an error only for what a later delivery can mend. What it cannot mend, such as a wrong amount or an order that
// does not exist, is a row for review and nil: an error would come back for as long as the gateway delivers.
// webhook.Discard is not for a Func: it answers 200 although nothing was recorded. But return every error of a
// statement: in PostgreSQL the transaction is lost with it, and in MySQL it can be. Handle notices that, and fails
// rather than commit nothing.
//
// # Which message leads to which call
//
// A payment is complete when its session, amount and currency are known.
//
//	message                                                  call
//	test, or status "test"                                   Test
//	a status that the SDK does not know, or no order id      Unknown
//	pending, expired … and no payment of the order known:
//	  a higher rank than its session had                     Advanced
//	  no higher rank                                         none
//	pending, expired … and a payment of the order known      none, whatever session it is of
//	paid, and with it a payment is complete:
//	  the first of the order                                 Advanced, with all that is known of the payment
//	  other session, txid, amount or currency                Conflict, with all that is known of the payment
//	  known before, also if its txid was not                 none
//	paid, but session, amount or currency still missing:
//	  contradicts all payments known so far                  Incomplete
//	  may be one of those                                    none
//	anything said before, by a webhook or by Reconcile       none
//
// An Incomplete payment comes again, as Advanced or Conflict, with the message that completes it. [Inbox.Reconcile] is
// sure to complete it, where the gateway says all three of the session; so run it, and leave an Incomplete payment's
// order among the open ones.
//
// Messages that lack something are put together by what they do say, and in any order with the same result:
//
//   - One without a session belongs to the session that its txid was told for.
//   - An amount without a currency takes the currency that was told for its session, unless for another txid.
//   - A payment without a txid is the one that is told with a txid for the same session, amount and currency. So two
//     payments of one session and one amount are told apart by their txids only.
//
// Nothing else is put together. A message with an amount and neither session nor txid completes no payment: where two
// sessions were paid, it could be the amount of the other one.
//
// Some things cannot be known, and then the inbox prefers to tell something once too often. Where a session is paid in
// two currencies and a message gives only the amount, that amount may be handed on in both. Where several payments of
// an order lack their session or txid, one of them may be Incomplete although it was told. And TxID in a call, where
// the message with the amount named none, is the only transaction that was known of the session at that time.
//
// One order can have several sessions. Change.Payment.SessionID tells them apart: an expired session of an order whose
// buyer is paying in another one is no reason to cancel the order, and nothing leaves paid.
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
// With one connection, a Func that uses db instead of tx waits for itself until ctx ends. A second process on the same
// machine may open the same file; network file systems may not hold it.
//
// # PostgreSQL: any number of replicas
//
//	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
//	db.SetMaxOpenConns(16); db.SetMaxIdleConns(16) // of each replica; the sum must fit max_connections
//	box := inbox.New(db, inbox.Postgres, apply)
//	err = box.Migrate(ctx)
//	http.Handle("POST /api/webhook.php", webhook.NewHandler(verifier, box.Handle))
//
// Every replica runs the same five lines, and a load balancer may send any delivery to any of them. synchronous_commit
// must stay on, or an acknowledged payment can be lost with the server. Behind a pooler that pools transactions, switch
// the driver's prepared statements off. MySQL and MariaDB are the same with inbox.MySQL.
//
// # Slow callbacks and effects outside the database
//
// A Func holds its transaction open: in SQLite everybody waits for it, in PostgreSQL the other deliveries of its
// order do. Keep it to a few statements. Mail, shipping and calls to other systems do not belong in it: they cannot
// be rolled back, and the Func can run again after a crash. Insert a row into a table of jobs through tx instead; a
// worker reads that table after the commit, does the work and marks the row done. The worker too can die between the
// two, so such an effect happens at least once: give the other system a key that does not change, such as the order
// id with the kind of job, where it takes one for idempotency.
//
// # Pruning
//
// ecomtrade24_events grows by a row of about 100 bytes for each distinct event. [Inbox.Prune] deletes the old ones:
//
//	err := box.Prune(ctx, 30*24*time.Hour) // once a day, on any replica
//
// ecomtrade24_orders holds a row for each order, with the highest rank of its sessions, and ecomtrade24_facts a row for
// each thing that was said of it. They are never pruned: they are what keeps a late event from un-paying an order, also
// after the event's key is gone.
//
// # Lost webhooks
//
// A merchant whose endpoint was down for longer than the gateway delivers has lost events. [Inbox.Reconcile] asks the
// gateway about the sessions of open orders and applies the answers on the same path. Run it in a ticker.
//
// # A queue in front
//
// A queue such as River or NATS JetStream may stand between the handler and Handle. It buys a quick answer to the
// gateway, its own retries, and room for a burst while the database is slow. The handler must then answer 200 only
// after the queue has stored the event durably (an Event marshals to the bytes that were verified), and the consumer
// acknowledges only after Handle returned nil. It does not replace the inbox: a queue's de-duplication ends with a
// window or a retention time, and it knows nothing of the order of an order's states.
package inbox
