package database

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
)

// StartPostgres starts a private PostgreSQL with initdb's defaults, so it is durable. Remove ends it. If the programs
// are not installed, the error is ErrMissing.
func StartPostgres(ctx context.Context) (*Server, error) {
	bin, err := postgresPrograms()
	if err != nil {
		return nil, err
	}
	s, err := newServer("pgx", "postgres")
	if err != nil {
		return nil, err
	}
	s.dsn = func(database string) string {
		return fmt.Sprintf("host=%s user=postgres dbname=%s", s.dir, cmp.Or(database, "postgres"))
	}
	data := filepath.Join(s.dir, "data")
	s.socket = filepath.Join(s.dir, ".s.PGSQL.5432")
	s.program = filepath.Join(bin, "postgres")
	s.args = []string{"-D", data, "-k", s.dir, "-c", "listen_addresses=", "-c", "max_connections=500"}
	// Trust is safe here: only the directory's owner and root can reach the socket.
	return s.startAfter(ctx, s.run(ctx, filepath.Join(bin, "initdb"),
		"-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale"))
}

// postgresPrograms finds the directory of initdb and postgres, which Debian keeps out of PATH.
func postgresPrograms() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errors.Join(fmt.Errorf("PostgreSQL: %w", ErrMissing), err)
	}
	return filepath.Dir(found[len(found)-1]), nil
}
