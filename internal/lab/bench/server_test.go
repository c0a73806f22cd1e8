package bench_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// The server's responses to each client: the same data in each API's format.
const (
	sessionAnswer = `{"ok":true,"session_id":12345,"checkout_url":"https:\/\/pay.example\/pay.php?session=12345",` +
		`"expires_at":"2026-11-22 06:15:57"}`
	stripeAnswer = `{"id":"12345","object":"checkout.session",` +
		`"url":"https:\/\/pay.example\/pay.php?session=12345","expires_at":1795327800}`
	hcloudAnswer = `{"server":{"id":12345,"name":"ORDER-10001","status":"initializing",` +
		`"created":"2026-11-22T06:15:57Z"},"action":{"id":1,"command":"create_server","status":"running",` +
		`"progress":0},"next_actions":[]}`
)

// serve responds until stdin ends.
func serve() error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	handler, err := routes()
	if err != nil {
		return err
	}
	var opened atomic.Int64
	srv := &http.Server{Handler: handler, ConnState: func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}}
	go srv.Serve(ln)
	fmt.Println(ln.Addr())
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fmt.Println(opened.Load(), int64(cpuTime()))
	}
	return srv.Close()
}

func routes() (http.Handler, error) {
	verifier, err := webhook.NewVerifier(secret)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/gateway/session.php", answer(http.StatusOK, sessionAnswer))
	mux.HandleFunc("/v1/checkout/sessions", answer(http.StatusOK, stripeAnswer))
	mux.HandleFunc("/servers", answer(http.StatusCreated, hcloudAnswer))
	mux.Handle("/webhook", webhook.NewHandler(verifier, func(context.Context, *ecomtrade24.Event) error { return nil }))
	mux.HandleFunc("/empty", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/reads", func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	return mux, nil
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}
