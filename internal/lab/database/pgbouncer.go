package database

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// StartPgBouncer starts a PgBouncer in transaction mode in front of a PostgreSQL, with the same database names. Remove
// ends it. If the program is not installed, the error is ErrMissing.
func StartPgBouncer(ctx context.Context, postgres *Server) (*Server, error) {
	program, err := findProgram("pgbouncer", "/usr/sbin/pgbouncer")
	if err != nil {
		return nil, err
	}
	s, err := newServer("pgx", "postgres")
	if err != nil {
		return nil, err
	}
	// pgx needs the last setting: by default it prepares statements, but the next transaction may use another
	// connection.
	s.DSN = func(database string) string {
		return fmt.Sprintf("host=%s port=6432 user=postgres dbname=%s default_query_exec_mode=exec",
			s.dir, cmp.Or(database, "postgres"))
	}
	settings := filepath.Join(s.dir, "pgbouncer.ini")
	text := fmt.Appendf(nil, `[databases]
* = host=%s user=postgres
[pgbouncer]
pool_mode = transaction
listen_addr =
listen_port = 6432
unix_socket_dir = %s
auth_type = any
max_client_conn = 1000
default_pool_size = 8
server_idle_timeout = 1
ignore_startup_parameters = extra_float_digits
`, postgres.dir, s.dir)
	s.program, s.args = program, []string{settings}
	return s.startAfter(ctx, os.WriteFile(settings, text, 0o644))
}
