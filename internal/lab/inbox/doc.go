// Package inbox holds only tests: they prove the inbox on real databases, PostgreSQL, SQLite and MariaDB, on pgx too
// and behind PgBouncer.
package inbox
