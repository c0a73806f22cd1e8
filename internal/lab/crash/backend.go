package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ecomtrade24/ecomtrade24-go/internal/lab/database"
)

// backend is a database that experiments run on.
type backend struct {
	name, driver string
	server       *database.Server                          // nil for SQLite
	create       func(ctx context.Context) (string, error) // creates an empty database
}

// servers returns the database servers of a full run.
func servers() []serverKind {
	return []serverKind{
		{"PostgreSQL", "postgresql", database.StartPostgres},
		{"MariaDB", "mariadb-server", database.StartMariaDB},
	}
}

type serverKind struct {
	name, debian string // debian is the name of the Debian package
	start        func(context.Context) (*database.Server, error)
}

// withBackends creates a directory for SQLite and starts the installed servers, and removes everything when f returns.
// In CI all servers must be installed.
func withBackends(ctx context.Context, f func(context.Context, []*backend) error) error {
	dir, err := os.MkdirTemp("", "e24-sqlite-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	n := 0
	name := func() string {
		n++
		return fmt.Sprintf("shop%d", n)
	}
	backends := []*backend{{name: "SQLite", driver: "sqlite", create: func(context.Context) (string, error) {
		return database.SQLiteDSN(filepath.Join(dir, name())), nil
	}}}
	for _, kind := range servers() {
		s, err := kind.start(ctx)
		if errors.Is(err, database.ErrMissing) && os.Getenv("CI") == "" {
			fmt.Printf("%s is left out, since it is not installed. On Debian: apt-get install %s\n", kind.name, kind.debian)
			continue
		}
		if err != nil {
			return err
		}
		defer s.Remove()
		backends = append(backends, &backend{
			name: kind.name, driver: s.Driver, server: s,
			create: func(ctx context.Context) (string, error) { return s.CreateDatabase(ctx, name()) },
		})
	}
	return f(ctx, backends)
}
