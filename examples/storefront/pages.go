package main

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strings"
	"time"
)

//go:embed pages/*.html
var pageFiles embed.FS

//nolint:gochecknoglobals // parsed once
var pages = template.Must(template.New("").
	Funcs(template.FuncMap{"when": when, "machine": machine}).ParseFS(pageFiles, "pages/*.html"))

// when is the template function that formats Unix seconds for people, in UTC.
func when(seconds int64) string { return time.Unix(seconds, 0).UTC().Format("2006-01-02 15:04:05 UTC") }

// machine returns Unix seconds as RFC 3339.
func machine(seconds int64) string { return time.Unix(seconds, 0).UTC().Format(time.RFC3339) }

// show renders the complete page before it sends anything.
func (s *shop) show(w http.ResponseWriter, status int, page string, data any) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, page, data); err != nil {
		s.log.Error("cannot show a page", "page", page, "error", err)
		http.Error(w, "sorry, this page is broken", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// top is the data for the header of each of the shop's pages.
type top struct{ Basket int } // number of items in the basket

func readTop(r *http.Request) top {
	var t top
	for _, l := range readBasket(r) {
		t.Basket += l.Quantity
	}
	return t
}

// message is a page with only a title and a text.
type message struct{ Title, Text string }

//nolint:gochecknoglobals // these are never changed
var (
	noPage    = message{"Page not found", "The address is wrong or incomplete."}
	noOrder   = message{"Order not found", "The link is wrong or incomplete."}
	noProduct = message{"Product not found", "We no longer sell it."}
	broken    = message{"This page is not available", "Please try again in a few minutes."}
)

// showMessage shows a message. Under /admin it uses the back office's layout.
func (s *shop) showMessage(w http.ResponseWriter, r *http.Request, status int, m message) {
	page := "message"
	if strings.HasPrefix(r.URL.Path, "/admin") {
		page = "admin-message"
	}
	s.show(w, status, page, struct {
		top
		message
	}{readTop(r), m})
}

// fail logs err and shows the visitor a page without details.
func (s *shop) fail(w http.ResponseWriter, r *http.Request, op string, err error) {
	s.log.Error(op, "error", err)
	s.showMessage(w, r, http.StatusInternalServerError, broken)
}

func (s *shop) showCatalogue(w http.ResponseWriter, r *http.Request) {
	s.show(w, http.StatusOK, "catalogue", struct {
		top

		Products []product
		Currency string
	}{readTop(r), catalogue(), currency})
}

// showBasket shows the basket. The argument refused names the field to correct: "method", "email" or "".
func (s *shop) showBasket(w http.ResponseWriter, r *http.Request, refused string) {
	lines, status := readBasket(r), http.StatusOK
	if refused != "" {
		status = http.StatusUnprocessableEntity
	}
	ways, err := s.ways(r, refused)
	if err != nil {
		s.log.Error("no methods", "error", err)
	}
	s.show(w, status, "basket", struct {
		top

		Lines           []line
		Total, Currency string
		Most            int
		Email, Refused  string
		Ways            choice
		Unavailable     bool
	}{readTop(r), lines, string(total(lines)), currency, mostOfOne, r.PostFormValue("email"), refused, ways, err != nil})
}
