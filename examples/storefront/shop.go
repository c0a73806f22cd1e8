package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/ecomtrade24otel"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// shop holds what every request and every job needs.
type shop struct {
	settings

	log    *slog.Logger
	db     *sql.DB
	client *ecomtrade24.Client
	hook   *webhook.Handler
	box    *inbox.Inbox
	queue  *river.Client[*sql.Tx]
	mail   mailer

	complete completer    // of a mail's job
	closeDB  func() error // of db

	telemetry *telemetry

	guesses  limiter // of the password, at /admin
	scrapes  limiter // of the password, at /metrics: a scraper that has the old one must not close /admin
	streams  streams // of open order pages
	stopping chan struct{}
	ready    atomic.Bool
}

// newShop makes everything that talks to something else: the database, the gateway's client, the inbox with the
// webhook's handler, the queue and the mail. What watches them, such as metrics, is put in here.
func newShop(ctx context.Context, set settings, log *slog.Logger) (*shop, error) {
	s := &shop{settings: set, log: log, stopping: make(chan struct{})}
	var err error
	if s.telemetry, err = s.newTelemetry(); err != nil { //nolint:contextcheck // a scrape has no context
		return nil, err
	}
	d, err := openDatabase(ctx, set)
	if err != nil {
		return nil, err
	}
	s.db, s.complete, s.closeDB = d.db, d.complete, d.close
	err = errors.Join(s.connectGateway(d.inbox), s.openQueue(d.queue), s.openMail())
	if err != nil {
		return nil, errors.Join(err, s.closeDB())
	}
	return s, nil
}

// connectGateway makes the way to the gateway and the way back. The previous secret is accepted as well as the new one
// while the gateway changes from one to the other.
func (s *shop) connectGateway(dialect inbox.Dialect) error {
	var err error
	watch := s.telemetry.options
	s.client, err = ecomtrade24.NewClient(s.baseURL, s.key, ecomtrade24otel.Client(watch...),
		ecomtrade24.WithLogger(s.log), ecomtrade24.WithDeployment(s.deployment), ecomtrade24.WithUserAgent("storefront/1"))
	if err != nil {
		return err
	}
	verifier, err := webhook.NewVerifier(s.secret, webhook.WithPreviousSecrets(s.previousSecret))
	if err != nil {
		return fmt.Errorf("ECOMTRADE24_WEBHOOK_SECRET: %w", err)
	}
	s.box = inbox.New(s.db, dialect, s.apply, inbox.WithSpacing(s.spacing), ecomtrade24otel.Inbox(watch...))
	s.hook = webhook.NewHandler(verifier, s.box.Handle, webhook.WithLogger(s.log), ecomtrade24otel.Webhook(watch...))
	return nil
}

// spacing looks up an open session with every chore in its first hour and then once an hour for three days, and one
// that has ended after 30 chores, which is an hour, and then after 4, 16 and 64 hours: it can still be paid.
func (s *shop) spacing(age time.Duration, ended bool) time.Duration {
	switch {
	case ended && age <= 16*time.Hour:
		return max(30*s.reconcileEvery, 3*age)
	case ended || age >= asked:
		return 0
	case age < time.Hour:
		return s.reconcileEvery
	default:
		return time.Hour
	}
}

func (s *shop) close() { _ = s.closeDB() }
