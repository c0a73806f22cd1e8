// Package pgxinbox does the same as package inbox, but with pgx instead of database/sql: the Func gets a [pgx.Tx], and
// the inbox sends its last statement together with the commit. Both packages have the same rules for payments, Kinds,
// tables and options, and can share the tables. The documentation of package inbox says what a Func should do.
//
//	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
//	box := pgxinbox.New(pool, func(ctx context.Context, tx pgx.Tx, c inbox.Change) error { … })
//	err = box.Migrate(ctx)
//	http.Handle("POST /api/webhook", webhook.NewHandler(verifier, box.Handle))
//
// # Connections
//
// Each [Inbox.Handle] holds one connection of the pool and never needs a second, so the pool size limits how many
// deliveries run at the same time. The rest wait. [Inbox.Reconcile] uses up to four connections. The pool's default
// size is four or the number of CPUs, whichever is more. If the rest of your program shares the pool, set
// pool_max_conns in the DSN.
//
// A worker that takes events from a queue inside its own transaction must call [Inbox.HandleTx] with that
// transaction. Handle would need a second connection for each worker: once every connection is held by a worker, all of
// them block until their contexts end.
//
// Behind PgBouncer in transaction mode, pgx must not prepare statements on the server: add default_query_exec_mode=exec
// to the DSN. With PgBouncer 1.21 or later you can set its max_prepared_statements instead.
package pgxinbox
