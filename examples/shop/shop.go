package main

import (
	"log/slog"
	"net/http"
	"sync"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// shop is a shop that sells one product.
type shop struct {
	*http.ServeMux

	client *ecomtrade24.Client
	hook   *webhook.Handler
	log    *slog.Logger
	url    string // as buyers see it
	domain string // exactly as approved by the gateway

	mu     sync.Mutex
	orders map[string]order // by order ID; to keep orders in a database, see package inbox
}

func newShop(s settings, url, domain string, log *slog.Logger) (*shop, error) {
	client, err := ecomtrade24.NewClient(s.baseURL, s.key, ecomtrade24.WithLogger(log),
		ecomtrade24.WithDeployment(s.deployment))
	if err != nil {
		return nil, err
	}
	verifier, err := webhook.NewVerifier(s.secret)
	if err != nil {
		return nil, err
	}
	sh := &shop{
		ServeMux: http.NewServeMux(), client: client, log: log, url: url, domain: domain, orders: map[string]order{},
	}
	sh.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { sh.choose(w, r, choice{}) })
	sh.HandleFunc("POST /buy", sh.buy)
	sh.HandleFunc("GET /orders/{id}", sh.showOrder)
	sh.hook = webhook.NewHandler(verifier, sh.onEvent, webhook.WithLogger(log))
	sh.Handle("POST /api/webhook", sh.hook)
	return sh, nil
}

// price is set by the shop: the buyer cannot change it.
var price = ecomtrade24.Order{Amount: "49.95", Currency: "USD"} //nolint:gochecknoglobals // Go has no constant structs
