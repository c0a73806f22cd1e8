package main

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations/*.sql
var migrations embed.FS

// queueVersion is the version of River's tables. A new version needs another migration.
const queueVersion = 8

// migrate brings the tables up to date: the shop's from files, the inbox's and the queue's from their packages. If
// several replicas start at the same time, one migrates and the others wait.
func (d *dialect) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	options := []goose.ProviderOption{goose.WithGoMigrations(
		goose.NewGoMigration(2, &goose.GoFunc{RunTx: d.makeInbox}, nil),
		goose.NewGoMigration(3, &goose.GoFunc{RunDB: d.makeQueue}, nil),
	)}
	if d.goose == goose.DialectPostgres {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(d.goose, d.db, files, options...)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

func (d *dialect) makeInbox(ctx context.Context, tx *sql.Tx) error {
	for _, statement := range d.inbox.Schema() {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// makeQueue runs each of River's migrations in a separate transaction, because some cannot share a transaction.
func (d *dialect) makeQueue(ctx context.Context, _ *sql.DB) error {
	migrator, err := rivermigrate.New(d.queue, nil)
	if err != nil {
		return err
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: queueVersion})
	return err
}
