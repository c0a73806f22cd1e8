package ecomtrade24

import (
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Option changes a default of NewClient. An option with a value that makes no sense fails NewClient.
type Option func(*Client) error

// WithHTTPClient sends through hc's transport, cookie jar and timeout. hc is copied and never changed; its CheckRedirect is
// not used, since a redirect could carry the key elsewhere. Where hc has no transport, and by default, it is a clone of
// http.DefaultTransport that keeps up to 64 connections open; over HTTP/1 a 65th call at a time waits for a free one.
func WithHTTPClient(hc *http.Client) Option {
	return func(c *Client) error {
		if hc == nil {
			return errors.New("WithHTTPClient: the client is nil")
		}
		clone := *hc
		c.http = &clone
		return nil
	}
}

// WithTimeout limits one attempt, from dialling to the last byte of the answer. The default is 15 seconds.
func WithTimeout(d time.Duration) Option {
	return func(c *Client) error {
		if d <= 0 {
			return errors.New("WithTimeout: the timeout must be positive")
		}
		c.timeout = d
		return nil
	}
}

// WithRetry replaces DefaultRetry. RetryPolicy{} turns retries off.
func WithRetry(p RetryPolicy) Option {
	return func(c *Client) (err error) {
		c.retry, err = p.normal()
		return err
	}
}

// WithLogger logs each attempt, at Debug if it succeeded and at Warn if not. The default is silent. No log line holds a
// key, a body or a query.
func WithLogger(l *slog.Logger) Option {
	return func(c *Client) error {
		if l == nil {
			return errors.New("WithLogger: the logger is nil")
		}
		c.logger = l
		return nil
	}
}

// WithUserAgent puts product, such as "shop/1.4", before the SDK's own name in the User-Agent header.
func WithUserAgent(product string) Option {
	return func(c *Client) error {
		if product == "" || strings.TrimSpace(product) != product || !printable(product) {
			return errors.New("WithUserAgent: the product must be printable ASCII, such as shop/1.4")
		}
		c.userAgent = product + " ecomtrade24-go/" + Version
		return nil
	}
}

// WithStatusPath replaces /gateway/status.php, below the base URL. The sister deployment answers on
// /gateway/session_status.php.
func WithStatusPath(path string) Option {
	return func(c *Client) error {
		if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.Contains(path, "..") ||
			strings.ContainsAny(path, "?#\\% ") || !printable(path) {
			return errors.New("WithStatusPath: the path must look like /gateway/status.php, without query or fragment")
		}
		c.statusPath = path
		return nil
	}
}

// WithMerchantTTL sets how long Checkout reuses Me's answer. The default is 5 minutes; 0 asks every time.
func WithMerchantTTL(d time.Duration) Option {
	return func(c *Client) error {
		if d < 0 {
			return errors.New("WithMerchantTTL: the duration must not be negative")
		}
		c.merchantTTL = d
		return nil
	}
}

// checkBaseURL returns the URL without a slash at the end. Its errors never repeat the argument: it might be the key.
func checkBaseURL(raw string) (string, error) {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return "", errors.New("the base URL is empty: give your gateway's, such as https://pay.example")
	case err != nil || u.Scheme == "" || u.Hostname() == "" || strings.TrimSpace(raw) != raw:
		return "", errors.New("the base URL is not an absolute URL such as https://pay.example: are URL and key swapped?")
	case u.Scheme != "https" && u.Scheme != "http":
		return "", errors.New("the base URL must start with https://")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return "", errors.New("the base URL must start with https://, since the key must not travel in the clear; http:// is for a loopback host only")
	case u.User != nil:
		return "", errors.New("the base URL must not carry a user name or password")
	case strings.ContainsAny(raw, "?#"):
		return "", errors.New("the base URL must not carry a query or fragment")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// checkAPIKey refuses what cannot be a key. Its errors never repeat the argument.
func checkAPIKey(key string) error {
	switch {
	case key == "":
		return errors.New("the API key is empty: is its environment variable set?")
	case strings.Contains(key, "://"):
		return errors.New("the API key looks like a URL: are URL and key swapped?")
	case strings.Contains(key, " ") || !printable(key):
		return errors.New("the API key holds a space, a line break or another character that no key has: trim it")
	}
	return nil
}

// loopback tells whether host can only be this machine.
func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// printable tells whether s is ASCII without control characters.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
