package database

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"

	_ "github.com/go-sql-driver/mysql" // the MariaDB driver
)

// StartMariaDB starts a private MariaDB. Remove ends it. If the programs are not installed, the error is ErrMissing.
func StartMariaDB(ctx context.Context) (*Server, error) { return StartMariaDBWith(ctx) }

// StartMariaDBWith is StartMariaDB with additional arguments for the server.
func StartMariaDBWith(ctx context.Context, args ...string) (*Server, error) {
	install, err := exec.LookPath("mariadb-install-db")
	if err != nil {
		return nil, fmt.Errorf("MariaDB: %w", ErrMissing)
	}
	program, err := findProgram("mariadbd", "/usr/sbin/mariadbd", "/usr/libexec/mariadbd")
	if err != nil {
		return nil, err
	}
	s, err := newServer("mysql", "mysql")
	if err != nil {
		return nil, err
	}
	data := filepath.Join(s.dir, "data")
	s.socket = filepath.Join(s.dir, "socket")
	s.DSN = func(database string) string { return fmt.Sprintf("root@unix(%s)/%s", s.socket, database) }
	s.program = program
	// Temporary tables need a private directory too: when a server starts, it deletes all temporary tables in its
	// directory, even another server's.
	tmp := "--tmpdir=" + s.dir
	s.args = []string{
		"--no-defaults", "--datadir=" + data, "--socket=" + s.socket, "--pid-file=" + filepath.Join(s.dir, "pid"), tmp,
		"--skip-networking", "--max-connections=500", "--character-set-server=utf8mb4", "--skip-grant-tables",
		"--innodb-flush-log-at-trx-commit=1",
	}
	s.args = append(s.args, args...)
	return s.startAfter(ctx, s.run(ctx, install, "--no-defaults", "--datadir="+data, tmp,
		"--auth-root-authentication-method=normal", "--skip-test-db"))
}

// findProgram looks for the program in PATH and then in the given places.
func findProgram(name string, places ...string) (string, error) {
	for _, place := range append([]string{name}, places...) {
		if path, err := exec.LookPath(place); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: %w", name, ErrMissing)
}
