package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
)

// cluster is a merchant's server processes.
type cluster struct {
	args     []string
	replicas []*process
}

// process is one of them. Its address changes with each start.
type process struct {
	address atomic.Value // of string
	cmd     *exec.Cmd
	stdin   io.Closer
}

// startCluster starts n processes of this program.
func startCluster(ctx context.Context, n int, v variant, driver, dsn string) (*cluster, error) {
	c := &cluster{args: []string{"-replica", v.name, "-driver", driver, "-dsn", dsn}}
	for range n {
		p := &process{}
		if err := c.start(ctx, p); err != nil {
			return nil, errors.Join(err, c.stop())
		}
		c.replicas = append(c.replicas, p)
	}
	return c, nil
}

func (c *cluster) start(ctx context.Context, p *process) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	p.cmd = exec.CommandContext(ctx, program, c.args...)
	p.cmd.Stderr = os.Stderr
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return fmt.Errorf("a replica did not start: %w", errors.Join(err, p.cmd.Wait()))
	}
	p.address.Store(strings.TrimSpace(address))
	return nil
}

// address is where delivery number i goes.
func (c *cluster) address(i int64) string {
	return c.replicas[i%int64(len(c.replicas))].address.Load().(string)
}

// kill ends a replica with SIGKILL, in the middle of whatever it does, and starts it again.
func (c *cluster) kill(ctx context.Context, i int) error {
	p := c.replicas[i%len(c.replicas)]
	if err := p.cmd.Process.Kill(); err != nil {
		return err
	}
	_ = p.cmd.Wait() // it was killed, which is no news
	return c.start(ctx, p)
}

// stop lets every replica finish what it has acknowledged.
func (c *cluster) stop() error {
	var errs []error
	for _, p := range c.replicas {
		errs = append(errs, p.stdin.Close(), p.cmd.Wait())
	}
	c.replicas = nil
	return errors.Join(errs...)
}
