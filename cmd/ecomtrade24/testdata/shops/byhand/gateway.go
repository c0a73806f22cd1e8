package main

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

var gateway = http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error {
	return http.ErrUseLastResponse // a redirect could take the key elsewhere
}}

// call sends a request to the gateway.
func call(method, path, body string) (result object, err error) {
	r, err := http.NewRequest(method, os.Getenv("ECOMTRADE24_BASE_URL")+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+os.Getenv("ECOMTRADE24_API_KEY"))
	r.Header.Set("Content-Type", "application/json")
	resp, err := gateway.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	err = json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&result)
	if err == nil && (resp.StatusCode > 299 || string(result["ok"]) != "true") {
		err = errors.New("the gateway responds " + resp.Status)
	}
	return result, err
}

// checkout opens a session for a stored order and sends the buyer there.
func checkout(w http.ResponseWriter, r *http.Request, id, email string) {
	params := map[string]string{
		"domain": "shop.example", "amount": price, "currency": currency, "order_id": id, "customer_email": email,
		"return_url": os.Getenv("SHOP_URL") + "/thanks?order=" + id,
		"cancel_url": os.Getenv("SHOP_URL") + "/cancelled?order=" + id,
	}
	body, _ := json.Marshal(params) // a map of strings never fails
	session, err := call(http.MethodPost, "/gateway/session.php", string(body))
	name, to := session.id("session_id"), session.text("checkout_url")
	switch {
	case err != nil:
		fail(w, http.StatusBadGateway, err)
		return
	case name == "" || !strings.HasPrefix(to, "http"):
		fail(w, http.StatusBadGateway, errors.New("the gateway opened no session"))
		return
	}
	if err := change(func(s *shop) { s.Orders[id].moves(name, "pending") }); err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// reconcile looks up each session of the orders that are not paid: a webhook may be lost.
func reconcile(w http.ResponseWriter, _ *http.Request) {
	s, err := load()
	for id, o := range s.Orders {
		for session := range o.Sessions {
			if o.State == "paid" {
				continue
			}
			status, failed := call(http.MethodGet, "/gateway/status.php?session_id="+url.QueryEscape(session), "")
			about := status.id("session_id") == session && status.text("order_id") == id || fault("other")
			if failed == nil && about {
				err = errors.Join(err, change(func(s *shop) { s.apply(status, false) }))
			}
		}
	}
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
	}
}
