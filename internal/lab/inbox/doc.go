// Package inbox contains only tests: they run the inbox on real databases, PostgreSQL, SQLite and MariaDB, also on pgx
// and behind PgBouncer.
package inbox
