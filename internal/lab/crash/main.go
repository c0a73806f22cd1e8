// Command crash tries to make the inbox lose a payment or count one twice. It runs a merchant's server processes and
// delivers signed webhooks to them as the gateway does, while it kills them with SIGKILL. Then it compares every order
// with its expected state. Handlers with known bugs get the same test, to show that the harness detects the bugs.
//
//	go run ./crash                        a short run, about a minute
//	go run ./crash -full                  the run of docs/reliability.md, whose table it rewrites
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

const page = "../../docs/reliability.md" // path from the module's directory

func main() {
	full := flag.Bool("full", false, "8,000 orders and 100 kills; rewrite "+page)
	replica := flag.String("replica", "", "serve as a replica with this handler (the harness starts replicas itself)")
	driver := flag.String("driver", "", "the replica's database driver")
	dsn := flag.String("dsn", "", "the replica's data source name")
	gateway := flag.String("gateway", "", "the replica's gateway")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	switch {
	case *replica != "":
		signal.Ignore(os.Interrupt) // the parent process ends the replica
		err = serve(*replica, *driver, *dsn, *gateway)
	default:
		err = withBackends(ctx, func(ctx context.Context, b []*backend) error { return crashAll(ctx, b, *full) })
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "crash:", err)
		os.Exit(1)
	}
}

// crashAll runs the inbox and the controls on every backend, and fails if any of them did not behave as expected.
func crashAll(ctx context.Context, backends []*backend, full bool) error {
	var outcomes []*outcome
	var errs []error
	for _, v := range variants() {
		for _, b := range backends {
			// The controls run on two databases, which is enough to show that the harness detects bugs.
			if v.wrong != "" && b.driver == "mysql" || v.name == "pgxinbox" && b.driver != "pgx" {
				continue
			}
			o, err := plannedRun(v, b, full).run(ctx)
			if err != nil {
				return fmt.Errorf("%s on %s: %w", v.name, b.name, err)
			}
			fmt.Printf("%s on %s: %d deliveries, %d lookups, %d kills, %v: %v\n",
				v.name, b.name, o.deliveries, o.lookups, o.kills, o.took, o.counts)
			outcomes, errs = append(outcomes, o), append(errs, o.verdict())
		}
	}
	if err := errors.Join(errs...); err != nil || !full {
		return err
	}
	return publish(backends, "crash table", crashTable(outcomes))
}

// plannedRun sets an experiment's number of orders and kills.
func plannedRun(v variant, b *backend, full bool) experiment {
	e := experiment{variant: v, backend: b, orders: 400, kills: 6}
	switch {
	case !full && v.wrong != "":
		e.orders, e.kills = 800, 20 // enough kills to be sure to hit a gap between two statements
	case full && v.wrong == "":
		e.orders, e.kills, e.crashes = 8000, 100, b.server != nil
	case full:
		e.orders, e.kills = 2000, 25
	}
	return e
}
