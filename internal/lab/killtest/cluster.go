package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// cluster is the storefront's processes.
type cluster struct {
	program  string
	env      []string
	replicas []*replica
	kills    int
}

// replica is one of them. Its address changes with each start.
type replica struct {
	address atomic.Value // of string; empty: it is not up
	cmd     *exec.Cmd
}

func startCluster(ctx context.Context, n int, program string, env []string) (*cluster, error) {
	c := &cluster{program: program, env: env}
	for range n {
		r := &replica{}
		c.replicas = append(c.replicas, r)
		if err := c.start(ctx, r); err != nil {
			c.stop()
			return nil, err
		}
	}
	return c, nil
}

// start returns when the replica serves.
func (c *cluster) start(ctx context.Context, r *replica) error {
	r.address.Store("")
	r.cmd = exec.CommandContext(context.WithoutCancel(ctx), c.program, "-addr", "127.0.0.1:0")
	r.cmd.Env = c.env
	log := &strings.Builder{}
	r.cmd.Stderr = log
	stdout, err := r.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := r.cmd.Start(); err != nil {
		return err
	}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if address, found := strings.CutPrefix(lines.Text(), "listening: "); found {
			r.address.Store(address)
			return nil
		}
	}
	return fmt.Errorf("a replica did not start: %w\n%s", r.cmd.Wait(), log)
}

// killEach kills one replica after the other, in the middle of whatever it does, and starts it again.
func (c *cluster) killEach(ctx context.Context, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		r := c.replicas[c.kills%len(c.replicas)]
		c.kills++
		r.address.Store("") // what a load balancer notices at once
		if err := r.cmd.Process.Kill(); err != nil {
			return err
		}
		var killed *exec.ExitError
		if err := r.cmd.Wait(); !errors.As(err, &killed) || killed.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			return fmt.Errorf("a replica ended before it was killed: %w", err)
		}
		if err := c.start(ctx, r); err != nil {
			return err
		}
	}
}

// stop ends the replicas as an operator does.
func (c *cluster) stop() {
	for _, r := range c.replicas {
		if r.cmd == nil || r.cmd.Process == nil || r.cmd.ProcessState != nil {
			continue
		}
		_ = r.cmd.Process.Signal(os.Interrupt)
		_ = r.cmd.Wait()
	}
}

// pick is the address for request number i, or empty where no replica is up.
func (c *cluster) pick(i uint64) string {
	for k := range uint64(len(c.replicas)) {
		if address := c.replicas[(i+k)%uint64(len(c.replicas))].address.Load().(string); address != "" {
			return address
		}
	}
	return ""
}
