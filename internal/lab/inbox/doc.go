// Package inbox contains only tests. They run the inbox on real databases (PostgreSQL, SQLite and MariaDB), and also
// with pgx and behind PgBouncer.
package inbox
