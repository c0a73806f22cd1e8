package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// chore is a periodic job. Only the queue's leader adds a chore, so that only one replica runs it.
type chore struct {
	Name string `json:"name"`
}

// Kind returns the job's name in the queue.
func (chore) Kind() string { return "chore" }

// openQueue creates the queue's client, which runs jobs once it is started.
func (s *shop) openQueue(driver riverdriver.Driver[*sql.Tx]) (err error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &mailWorker{shop: s})
	river.AddWorker(workers, &choreWorker{shop: s})
	s.queue, err = river.NewClient(driver, &river.Config{
		Logger:  slog.New(quiet{s.log.Handler()}),
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 8}},
		Workers: workers,
		PeriodicJobs: []*river.PeriodicJob{
			every(s.reconcileEvery, "reconcile"),
			every(min(s.orderTTL, time.Minute), "expire"),
		},
		JobTimeout:           s.jobTimeout,
		RescueStuckJobsAfter: 2 * s.jobTimeout, // when to rerun a job whose process died
		SoftStopTimeout:      s.jobTimeout,
	})
	return err
}

// every returns a periodic job for the named chore. The job runs at most once in each period, even if the leader
// changes. A failed chore is not retried before the next period.
func every(period time.Duration, name string) *river.PeriodicJob {
	opts := &river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: period}}
	return river.NewPeriodicJob(river.PeriodicInterval(period),
		func() (river.JobArgs, *river.InsertOpts) { return chore{name}, opts },
		&river.PeriodicJobOpts{RunOnStart: true})
}

type choreWorker struct {
	river.WorkerDefaults[chore]

	*shop
}

// Timeout returns the time between two reconcile chores, but at most ten minutes.
func (w *choreWorker) Timeout(*river.Job[chore]) time.Duration {
	return min(w.reconcileEvery, 10*time.Minute)
}

// Work runs the chore that the job names.
func (w *choreWorker) Work(ctx context.Context, job *river.Job[chore]) error {
	switch job.Args.Name {
	case "reconcile":
		return w.withoutUnknown(w.box.Reconcile(ctx, w.client)) // recovers lost webhooks
	case "expire":
		return w.expire(ctx)
	default:
		return fmt.Errorf("unknown chore %q", job.Args.Name)
	}
}

// withoutUnknown logs errors about sessions that the gateway does not know, and returns the other errors. A session
// from a backup or another merchant's key must not hide other failures.
func (s *shop) withoutUnknown(err error) error {
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return err
	}
	var others []error
	for _, one := range joined.Unwrap() {
		if errors.Is(one, ecomtrade24.ErrNotFound) {
			s.log.Warn("the gateway does not know this session", "error", one)
			continue
		}
		others = append(others, one)
	}
	return errors.Join(others...)
}

// expire marks unpaid orders expired after orderTTL, except while a payment is under way or in manual review (see
// face).
func (s *shop) expire(ctx context.Context) error {
	now := time.Now()
	_, err := s.db.ExecContext(ctx, `UPDATE shop_orders SET state = 'expired' WHERE state = 'open' AND created_at < $1
AND NOT EXISTS (SELECT 1 FROM shop_payments p WHERE p.order_id = shop_orders.id
	AND p.problem <> '' AND p.decision = '' AND p.kind <> 'unknown')
AND NOT EXISTS (SELECT 1 FROM shop_sessions s WHERE s.order_id = shop_orders.id
	AND s.status IN ('processing', 'review') AND s.created_at > $2)`, now.Add(-s.orderTTL).Unix(), now.Add(-asked).Unix())
	return err
}

// quiet is a log handler that passes on only the queue's warnings and errors.
type quiet struct{ slog.Handler }

// Enabled returns false for levels below Warn.
func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && q.Handler.Enabled(ctx, level)
}
