package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	_ "modernc.org/sqlite" // SQLite

	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// dialect is an open database, with the SQL dialect in the form that each library needs. Orders, inbox and queue share
// the pool, so that one transaction can include all three.
type dialect struct {
	db       *sql.DB
	close    func() error
	conns    int // the pool's maximum size after the migrations
	goose    goose.Dialect
	inbox    inbox.Dialect
	queue    riverdriver.Driver[*sql.Tx]
	complete completer
}

// completer marks a mail's job as done in a transaction.
type completer func(ctx context.Context, tx *sql.Tx, job *river.Job[mailJob]) error

func complete[D riverdriver.Driver[*sql.Tx]](ctx context.Context, tx *sql.Tx, job *river.Job[mailJob]) error {
	_, err := river.JobCompleteTx[D](ctx, tx, job)
	return err
}

// openDatabase opens PostgreSQL if DATABASE_URL is set, or else the SQLite file, and brings the tables up to date.
func openDatabase(ctx context.Context, s settings) (*dialect, error) {
	open := openSQLite
	if s.databaseURL != "" {
		open = openPostgres
	}
	d, err := open(ctx, s)
	if err != nil {
		return nil, err
	}
	if err := d.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("migrate the database: %w", err), d.close())
	}
	d.db.SetMaxOpenConns(d.conns)
	d.db.SetMaxIdleConns(d.conns)
	return d, nil
}

const postgresConns = 16 // connections of each replica; one more listens for new jobs

// openPostgres opens a database for any number of replicas. The connections of all replicas together must fit the
// server's max_connections. To detect new jobs, the queue uses LISTEN, which does not work through a pooler in
// transaction mode.
func openPostgres(ctx context.Context, s settings) (*dialect, error) {
	config, err := pgxpool.ParseConfig(s.databaseURL)
	if err != nil {
		return nil, errors.New("DATABASE_URL must look like postgres://user:password@host/database")
	}
	config.MaxConns = postgresConns
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	db := stdlib.OpenDBFromPool(pool)
	return &dialect{
		db: db, conns: postgresConns, goose: goose.DialectPostgres, inbox: inbox.Postgres,
		queue: riverdatabasesql.NewWithPgxListener(db, pool), complete: complete[*riverdatabasesql.Driver],
		close: func() error {
			defer pool.Close()
			return db.Close()
		},
	}, nil
}

// makePrivate creates a file or, with fs.ModeDir, a folder that no other user of the machine can read. If the file or
// folder exists, makePrivate removes other users' permissions on it. Every file or folder that holds orders or mail is
// created this way.
func makePrivate(name string, kind fs.FileMode) error {
	if kind == fs.ModeDir {
		return errors.Join(os.MkdirAll(name, 0o700), os.Chmod(name, 0o700)) //nolint:gosec // a folder needs 0o700
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the shop chooses the name
	if err != nil {
		return err
	}
	return errors.Join(file.Chmod(0o600), file.Close())
}

// openSQLite opens a database for a single process. SQLite allows one writer at a time: with one connection, the inbox,
// the queue and the pages wait for each other instead of failing with "database is locked". Commits are durable: an
// acknowledged webhook must survive a power cut.
func openSQLite(_ context.Context, s settings) (*dialect, error) {
	if err := makePrivate(s.sqliteFile(), 0); err != nil { // SQLite creates its other files with the same mode
		return nil, err
	}
	file := (&url.URL{Path: filepath.ToSlash(s.sqliteFile())}).EscapedPath()
	db, err := sql.Open("sqlite", "file:"+file+"?_txlock=immediate&_pragma=busy_timeout(10000)"+
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)")
	if err != nil {
		return nil, err
	}
	return &dialect{
		db: db, conns: 1, goose: goose.DialectSQLite3, inbox: inbox.SQLite,
		queue: riversqlite.New(db), complete: complete[*riversqlite.Driver], close: db.Close,
	}, nil
}
