package ecomtrade24

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

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
