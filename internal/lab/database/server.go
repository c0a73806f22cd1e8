// Package database starts database servers for tests: each in a temporary directory, as an ordinary user, on a Unix
// socket. It ends the servers by process ID.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// ErrMissing means that the server's programs are not installed.
var ErrMissing = errors.New("not installed")

// startTimeout is how long a server may take to respond, including recovery after a crash.
const startTimeout = time.Minute

// Server is a private database server.
type Server struct {
	Driver string                       // driver name for sql.Open
	DSN    func(database string) string // returns the data source name of one of the server's databases

	dir     string
	socket  string
	user    *syscall.Credential // nil means the caller's user
	program string
	args    []string
	process *exec.Cmd
	ended   chan struct{}
}

// CreateDatabase creates an empty database and returns its data source name. The name must be an identifier.
func (s *Server) CreateDatabase(ctx context.Context, name string) (string, error) {
	db, err := sql.Open(s.Driver, s.DSN(""))
	if err != nil {
		return "", err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	return s.DSN(name), nil
}

// Start starts the server, also after Crash, and returns once it responds.
func (s *Server) Start(ctx context.Context) error {
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	s.process = s.command(context.WithoutCancel(ctx), s.program, s.args...) // the server outlives ctx
	s.process.Stdout, s.process.Stderr = log, log
	if err := s.process.Start(); err != nil {
		return fmt.Errorf("start %s: %w", s.program, err)
	}
	s.ended = make(chan struct{})
	go func() {
		_ = s.process.Wait()
		close(s.ended)
	}()
	if err := s.answers(ctx); err != nil {
		text, _ := os.ReadFile(log.Name())
		return fmt.Errorf("start %s: %w\n%s", s.program, err, text)
	}
	return nil
}

// startAfter starts the server unless err, the error of the preparation, is set. It removes a server that does not
// start.
func (s *Server) startAfter(ctx context.Context, err error) (*Server, error) {
	if err == nil {
		err = s.Start(ctx)
	}
	if err != nil {
		s.Remove()
		return nil, err
	}
	return s, nil
}

// The method answers waits until the server responds.
func (s *Server) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	db, err := sql.Open(s.Driver, s.DSN(""))
	if err != nil {
		return err
	}
	defer db.Close()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if err = db.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-s.ended:
			return errors.New("it ended")
		case <-ctx.Done():
			return err
		}
	}
}

// Crash ends the server as a crash would: nothing is flushed, and the next Start recovers from the server's log. For
// PostgreSQL it does the same as pg_ctl stop -m immediate.
func (s *Server) Crash() {
	if s.ended == nil {
		return
	}
	signal := syscall.SIGKILL
	if s.Driver == "pgx" {
		signal = syscall.SIGQUIT
	}
	_ = s.process.Process.Signal(signal)
	select {
	case <-s.ended:
	case <-time.After(startTimeout):
		_ = s.process.Process.Kill()
		<-s.ended
	}
}

// Remove ends the server and deletes its directory.
func (s *Server) Remove() {
	s.Crash()
	_ = os.RemoveAll(s.dir)
}

// newServer creates the directory, which only the server's user can read.
func newServer(driver string, users ...string) (*Server, error) {
	s := &Server{Driver: driver}
	var err error
	if s.user, err = ordinaryUser(users...); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "e24-"); err != nil {
		return nil, err
	}
	if s.user == nil {
		return s, nil
	}
	if err := os.Chown(s.dir, int(s.user.Uid), int(s.user.Gid)); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	return s, nil
}

// run runs a program to completion, as the server's user.
func (s *Server) run(ctx context.Context, program string, args ...string) error {
	if out, err := s.command(ctx, program, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", program, err, out)
	}
	return nil
}

func (s *Server) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = ownProcess(s.user)
	return cmd
}

// Pairs returns the rows of a query for two text columns.
func Pairs(ctx context.Context, db *sql.DB, query string) ([][2]string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all [][2]string
	for rows.Next() {
		var pair [2]string
		if err := rows.Scan(&pair[0], &pair[1]); err != nil {
			return nil, err
		}
		all = append(all, pair)
	}
	return all, rows.Err()
}
