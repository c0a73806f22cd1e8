package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
)

// waiting holds the longest time to wait and the time between lookups.
type waiting struct {
	timeout, every time.Duration
}

func (a *app) waitCommand() *cobra.Command {
	var f clientFlags
	var w waiting
	cmd := &cobra.Command{
		Use:   "wait ID",
		Short: "Wait until a session is paid or has ended",
		Long: `Wait until a session is paid or has ended, and show its status. The pause
between lookups grows to 30 seconds.

The exit code is 0 if the session is paid, and 1 if it ended otherwise or on
timeout. This is for the terminal: a shop handles the webhook instead.`,
		Args: oneSession,
		RunE: func(cmd *cobra.Command, args []string) error {
			if w.timeout <= 0 || w.every <= 0 {
				return usage("--timeout and --every must be positive")
			}
			return a.call(f, func(client *ecomtrade24.Client) error {
				return a.wait(cmd.Context(), client, args[0], w)
			})
		},
	}
	cmd.Flags().DurationVar(&w.timeout, "timeout", 30*time.Minute, "stop waiting after this `TIME`")
	cmd.Flags().DurationVar(&w.every, "every", 2*time.Second, "`TIME` before the second lookup")
	f.add(cmd)
	return cmd
}

const longestPause = 30 * time.Second

// wait prints each change of the status. It does not use the SDK's Wait, which prints nothing; it looks up the status
// itself, at the same pace.
func (a *app) wait(ctx context.Context, client *ecomtrade24.Client, id string, w waiting) error {
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	start := time.Now()
	last := ecomtrade24.PaymentStatus("")
	var failure error // error of the last failed lookup
	for pause := w.every; ; pause = min(pause*3/2, longestPause) {
		s, err := client.Status(ctx, id)
		switch {
		case ctx.Err() != nil:
			return waitEnded(ctx, last, failure)
		case err != nil && !ecomtrade24.Retryable(err):
			return err
		case err != nil:
			failure = err
			a.progress(start, "no response, trying again: "+err.Error())
		case s.Status.Final():
			a.clearProgress()
			a.printStatus(s)
			if !s.Paid() {
				return errFailed
			}
			return nil
		default:
			if s.Status != last && a.json {
				a.printStatus(s)
			}
			last = s.Status
			a.progress(start, string(last))
		}
		select {
		case <-time.After(max(pause+rand.N(pause/4+1), asked(err))): //nolint:gosec // not security-relevant
		case <-ctx.Done():
			return waitEnded(ctx, last, failure)
		}
	}
}

func waitEnded(ctx context.Context, last ecomtrade24.PaymentStatus, failure error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return errors.New("interrupted")
	}
	switch {
	case last == "" && failure != nil:
		return fmt.Errorf("the gateway did not respond in time: %w", failure)
	case last == "":
		return errors.New("the gateway did not respond in time: check --base-url, or increase --timeout")
	}
	return fmt.Errorf("the session is still %.40q: increase --timeout, or rely on the webhook", last)
}

// asked returns the pause in the gateway's Retry-After header, or 0.
func asked(err error) time.Duration {
	var api *ecomtrade24.APIError
	if errors.As(err, &api) {
		return min(api.RetryAfter, longestPause)
	}
	return 0
}

// progress prints the current status to standard error. On a terminal it overwrites one line.
func (a *app) progress(start time.Time, text string) {
	line := fmt.Sprintf("%s after %s", guard.Line(text, 60), time.Since(start).Round(time.Second))
	switch {
	case a.json:
	case isTerminal(a.err):
		a.err.overwrite(line)
	default:
		fmt.Fprintln(a.err, line)
	}
}

func (a *app) clearProgress() {
	if !a.json && isTerminal(a.err) {
		a.err.overwrite("")
	}
}
