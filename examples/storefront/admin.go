package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// guarded puts the handler next behind a login: it requires the password, and a name to record with decisions. Guesses
// are limited, and a right password takes as long to check as a wrong one. Other sites' pages cannot press the buttons:
// see routes.
func (s *shop) guarded(guesses *limiter, next http.Handler) http.Handler {
	want := sha256.Sum256([]byte(s.adminPassword))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, password, given := r.BasicAuth()
		if given && !guesses.allowed(s.caller(r)) {
			w.Header().Set("Retry-After", "60")
			http.Error(w, "too many wrong passwords: wait a minute", http.StatusTooManyRequests)
			return
		}
		got := sha256.Sum256([]byte(password))
		right := subtle.ConstantTimeCompare(got[:], want[:]) == 1 && strings.TrimSpace(name) != "" && storable(name)
		if given {
			guesses.guessed(s.caller(r), right)
		}
		if right {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="Storefront: your name and the password", charset="UTF-8"`)
		http.Error(w, "enter your name and the password", http.StatusUnauthorized)
	})
}

func (s *shop) adminRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /admin", s.showWaiting)
	mux.Handle("GET /admin/{$}", http.RedirectHandler("/admin", http.StatusMovedPermanently))
	mux.HandleFunc("GET /admin/orders", s.showOrders)
	mux.HandleFunc("GET /admin/orders/{id}", s.showAdminOrder)
	mux.HandleFunc("GET /admin/payments", s.showPayments)
	mux.HandleFunc("POST /admin/payments/{id}/{what}", s.decide)
	mux.Handle("GET /admin/payments/{id}/{what}", http.RedirectHandler("/admin", http.StatusSeeOther))
	mux.HandleFunc("POST /admin/receipts/{id}", s.sendAgain)
	mux.HandleFunc("POST /admin/search", s.showSearch)
	mux.Handle("GET /admin/search", http.RedirectHandler("/admin", http.StatusSeeOther))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.showMessage(w, r, http.StatusNotFound, noPage) })
	return mux
}

// showWaiting lists payments in manual review and unsent receipts.
func (s *shop) showWaiting(w http.ResponseWriter, r *http.Request) {
	waits, err := s.waiting(r.Context())
	receipts, err2 := s.lateReceipts(r.Context())
	if err := errors.Join(err, err2); err != nil {
		s.fail(w, r, "list manual reviews", err)
		return
	}
	s.show(w, http.StatusOK, "waiting", struct {
		Waiting  []payment
		Receipts []receipt
	}{waits, receipts})
}

func (s *shop) showOrders(w http.ResponseWriter, r *http.Request) {
	which, args := newestOrders, []any(nil)
	state := r.URL.Query().Get("state")
	if state == open || state == paid || state == expired {
		which, args = ordersInState, []any{state}
	}
	rows, err := s.orders(r.Context(), which, args...)
	if err != nil {
		s.fail(w, r, "show orders", err)
		return
	}
	s.show(w, http.StatusOK, "orders", struct {
		Rows   []order
		State  string
		States []string
	}{rows, state, []string{open, paid, expired}})
}

func (s *shop) showPayments(w http.ResponseWriter, r *http.Request) {
	rows, err := s.payments(r.Context(), newestPayments)
	if err != nil {
		s.fail(w, r, "show payments", err)
		return
	}
	s.show(w, http.StatusOK, "payments", rows)
}

// showSearch redirects to the order if it is the only match. It is a POST because an e-mail address in a URL would end
// up in logs.
func (s *shop) showSearch(w http.ResponseWriter, r *http.Request) {
	text := strings.TrimSpace(r.PostFormValue("q"))
	orders, payments, err := s.search(r.Context(), text)
	switch {
	case err != nil:
		s.fail(w, r, "search", err)
	case len(orders) == 1:
		http.Redirect(w, r, "/admin/orders/"+orders[0].ID, http.StatusSeeOther)
	default:
		s.show(w, http.StatusOK, "search", struct {
			Text     string
			Orders   []order
			Payments []payment
		}{text, orders, payments})
	}
}

func (s *shop) showAdminOrder(w http.ResponseWriter, r *http.Request) {
	o, err := s.findOrder(r.Context(), r.PathValue("id"))
	if errors.Is(err, sql.ErrNoRows) {
		s.showMessage(w, r, http.StatusNotFound, noOrder)
		return
	}
	messages, err2 := s.payments(r.Context(), `p.order_id = $1 ORDER BY p.at DESC, p.id DESC LIMIT 100`, o.ID)
	if err := errors.Join(err, err2); err != nil {
		s.fail(w, r, "show order", err)
		return
	}
	s.show(w, http.StatusOK, "admin-order", struct {
		Order    order
		Messages []payment
		Labels   map[string]string
	}{o, messages, s.methodLabels(r.Context())})
}

// methodLabels returns the methods' labels by ID.
func (s *shop) methodLabels(ctx context.Context) map[string]string {
	ctx, cancel := context.WithTimeout(ctx, gatewayWaits)
	defer cancel()
	labels := map[string]string{}
	if merchant, err := s.client.Plan(ctx); err == nil {
		for _, method := range merchant.Methods {
			labels[method.ID] = method.Label
		}
	}
	return labels
}

//nolint:gochecknoglobals // these are never changed
var (
	noAction  = message{"Not possible for this payment", "Go back and choose one of its buttons."}
	noReceipt = message{"Receipt not found", "It was sent, or it is too old."}
	tooLate   = message{"Too late", "This payment is already decided, or its order is now paid. Nothing was changed."}
)

// decide records a decision under the name that came with the password. If it rejects the note, it shows the form with
// the note again.
func (s *shop) decide(w http.ResponseWriter, r *http.Request) {
	by, _, _ := r.BasicAuth()
	d := decision{r.PathValue("id"), by, r.PathValue("what"), strings.TrimSpace(r.PostFormValue("note"))}
	err := s.recordDecision(r.Context(), d)
	switch {
	case errors.Is(err, errNote):
		s.show(w, http.StatusUnprocessableEntity, "note", struct{ Action, Note string }{r.URL.Path, d.Note})
	case errors.Is(err, errUnsuitable):
		s.showMessage(w, r, http.StatusBadRequest, noAction)
	case errors.Is(err, errDecided):
		s.showMessage(w, r, http.StatusConflict, tooLate)
	case err != nil:
		s.fail(w, r, "record decision", err)
	default:
		s.log.Info("decision", "payment", d.PaymentID, "decision", d.What, "by", by)
		http.Redirect(w, r, "/admin", http.StatusSeeOther)
	}
}

// sendAgain queues an unsent receipt again. It does not resend a receipt that was sent.
func (s *shop) sendAgain(w http.ResponseWriter, r *http.Request) {
	late, err := s.lateReceipts(r.Context())
	i := slices.IndexFunc(late, func(one receipt) bool { return strconv.FormatInt(one.JobID, 10) == r.PathValue("id") })
	if err == nil && i < 0 {
		s.showMessage(w, r, http.StatusNotFound, noReceipt)
		return
	}
	if err == nil {
		_, err = s.queue.JobRetry(r.Context(), late[i].JobID)
	}
	if err != nil {
		s.fail(w, r, "send receipt again", err)
		return
	}
	http.Redirect(w, r, "/admin", http.StatusSeeOther)
}
