// Package pgxinbox is package inbox on pgx itself instead of database/sql: the Func gets a [pgx.Tx], and the inbox's
// last statement goes out together with the commit. The rule, the Kinds, the tables and the options are those of
// package inbox, whose documentation says what a Func should do; both can run on the same tables.
//
//	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
//	box := pgxinbox.New(pool, func(ctx context.Context, tx pgx.Tx, c inbox.Change) error { … })
//	err = box.Migrate(ctx)
//	http.Handle("POST /api/webhook", webhook.NewHandler(verifier, box.Handle))
//
// Behind PgBouncer in transaction mode, pgx must not prepare statements on the server: add
// default_query_exec_mode=exec to the DSN. PgBouncer 1.21 and later can do without, with max_prepared_statements.
package pgxinbox
