package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// settings are all that differs between one shop and another. The name of each in the environment stands beside it.
type settings struct {
	addr      string // flag -addr
	publicURL string // PUBLIC_URL: the shop as buyers see it; empty: where it listens
	domain    string // ECOMTRADE24_DOMAIN: as the gateway has approved it

	// The gateway. Without the first three the shop starts one of its own, where no money moves. Its sessions end with the
	// process, so what was not paid by then never is.
	baseURL        string                      // ECOMTRADE24_BASE_URL
	key            string                      // ECOMTRADE24_API_KEY
	secret         string                      // ECOMTRADE24_WEBHOOK_SECRET
	previousSecret string                      // ECOMTRADE24_PREVIOUS_SECRET: while the secret is changed
	deployment     ecomtrade24.Deployment      // ECOMTRADE24_DEPLOYMENT: fiavexpay or ecomtrade24pay
	mode           ecomtrade24.IntegrationMode // flag -mode: the plan of the built-in gateway

	databaseURL   string // DATABASE_URL: PostgreSQL; empty: SQLite in dataDir
	dataDir       string // DATA_DIR: the SQLite file and the mail; empty: a new temporary folder
	smtpURL       string // SMTP_URL: smtp://user:password@host:587; empty: mail becomes files in dataDir
	mailFrom      string // MAIL_FROM
	adminPassword string // ADMIN_PASSWORD: empty: there is no /admin

	orderTTL       time.Duration // ORDER_TTL: when an unpaid order expires; longer than the gateway's sessions live
	reconcileEvery time.Duration // RECONCILE_EVERY: how often the gateway is asked about open sessions
	jobTimeout     time.Duration // JOB_TIMEOUT: of one mail; a job whose process died runs again after twice that
}

func readSettings(args []string, getenv func(string) string, stderr io.Writer) (settings, error) {
	flags := flag.NewFlagSet("storefront", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:8080", "`address` to listen on; port 0 picks a free one")
	mode := flags.String("mode", string(ecomtrade24.ModeHostedCheckout),
		"the built-in gateway's `plan`: hosted_checkout or smart_routing")
	if err := flags.Parse(args); err != nil {
		return settings{}, err
	}
	s := settings{
		addr: *addr, publicURL: strings.TrimRight(getenv("PUBLIC_URL"), "/"),
		domain:  cmp.Or(getenv("ECOMTRADE24_DOMAIN"), "merchant-store.example"),
		baseURL: getenv("ECOMTRADE24_BASE_URL"), key: getenv("ECOMTRADE24_API_KEY"),
		secret: getenv("ECOMTRADE24_WEBHOOK_SECRET"), previousSecret: getenv("ECOMTRADE24_PREVIOUS_SECRET"),
		deployment: ecomtrade24.Deployment(cmp.Or(getenv("ECOMTRADE24_DEPLOYMENT"), string(ecomtrade24.FiavexPay))),
		mode:       ecomtrade24.IntegrationMode(*mode), databaseURL: getenv("DATABASE_URL"), dataDir: getenv("DATA_DIR"),
		smtpURL: getenv("SMTP_URL"), mailFrom: cmp.Or(getenv("MAIL_FROM"), "shop@merchant-store.example"),
		adminPassword: getenv("ADMIN_PASSWORD"),
	}
	some, all := s.baseURL+s.key+s.secret != "", s.baseURL != "" && s.key != "" && s.secret != ""
	if some && !all {
		return s, errors.New("set all of ECOMTRADE24_BASE_URL, ECOMTRADE24_API_KEY and ECOMTRADE24_WEBHOOK_SECRET, " +
			"or none of them")
	}
	return s, errors.Join(s.checkPublic(), s.readDurations(getenv), s.makeDataDir())
}

// checkPublic refuses a shop that buyers reach and that neither takes their money nor writes to them.
func (s *settings) checkPublic() error {
	u, err := url.Parse(s.publicURL)
	switch {
	case s.publicURL == "":
		return nil
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("PUBLIC_URL must be an absolute URL, such as https://your-shop.example")
	case u.Scheme == "https" && s.baseURL == "":
		return errors.New("PUBLIC_URL is a public shop, and the gateway in this process takes no money: " +
			"set ECOMTRADE24_BASE_URL, ECOMTRADE24_API_KEY and ECOMTRADE24_WEBHOOK_SECRET")
	case u.Scheme == "https" && s.smtpURL == "":
		return errors.New("PUBLIC_URL is a public shop, and mail that becomes files reaches no buyer: set SMTP_URL")
	}
	return nil
}

func (s *settings) readDurations(getenv func(string) string) error {
	for _, d := range []struct {
		name  string
		into  *time.Duration
		usual time.Duration
	}{
		{"ORDER_TTL", &s.orderTTL, time.Hour},
		{"RECONCILE_EVERY", &s.reconcileEvery, 2 * time.Minute},
		{"JOB_TIMEOUT", &s.jobTimeout, 30 * time.Second},
	} {
		*d.into = d.usual
		text := getenv(d.name)
		if text == "" {
			continue
		}
		var err error
		if *d.into, err = time.ParseDuration(text); err != nil || *d.into < time.Second {
			return fmt.Errorf("%s: %q must be a duration of at least a second, such as 90s or 2h", d.name, text)
		}
	}
	return nil
}

func (s *settings) makeDataDir() (err error) {
	if s.dataDir == "" {
		s.dataDir, err = os.MkdirTemp("", "storefront-")
		return err
	}
	return os.MkdirAll(s.dataDir, 0o700)
}

func (s *settings) sqliteFile() string { return filepath.Join(s.dataDir, "storefront.db") }
func (s *settings) mailDir() string    { return filepath.Join(s.dataDir, "mail") }

// where says where orders and mail are, for a person.
func (s *settings) where() string {
	orders, mail := "SQLite in "+s.sqliteFile(), "mail in "+s.mailDir()
	if s.databaseURL != "" {
		orders = "PostgreSQL"
	}
	if s.smtpURL != "" {
		mail = "mail by SMTP"
	}
	return orders + ", " + mail
}
