package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// startPostgres starts the installed PostgreSQL on a Unix socket in a folder of its own. It returns nil if none is
// installed. The server ends with remove, or with this process.
func startPostgres(ctx context.Context) (*server, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // Debian keeps it out of PATH
	if path, missing := exec.LookPath("initdb"); missing == nil {
		found = append(found, path)
	}
	if err != nil || len(found) == 0 {
		return nil, err
	}
	s := &server{}
	if s.dir, err = os.MkdirTemp("", "pg-"); err != nil {
		return nil, err
	}
	s.remove = func() { _ = os.RemoveAll(s.dir) }
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Geteuid() == 0 { // it refuses to run as root
		if attr.Credential, err = credential("postgres"); err == nil {
			err = os.Chown(s.dir, int(attr.Credential.Uid), int(attr.Credential.Gid))
		}
	}
	if err == nil {
		err = s.start(ctx, filepath.Dir(found[len(found)-1]), attr)
	}
	if err != nil {
		s.remove()
		return nil, err
	}
	return s, nil
}

func (s *server) start(ctx context.Context, bin string, attr *syscall.SysProcAttr) error {
	data := filepath.Join(s.dir, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E",
		"UTF8", "--no-locale")
	initdb.Dir, initdb.SysProcAttr = s.dir, attr
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	process := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "-D", data, "-k", s.dir,
		"-c", "listen_addresses=", "-c", "max_connections=500")
	process.Dir, process.SysProcAttr = s.dir, attr
	if err := process.Start(); err != nil {
		return err
	}
	s.remove = func() {
		_ = process.Process.Signal(syscall.SIGQUIT)
		_ = process.Wait()
		_ = os.RemoveAll(s.dir)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	db, err := sql.Open("pgx", s.dsn("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	for tick := time.NewTicker(20 * time.Millisecond); db.PingContext(ctx) != nil; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.New("PostgreSQL does not start")
		}
	}
	return nil
}

func credential(name string) (*syscall.Credential, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(err, err2)
}
