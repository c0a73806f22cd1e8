// Command byhand is a small shop on the standard library alone: it verifies webhooks without the SDK. FAULT plants one
// fault; without it the shop passes ecomtrade24 drill.
package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

func fault(name string) bool { return os.Getenv("FAULT") == name }

// fail logs why. No error here quotes a key, a signature or a body.
func fail(w http.ResponseWriter, status int, err error) {
	log.Printf("%d: %v", status, err)
	http.Error(w, http.StatusText(status), status)
}

func signed(h http.Header, body []byte) bool {
	mac := hmac.New(sha256.New, []byte(os.Getenv("ECOMTRADE24_WEBHOOK_SECRET")))
	mac.Write(body)
	want := mac.Sum(nil)
	for _, name := range []string{"X-Signature", "X-Ecomtrade24-Signature", "X-Webhook-Signature"} {
		for value := range strings.SplitSeq(strings.Join(h.Values(name), ","), ",") {
			if value = strings.TrimSpace(value); !fault("prefix") {
				value = strings.TrimPrefix(value, "sha256=")
			}
			if got, err := hex.DecodeString(value); err == nil && hmac.Equal(got, want) {
				return true
			}
		}
	}
	return false
}

func webhook(w http.ResponseWriter, r *http.Request) {
	body, err := read(r.Body)
	if err != nil || len(body) > 64<<10 {
		fail(w, http.StatusBadRequest, errors.New("the webhook is cut short or too large"))
		return
	}
	if !signed(r.Header, body) {
		fail(w, http.StatusUnauthorized, errors.New("the webhook's signature is missing or wrong"))
		return
	}
	var event object
	if json.Unmarshal(body, &event) != nil || event == nil {
		fail(w, http.StatusBadRequest, errors.New("the webhook is no JSON object"))
		return
	}
	open := false
	if s, err := load(); err == nil && fault("race") {
		o := s.Orders[event.text("order_id")]
		open = o != nil && o.State == "open"
		time.Sleep(300 * time.Millisecond)
	}
	apply := func() error { return change(func(s *shop) { s.apply(event, open) }) }
	if fault("early") {
		go func() { _ = apply() }()
	} else if err := apply(); err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	log.Printf("webhook: order %.99q is %.20q", event.text("order_id"), event.text("status"))
}

func read(body io.Reader) ([]byte, error) {
	if fault("read") {
		buffer := make([]byte, 64<<10)
		n, _ := body.Read(buffer)
		return buffer[:n], nil
	}
	return io.ReadAll(io.LimitReader(body, 64<<10+1))
}

func buy(w http.ResponseWriter, r *http.Request) {
	id, bought := "G"+rand.Text(), &order{State: "open", Email: r.FormValue("email"), Sessions: map[string]string{}}
	if err := change(func(s *shop) { s.Orders[id] = bought }); err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	checkout(w, r, id, bought.Email)
}

// ordered passes the order that the path or the query names.
func ordered(serve func(w http.ResponseWriter, r *http.Request, id string, o *order)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := r.PathValue("order")
		if id == "" {
			id = r.URL.Query().Get("order")
		}
		s, err := load()
		switch o := s.Orders[id]; {
		case err != nil:
			fail(w, http.StatusInternalServerError, err)
		case o == nil:
			http.NotFound(w, r)
		default:
			serve(w, r, id, o)
		}
	}
}

func payAgain(w http.ResponseWriter, r *http.Request, id string, o *order) {
	if !o.payable() {
		http.Redirect(w, r, "/thanks?order="+id, http.StatusSeeOther)
		return
	}
	checkout(w, r, id, o.Email)
}

// page shows the order's own state, whatever else the URL says.
func page(w http.ResponseWriter, r *http.Request, _ string, o *order) {
	if next := r.URL.Query().Get("next"); next != "" && fault("redirect") {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	text := "Your payment has not arrived yet."
	if o.State == "paid" {
		text = "Thank you, it is paid."
	}
	fmt.Fprint(w, text)
}

func show(w http.ResponseWriter, _ *http.Request, _ string, o *order) {
	fmt.Fprintf(w, `{"state":%q,"review":%t,"shipments":%d,"receipts":%d,"points":%d,"invoice":%d}`,
		o.State, o.Review, o.Shipments, o.Receipts, o.Points, o.Invoice)
}

func totals(w http.ResponseWriter, _ *http.Request) {
	s, err := load()
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	fmt.Fprintf(w, `{"stock":%d}`, s.Stock)
}

func main() {
	if pid := strconv.Itoa(os.Getpid()); fault("memory") {
		file += pid // as if it were forgotten with the process
	}
	http.HandleFunc("POST /api/webhook", webhook)
	http.HandleFunc("POST /buy", buy)
	http.HandleFunc("POST /cron/reconcile", reconcile)
	http.HandleFunc("GET /api/totals", totals)
	http.HandleFunc("GET /api/orders/{order}", ordered(show))
	http.HandleFunc("POST /orders/{order}/pay", ordered(payAgain))
	http.HandleFunc("GET /thanks", ordered(page))
	http.HandleFunc("GET /cancelled", ordered(page))
	at, err := url.Parse(os.Getenv("SHOP_URL"))
	if err == nil {
		err = os.WriteFile(os.Getenv("SHOP_DIR")+"/pid", []byte(strconv.Itoa(os.Getpid())), 0o600)
	}
	if err == nil {
		server := http.Server{Addr: at.Host, ReadHeaderTimeout: 10 * time.Second}
		err = server.ListenAndServe()
	}
	log.Fatal(err)
}
