// Command ecomtrade24 is a toolbox for developing and testing an integration: a sandbox gateway, signed test webhooks,
// and checks of your setup and your shop. It works offline and without a login.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// The exit codes.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// errFailed is the error of a command whose output already says what failed.
var errFailed = errors.New("failed")

// usageError is a mistake in the command line or a setting. Nothing was sent.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// usage returns a usageError whose text says what to do.
func usage(text string) error { return &usageError{errors.New(text)} }

// run executes the command line and returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{in: stdin, getenv: os.Getenv}
	a.out, a.err = terminal{a, stdout}, terminal{a, stderr}
	root := a.command() //nolint:contextcheck // cobra passes ctx to the commands
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var wrong *usageError
	code := exitFailed
	if !a.started || errors.As(err, &wrong) {
		code = exitUsage
	}
	if !errors.Is(err, errFailed) {
		a.complain(err, code)
	}
	return code
}
