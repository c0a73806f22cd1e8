package bench_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// serverMode names the environment variable that makes the process serve instead of measure.
const serverMode = "ECOMTRADE24_BENCH_SERVER"

var server serverProcess

func TestMain(m *testing.M) {
	if os.Getenv(serverMode) != "" {
		if err := serve(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	server.stop()
	os.Exit(code)
}

// serverProcess runs this binary again as a server, so that the client's time and allocations do not include the
// server's. It responds to each line on its stdin with the number of connections opened and the CPU nanoseconds used so
// far, and exits when its stdin ends.
type serverProcess struct {
	start  sync.Once
	err    error
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	addr   string
}

// use returns the server's address, and starts the server on first use.
func (s *serverProcess) use(tb testing.TB) string {
	tb.Helper()
	s.start.Do(func() { s.err = s.run() })
	require.NoError(tb, s.err)
	return s.addr
}

func (s *serverProcess) run() error {
	s.cmd = exec.Command(os.Args[0])
	s.cmd.Env = append(os.Environ(), serverMode+"=1")
	s.cmd.Stderr = os.Stderr
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.stdout = bufio.NewReader(stdout)
	line, err := s.stdout.ReadString('\n')
	s.addr = strings.TrimSpace(line)
	return err
}

// ask returns how many connections the server has accepted since its start, and its CPU time, in user space and in the
// kernel.
func (s *serverProcess) ask(tb testing.TB) (opened int, cpu time.Duration) {
	tb.Helper()
	s.use(tb)
	_, err := io.WriteString(s.stdin, "\n")
	require.NoError(tb, err)
	_, err = fmt.Fscanln(s.stdout, &opened, &cpu)
	require.NoError(tb, err)
	return opened, cpu
}

func (s *serverProcess) stop() {
	if s.cmd == nil || s.cmd.Process == nil {
		return
	}
	_ = s.stdin.Close()
	_ = s.cmd.Wait()
}
