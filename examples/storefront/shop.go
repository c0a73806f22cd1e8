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

	complete completer    // marks a mail's job as done
	closeDB  func() error // closes db

	telemetry *telemetry

	guesses  limiter // wrong passwords at /admin
	scrapes  limiter // wrong passwords at /metrics: a scraper with an old password must not lock /admin
	streams  streams // the streams of open order pages
	stopping chan struct{}
	ready    atomic.Bool
}

// newShop creates the database, the gateway's client, the inbox with the webhook's handler, the queue and the mail,
// with their telemetry.
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

// connectGateway creates the gateway's client, the inbox and the webhook's handler. While the secret is changed, the
// handler accepts both the previous and the new secret.
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

// spacing returns the time until a session's next lookup. In its first hour, an open session is looked up each time the
// reconcile chore runs, then hourly for three days. An ended session can still be paid, so it is looked up after 30
// runs of the chore (an hour by default) and after 4, 16 and 64 hours.
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
