// Package inboxtest proves the inbox on real databases: PostgreSQL, SQLite and MariaDB. It is a module of its own, so
// that no merchant's build sees its drivers.
package inboxtest
