package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// settings holds everything that differs between shops. The comments name the environment variables.
type settings struct {
	addr      string // flag -addr
	publicURL string // PUBLIC_URL: the shop's URL for buyers; empty: the address that the shop listens on
	domain    string // ECOMTRADE24_DOMAIN: as the gateway has approved it

	baseURL        string                 // ECOMTRADE24_BASE_URL
	key            string                 // ECOMTRADE24_API_KEY
	secret         string                 // ECOMTRADE24_WEBHOOK_SECRET
	previousSecret string                 // ECOMTRADE24_PREVIOUS_SECRET: the old secret, during a change
	deployment     ecomtrade24.Deployment // ECOMTRADE24_DEPLOYMENT: fiavexpay or ecomtrade24pay
	demo           demo                   // the fake gateway of -demo

	databaseURL   string // DATABASE_URL: PostgreSQL; empty: SQLite in dataDir
	dataDir       string // DATA_DIR: the SQLite file and the mail; empty: a new temporary folder
	smtpURL       string // SMTP_URL: smtp://user:password@host:587; empty: mail becomes files in dataDir
	mailFrom      string // MAIL_FROM
	adminPassword string // ADMIN_PASSWORD; empty: no /admin

	orderTTL       time.Duration // ORDER_TTL: age at which an unpaid order expires; longer than a gateway session lives
	reconcileEvery time.Duration // RECONCILE_EVERY: how often to look up open sessions
	jobTimeout     time.Duration // JOB_TIMEOUT: for sending one mail; a dead process's job reruns after twice this time
	drainFor       time.Duration // DRAIN_FOR: how long /readyz responds 503 before the shop stops accepting requests

	trustedProxies []netip.Prefix // TRUSTED_PROXIES: networks whose X-Forwarded-For is trusted
}

func readSettings(args []string, getenv func(string) string, stderr io.Writer) (settings, error) {
	flags := flag.NewFlagSet("storefront", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:8080", "`address` to listen on; port 0 picks a free one")
	var play demo
	play.flags(flags)
	if err := flags.Parse(args); err != nil {
		return settings{}, err
	}
	s := settings{
		addr: *addr, publicURL: strings.TrimRight(getenv("PUBLIC_URL"), "/"),
		domain:  cmp.Or(getenv("ECOMTRADE24_DOMAIN"), "merchant-store.example"),
		baseURL: getenv("ECOMTRADE24_BASE_URL"), key: getenv("ECOMTRADE24_API_KEY"),
		secret: getenv("ECOMTRADE24_WEBHOOK_SECRET"), previousSecret: getenv("ECOMTRADE24_PREVIOUS_SECRET"),
		deployment: ecomtrade24.Deployment(cmp.Or(getenv("ECOMTRADE24_DEPLOYMENT"), string(ecomtrade24.FiavexPay))),
		demo:       play, databaseURL: getenv("DATABASE_URL"), dataDir: getenv("DATA_DIR"),
		smtpURL: getenv("SMTP_URL"), mailFrom: cmp.Or(getenv("MAIL_FROM"), "shop@merchant-store.example"),
		adminPassword: getenv("ADMIN_PASSWORD"),
	}
	if !s.demo.on && (s.baseURL == "" || s.key == "" || s.secret == "") {
		return s, errors.New("set ECOMTRADE24_BASE_URL, ECOMTRADE24_API_KEY and ECOMTRADE24_WEBHOOK_SECRET, " +
			"or start with -demo for a gateway in this process, where no money moves")
	}
	if err := play.check(&s); err != nil {
		return s, err
	}
	return s, errors.Join(s.checkPublic(), s.readDurations(getenv), s.readProxies(getenv), s.makeDataDir())
}

// checkPublic checks PUBLIC_URL. It rejects a public shop that cannot send mail or would lose its orders.
func (s *settings) checkPublic() error {
	u, err := url.Parse(s.publicURL)
	switch {
	case s.publicURL == "":
		return nil
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("PUBLIC_URL must be an absolute URL, such as https://your-shop.example")
	case u.Scheme == "https" && s.smtpURL == "":
		return errors.New("PUBLIC_URL is public, but mail would only be written to files: set SMTP_URL")
	case u.Scheme == "https" && s.databaseURL == "" && s.dataDir == "":
		return errors.New("PUBLIC_URL is public, but orders would be in a temporary folder: set DATABASE_URL or DATA_DIR")
	}
	return nil
}

func (s *settings) readDurations(getenv func(string) string) error {
	for _, d := range []struct {
		name         string
		into         *time.Duration
		usual, least time.Duration
	}{
		{"ORDER_TTL", &s.orderTTL, time.Hour, time.Second},
		{"RECONCILE_EVERY", &s.reconcileEvery, 2 * time.Minute, time.Second},
		{"JOB_TIMEOUT", &s.jobTimeout, 30 * time.Second, time.Second},
		{"DRAIN_FOR", &s.drainFor, 5 * time.Second, 0},
	} {
		*d.into = d.usual
		text := getenv(d.name)
		if text == "" {
			continue
		}
		var err error
		if *d.into, err = time.ParseDuration(text); err != nil || *d.into < d.least {
			return fmt.Errorf("%s: %q must be a duration of at least %v, such as 90s or 2h", d.name, text, d.least)
		}
	}
	return nil
}

func (s *settings) readProxies(getenv func(string) string) error {
	for one := range strings.FieldsFuncSeq(getenv("TRUSTED_PROXIES"), func(r rune) bool { return r == ',' || r == ' ' }) {
		network, err := netip.ParsePrefix(one)
		if err != nil {
			return fmt.Errorf("TRUSTED_PROXIES: %q must be a network, such as 10.0.0.0/8 or 10.0.0.7/32", one)
		}
		s.trustedProxies = append(s.trustedProxies, network)
	}
	return nil
}

// makeDataDir creates dataDir. It keeps the permissions of an existing folder, because the files that the shop creates
// there are private anyway.
func (s *settings) makeDataDir() (err error) {
	switch {
	case s.databaseURL != "" && s.smtpURL != "":
		return nil // no files to store
	case s.dataDir == "":
		s.dataDir, err = os.MkdirTemp("", "storefront-")
	default:
		err = os.MkdirAll(s.dataDir, 0o700)
	}
	if err != nil {
		return fmt.Errorf("set DATA_DIR to a folder on a writable disk: %w", err)
	}
	return nil
}

func (s *settings) sqliteFile() string { return filepath.Join(s.dataDir, "storefront.db") }
func (s *settings) mailDir() string    { return filepath.Join(s.dataDir, "mail") }
