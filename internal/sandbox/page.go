package sandbox

import (
	"bytes"
	"embed"
	"html/template"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
)

// The buyer's page needs no script. Browser tests rely on these elements of /pay.php: #shop, #order, #amount, #status,
// radio buttons input[name=method] with the ids method-ID (only where the buyer has to choose), and the buttons #pay,
// #decline, #cancel and #expire, or, once the session is final, the link #back.

//go:embed page
var files embed.FS

//nolint:gochecknoglobals // the templates are parsed once, when the program starts
var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"clock": clock, "took": took, "status": statusText, "count": count,
}).ParseFS(files, "page/*.html"))

// checkoutPage holds the data of the buyer's page.
type checkoutPage struct {
	Title     string
	Shop      string
	Payment   ecomtrade24.Payment
	Method    string               // the name of the chosen method, or ""
	Methods   []ecomtrade24.Method // methods that the buyer can choose from
	ExpiresAt time.Time
	Back      string // "" if the merchant set no usable URL
}

func (g *Gateway) showCheckout(w http.ResponseWriter, r *http.Request) {
	s, ok := g.snapshot(r.URL.Query().Get("session"))
	if !ok {
		render(w, http.StatusNotFound, "missing.html", checkoutPage{Title: "No such checkout"})
		return
	}
	page := checkoutPage{
		Title: "Pay " + s.payment.Domain, Shop: s.payment.Domain, Payment: s.payment, ExpiresAt: s.expiresAt,
		Back: s.back(s.payment.Status),
	}
	mode, methods := g.Plan()
	for _, m := range methods {
		if m.Label == "" {
			m.Label = m.ID
		}
		switch {
		case m.ID == s.request.Method:
			page.Method = m.Label
		case m.Available && s.request.Method == "" && mode == ecomtrade24.ModeSmartRouting:
			page.Methods = append(page.Methods, m)
		}
	}
	render(w, http.StatusOK, "checkout.html", page)
}

// decideCheckout performs the action of the buyer's button and redirects the buyer to the shop. It does not wait for
// the webhook, so the buyer's return does not prove a payment.
func (g *Gateway) decideCheckout(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	id, method := r.PostFormValue("session"), r.PostFormValue("method")
	s, ok := g.snapshot(id)
	to := map[string]ecomtrade24.PaymentStatus{
		"pay": ecomtrade24.StatusPaid, "decline": ecomtrade24.StatusDeclined, "cancel": ecomtrade24.StatusCancelled,
		"expire": ecomtrade24.StatusExpired,
	}[r.PostFormValue("action")]
	_, methods := g.Plan()
	switch {
	case !ok:
		render(w, http.StatusNotFound, "missing.html", checkoutPage{Title: "No such checkout"})
		return
	case to == "" || method != "" && !offers(methods, method):
		http.Error(w, "unknown action or method", http.StatusBadRequest)
		return
	}
	where := s.back(to)
	if _, err := g.Move(id, to, method); err != nil {
		where = "" // the session is already final, and its page shows the status
	}
	if where == "" {
		where = "/pay.php?session=" + s.payment.SessionID
	}
	http.Redirect(w, r, where, http.StatusSeeOther) // a web URL from the merchant's session, or the checkout page
}

// back returns the URL to which the buyer is redirected: return_url after a payment attempt, cancel_url after
// canceling. It returns "" if that URL is not an absolute http or https URL, since session.php does not check it.
func (s *session) back(status ecomtrade24.PaymentStatus) string {
	where := s.request.ReturnURL
	if status == ecomtrade24.StatusCancelled || status == ecomtrade24.StatusExpired {
		where = s.request.CancelURL
	}
	if !webURL(where) {
		return ""
	}
	return where
}

func render(w http.ResponseWriter, status int, name string, data any) {
	var page bytes.Buffer
	if err := pages.ExecuteTemplate(&page, name, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy",
		"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "+
			"frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, guard.Text(page.String()))
}

// servePart serves the pages' style sheet and scripts.
func servePart(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	if !strings.HasSuffix(name, ".css") && !strings.HasSuffix(name, ".js") {
		http.NotFound(w, r)
		return
	}
	http.ServeFileFS(w, r, files, "page/"+name) //nolint:gosec // name is a single path element in an embedded folder
}
