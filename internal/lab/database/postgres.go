package database

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"

	_ "github.com/jackc/pgx/v5/stdlib" // the PostgreSQL driver
)

// StartPostgres starts a private PostgreSQL with initdb's defaults, so it is durable. Remove ends it. If the programs
// are not installed, the error is ErrMissing.
func StartPostgres(ctx context.Context) (*Server, error) {
	places, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // Debian does not put initdb into PATH
	slices.Reverse(places)                                         // newest version first
	initdb, err := findProgram("initdb", places...)
	if err != nil {
		return nil, err
	}
	s, err := newServer("pgx", "postgres")
	if err != nil {
		return nil, err
	}
	s.DSN = func(database string) string {
		return fmt.Sprintf("host=%s user=postgres dbname=%s", s.dir, cmp.Or(database, "postgres"))
	}
	data := filepath.Join(s.dir, "data")
	s.socket = filepath.Join(s.dir, ".s.PGSQL.5432")
	s.program = filepath.Join(filepath.Dir(initdb), "postgres")
	s.args = []string{"-D", data, "-k", s.dir, "-c", "listen_addresses=", "-c", "max_connections=500"}
	// Authentication method trust is safe here: only the directory's owner and root can reach the socket.
	return s.startAfter(ctx, s.run(ctx, initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale"))
}
