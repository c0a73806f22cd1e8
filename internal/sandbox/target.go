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

// target is an endpoint for webhooks.
type target struct {
	url    string
	sender *delivery.Sender
}

// DeliverTo sends every later webhook to rawURL, except those of a domain set by DeliverDomainTo. It returns an error
// if rawURL is not an absolute http or https URL.
func (g *Gateway) DeliverTo(rawURL string) error { return g.DeliverDomainTo("", rawURL) }

// DeliverDomainTo is like DeliverTo for the webhooks of one domain.
func (g *Gateway) DeliverDomainTo(domain, rawURL string) error {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" { // :8080 is a host too
		return errors.New("cannot deliver webhooks: their URL is not an absolute http or https URL")
	}
	transport := &http.Transport{DisableKeepAlives: true}
	g.setTarget(domain, &target{rawURL, delivery.NewSenderOver(transport, attemptTimeout)})
	return nil
}

// DeliverToHandler passes every later webhook to handler without a socket, in a request to path.
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

// targetOf returns the endpoint for a domain's webhooks, or nil if there is none. The caller holds the lock.
func (g *Gateway) targetOf(domain string) *target {
	if t := g.targets[domain]; t != nil {
		return t
	}
	return g.targets[""]
}

// delivers reports whether there is an endpoint for a domain's webhooks.
func (g *Gateway) delivers(domain string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.targetOf(domain) != nil
}

// Targets returns the endpoints without the secret parts of their URLs: the URL for all domains, and DOMAIN=URL for
// each domain set by DeliverDomainTo.
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
