package sandbox

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
)

// target is where webhooks go.
type target struct {
	url    string
	sender *delivery.Sender
}

// DeliverTo sends every webhook from now on to rawURL. One that is not an absolute http or https URL is an error.
func (g *Gateway) DeliverTo(rawURL string) error {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("sandbox: cannot deliver webhooks: their URL is not an absolute http or https URL")
	}
	g.setTarget(&target{rawURL, delivery.NewSenderOver(&http.Transport{DisableKeepAlives: true}, attemptTimeout)})
	return nil
}

// DeliverToHandler invokes handler for every webhook from now on, without a socket. path is what the handler sees.
func (g *Gateway) DeliverToHandler(handler http.Handler, path string) {
	server := ServeInMemory(handler)
	to := &url.URL{Scheme: "https", Host: "merchant.example", Path: path}
	g.setTarget(&target{to.String(), delivery.NewSenderOver(server.Transport(), attemptTimeout)})
	g.mu.Lock()
	defer g.mu.Unlock()
	g.handlers = append(g.handlers, server)
}

func (g *Gateway) setTarget(t *target) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.target != nil {
		g.target.sender.Close()
	}
	g.target = t
}

// Target returns where webhooks go, without what may be secret in it, and "" for nowhere.
func (g *Gateway) Target() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.target == nil {
		return ""
	}
	return guard.URL(g.target.url)
}
