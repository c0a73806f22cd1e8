package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// direct returns the gateway's host and port, or why the connection cannot be checked.
func (g Gateway) direct() (u *url.URL, port, why string) {
	u, err := url.Parse(g.BaseURL)
	if err != nil {
		return nil, "", "the base URL is invalid"
	}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u}); err != nil || proxy != nil {
		return nil, "", "the connection uses a proxy"
	}
	if port = u.Port(); port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u, port, ""
}

func (g Gateway) dns(ctx context.Context) Finding {
	u, _, why := g.direct()
	if why != "" {
		return skip(why)
	}
	if net.ParseIP(u.Hostname()) != nil {
		return fine("%s is an IP address, so there is nothing to look up", u.Hostname())
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, u.Hostname())
	if err != nil {
		return wrong(NoDNS, "no address for "+u.Hostname(), "The gateway cannot be called.",
			"Check the base URL and this machine's DNS server.")
	}
	return fine("%s is %s", u.Hostname(), strings.Join(addresses, ", "))
}

func (g Gateway) tls(ctx context.Context) Finding {
	u, port, why := g.direct()
	switch {
	case why != "":
		return skip(why)
	case u.Scheme == "http":
		return fine("not needed, since the gateway is on this machine")
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, err := new(tls.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return noTLS(err)
	}
	defer conn.Close()
	state := conn.(*tls.Conn).ConnectionState() //nolint:forcetypeassert // a tls.Dialer returns only *tls.Conn
	expires := state.PeerCertificates[0].NotAfter
	if time.Until(expires) < certificateLeft {
		return wrong(ExpiresSoon, "the certificate expires on "+expires.Format(time.DateOnly),
			"After that day every call fails.", "Contact the gateway's operator.")
	}
	return fine("%s, certificate until %s", tls.VersionName(state.Version), expires.Format(time.DateOnly))
}

func noTLS(err error) Finding {
	var cert *tls.CertificateVerificationError
	if errors.As(err, &cert) {
		return wrong(NoTLS, "the certificate cannot be trusted", "The SDK does not send the key to this host.",
			"Check the base URL, this machine's clock and its root certificates.")
	}
	return wrong(NoTLS, "no TLS connection", "The gateway cannot be called.",
		"Check the base URL's host and port, and firewalls in between.")
}
