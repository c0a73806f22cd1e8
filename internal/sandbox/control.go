package sandbox

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// waits limits how long a response is delayed until the webhooks of its request are delivered.
const waits = 10 * time.Second

// fields returns the fields of a form, or of a JSON object of strings, numbers and booleans.
func fields(r *http.Request) (url.Values, error) {
	r.Body = http.MaxBytesReader(nil, r.Body, maxRequest)
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		err := r.ParseForm()
		return r.Form, err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, errors.New("the body must be one JSON object")
	}
	values := r.URL.Query()
	for name, value := range members {
		if value == nil {
			continue
		}
		if number, ok := value.(float64); ok {
			value = strconv.FormatFloat(number, 'f', -1, 64)
		}
		values.Set(name, fmt.Sprint(value))
	}
	return values, nil
}

// forPerson reports whether the request comes from a button on a page.
func forPerson(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

// fail responds with an error, as a page or as JSON.
func (g *Gateway) fail(w http.ResponseWriter, r *http.Request, status int, err error) {
	if forPerson(r) {
		render(w, status, "message.html", messagePage{g.head(tabActivity, "Not done"), err.Error()})
		return
	}
	writeJSON(w, status, struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}{false, err.Error()})
}

// done redirects a browser back to the page with the button. To a program, it responds with the result of now(), after
// wait has returned or a time limit has passed.
func (g *Gateway) done(w http.ResponseWriter, r *http.Request, back string, wait func(), now func() any) {
	if forPerson(r) {
		if from, err := url.Parse(r.Referer()); err == nil && from.Host == r.Host && from.Path != "" {
			back = from.RequestURI()
		}
		http.Redirect(w, r, back, http.StatusSeeOther) //nolint:gosec // back is a page of this host
		return
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		wait()
	}()
	timer := time.NewTimer(waits)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
	case <-g.ending:
	case <-r.Context().Done():
	}
	writeJSON(w, http.StatusOK, now())
}

// makeSession creates a session through the API, as a shop does. Missing fields have defaults.
func (g *Gateway) makeSession(w http.ResponseWriter, r *http.Request) {
	values, err := fields(r)
	if err != nil {
		g.fail(w, r, http.StatusBadRequest, err)
		return
	}
	client, err := ecomtrade24.NewClient(g.config.BaseURL, g.config.APIKey, ecomtrade24.WithPlainHTTP(),
		ecomtrade24.WithDeployment(g.config.Deployment), ecomtrade24.WithHTTPClient(&http.Client{Transport: g.Transport()}))
	if err != nil {
		g.fail(w, r, http.StatusConflict, err)
		return
	}
	session, err := client.CreateSession(r.Context(), ecomtrade24.SessionParams{
		Domain: cmp.Or(values.Get("domain"), g.domain()), OrderID: cmp.Or(values.Get("order_id"), "TEST-"+rand.Text()[:6]),
		Amount:   ecomtrade24.Amount(cmp.Or(values.Get("amount"), "49.95")),
		Currency: cmp.Or(values.Get("currency"), "USD"), CustomerEmail: "buyer@example.com",
	})
	if err != nil {
		g.fail(w, r, http.StatusConflict, err)
		return
	}
	g.done(w, r, "/sessions/"+session.ID, func() {}, func() any {
		record, _ := g.oneRecord(session.ID)
		return record
	})
}

// domain returns an approved domain.
func (g *Gateway) domain() string {
	if len(g.config.Domains) > 0 {
		return g.config.Domains[0]
	}
	return "shop.example"
}

// resend delivers a webhook again.
func (g *Gateway) resend(w http.ResponseWriter, r *http.Request) {
	number, _ := strconv.Atoi(r.PathValue("number")) // 0 if the number is invalid; no delivery has number 0
	if err := g.RedeliverAttempt(number); err != nil {
		g.fail(w, r, http.StatusNotFound, err)
		return
	}
	g.done(w, r, "/", func() {}, func() any { return map[string]bool{"ok": true} })
}

// test handles a request to send a test webhook.
func (g *Gateway) test(w http.ResponseWriter, r *http.Request) {
	wait, err := g.SendTest()
	if err != nil {
		g.fail(w, r, http.StatusConflict, err)
		return
	}
	g.done(w, r, "/", wait, func() any { return map[string]bool{"ok": true} })
}

// turnFault turns on a fault; "off" ends all faults.
func (g *Gateway) turnFault(w http.ResponseWriter, r *http.Request) {
	values, err := fields(r)
	if err == nil && r.PathValue("name") == "off" {
		g.EndFaults()
	} else if err == nil {
		err = g.setFault(r.PathValue("name"), values.Get)
	}
	if err != nil {
		g.fail(w, r, http.StatusBadRequest, err)
		return
	}
	g.done(w, r, "/faults", func() {}, func() any { return g.activeFaults() })
}
