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

// Program is the program of each process. It must print a line "listening: http://HOST:PORT" as soon as it serves.
// After an interrupt, or the end of its standard input, it must finish its work and end.
type Program struct {
	Path string
	Args []string
	Env  []string // nil: this process's environment
}

// Cluster is the processes of a program. As a transport it is their load balancer: it sends each request to the next
// running process, whatever host its URL names.
type Cluster struct {
	program   Program
	replicas  []*replica
	kills     atomic.Int64
	requests  atomic.Uint64
	transport *http.Transport
}

// replica is one of the processes. Its host changes with each start.
type replica struct {
	host  atomic.Value // a string; empty while it is down
	cmd   *exec.Cmd
	stdin io.Closer
	log   *strings.Builder // its standard error
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

// start returns once the replica serves.
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
		_ = r.Body.Close() // as a transport must
	}
	return nil, errors.New("no replica is up")
}

// Kill kills the next replica in turn, whatever it is doing, and starts it again.
func (c *Cluster) Kill(ctx context.Context) error {
	r := c.replicas[int(c.kills.Add(1)-1)%len(c.replicas)]
	r.host.Store("") // as a load balancer notices immediately
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

// Stop ends the replicas as an operator does, and lets them finish.
func (c *Cluster) Stop() error {
	var errs []error
	for _, r := range c.replicas {
		if r.cmd == nil || r.cmd.Process == nil || r.cmd.ProcessState != nil {
			continue
		}
		_ = r.stdin.Close()
		_ = r.cmd.Process.Signal(os.Interrupt) // it may have ended already
		if err := r.cmd.Wait(); err != nil {
			errs = append(errs, fmt.Errorf("a replica: %w\n%s", err, r.log))
		}
	}
	c.transport.CloseIdleConnections()
	return errors.Join(errs...)
}
