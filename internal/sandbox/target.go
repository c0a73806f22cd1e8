package sandbox

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
)

// target is where webhooks go.
type target struct {
	url    string
	sender *delivery.Sender
}

// DeliverTo sends every webhook from now on to rawURL, except those of the domains of DeliverDomainTo. A URL that is
// not an absolute http or https URL is an error.
func (g *Gateway) DeliverTo(rawURL string) error { return g.DeliverDomainTo("", rawURL) }

// DeliverDomainTo is DeliverTo for the webhooks of one domain.
func (g *Gateway) DeliverDomainTo(domain, rawURL string) error {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("sandbox: cannot deliver webhooks: their URL is not an absolute http or https URL")
	}
	transport := &http.Transport{DisableKeepAlives: true}
	g.setTarget(domain, &target{rawURL, delivery.NewSenderOver(transport, attemptTimeout)})
	return nil
}

// DeliverToHandler invokes handler for every webhook from now on, without a socket. path is what the handler sees.
func (g *Gateway) DeliverToHandler(handler http.Handler, path string) {
	server := ServeInMemory(handler)
	to := &url.URL{Scheme: "https", Host: "merchant.example", Path: path}
	g.setTarget("", &target{to.String(), delivery.NewSenderOver(server.Transport(), attemptTimeout)})
	g.mu.Lock()
	defer g.mu.Unlock()
	g.handlers = append(g.handlers, server)
}

func (g *Gateway) setTarget(domain string, t *target) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.targets[domain] = t
}

// targetOf returns where the webhooks of a domain go, or nil for nowhere. The caller holds the lock.
func (g *Gateway) targetOf(domain string) *target {
	if t := g.targets[domain]; t != nil {
		return t
	}
	return g.targets[""]
}

// delivers reports whether the webhooks of a domain go anywhere.
func (g *Gateway) delivers(domain string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.targetOf(domain) != nil
}

// Targets returns where webhooks go, without what may be secret in it: a URL for all domains, and DOMAIN=URL for each
// domain with a URL of its own.
func (g *Gateway) Targets() (list []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, domain := range slices.Sorted(maps.Keys(g.targets)) {
		to := guard.URL(g.targets[domain].url)
		if domain != "" {
			to = domain + "=" + to
		}
		list = append(list, to)
	}
	return list
}
