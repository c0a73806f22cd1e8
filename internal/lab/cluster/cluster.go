// Package cluster runs a program as several processes, kills them with SIGKILL and starts them again.
package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// Program is the program that each process runs. It must print a line "listening: http://HOST:PORT" as soon as it
// serves. After an interrupt, or the end of its standard input, it must finish its work and exit.
type Program struct {
	Path string
	Args []string
	Env  []string // nil means this process's environment
}

// Cluster runs a program in several processes. As an http.RoundTripper it is their load balancer: it sends each request
// to the next running process and ignores the URL's host.
type Cluster struct {
	program   Program
	replicas  []*replica
	kills     atomic.Int64
	requests  atomic.Uint64
	transport *http.Transport
}

// replica is one of the processes. Its host changes with each start.
type replica struct {
	host  atomic.Value // a string; empty while the replica is down
	cmd   *exec.Cmd
	stdin io.Closer
	log   *strings.Builder // the process's standard error
}

// Start starts n processes, which outlive ctx. Call Stop to end them.
func Start(ctx context.Context, n int, p Program) (*Cluster, error) {
	c := &Cluster{program: p, transport: &http.Transport{MaxIdleConnsPerHost: 64, ResponseHeaderTimeout: time.Minute}}
	for range n {
		r := &replica{}
		r.host.Store("")
		c.replicas = append(c.replicas, r)
	}
	for _, r := range c.replicas {
		if err := c.start(ctx, r); err != nil {
			return nil, errors.Join(err, c.Stop())
		}
	}
	return c, nil
}

// start starts the replica and returns once it serves.
func (c *Cluster) start(ctx context.Context, r *replica) error {
	r.cmd = exec.CommandContext(context.WithoutCancel(ctx), c.program.Path, c.program.Args...)
	r.cmd.Env = c.program.Env
	r.log = &strings.Builder{}
	r.cmd.Stderr = r.log
	var err error
	if r.stdin, err = r.cmd.StdinPipe(); err != nil {
		return err
	}
	stdout, err := r.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := r.cmd.Start(); err != nil {
		return err
	}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if host, found := strings.CutPrefix(lines.Text(), "listening: http://"); found {
			r.host.Store(host)
			return nil
		}
	}
	return fmt.Errorf("a replica did not start: %w\n%s", r.cmd.Wait(), r.log)
}

// RoundTrip implements [http.RoundTripper].
func (c *Cluster) RoundTrip(r *http.Request) (*http.Response, error) {
	n, next := uint64(len(c.replicas)), c.requests.Add(1)
	for i := range n {
		if host := c.replicas[(next+i)%n].host.Load().(string); host != "" {
			r = r.Clone(r.Context())
			r.URL.Host = host
			return c.transport.RoundTrip(r)
		}
	}
	if r.Body != nil {
		_ = r.Body.Close() // a RoundTripper must close the body
	}
	return nil, errors.New("no replica is up")
}

// Kill kills the next replica in turn, even in the middle of a request, and starts it again.
func (c *Cluster) Kill(ctx context.Context) error {
	r := c.replicas[int(c.kills.Add(1)-1)%len(c.replicas)]
	r.host.Store("") // like a load balancer that notices the kill immediately
	if err := r.cmd.Process.Kill(); err != nil {
		return err
	}
	var killed *exec.ExitError
	if err := r.cmd.Wait(); !errors.As(err, &killed) || killed.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		return fmt.Errorf("a replica ended before it was killed: %w\n%s", err, r.log)
	}
	return c.start(ctx, r)
}

// Kills returns how often Kill was called.
func (c *Cluster) Kills() int { return int(c.kills.Load()) }

// Stop interrupts the replicas, as an operator does, and waits until they have finished.
func (c *Cluster) Stop() error {
	var errs []error
	for _, r := range c.replicas {
		if r.cmd == nil || r.cmd.Process == nil || r.cmd.ProcessState != nil {
			continue
		}
		_ = r.stdin.Close()
		_ = r.cmd.Process.Signal(os.Interrupt) // the process may have ended already
		if err := r.cmd.Wait(); err != nil {
			errs = append(errs, fmt.Errorf("a replica: %w\n%s", err, r.log))
		}
	}
	c.transport.CloseIdleConnections()
	return errors.Join(errs...)
}
