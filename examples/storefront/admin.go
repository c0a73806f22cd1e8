package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// guarded asks for the password, and for a name to write beside decisions. Guesses are limited, right or wrong takes
// the same time, and a page of another site cannot press the buttons: see routes.
func (s *shop) guarded(guesses *limiter, next http.Handler) http.Handler {
	want := sha256.Sum256([]byte(s.adminPassword))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, password, given := r.BasicAuth()
		if given && !guesses.allowed(r) {
			w.Header().Set("Retry-After", "60")
			http.Error(w, "too many wrong passwords: wait a minute", http.StatusTooManyRequests)
			return
		}
		got := sha256.Sum256([]byte(password))
		if subtle.ConstantTimeCompare(got[:], want[:]) == 1 && strings.TrimSpace(name) != "" {
			next.ServeHTTP(w, r)
			return
		}
		if given {
			guesses.wrong(r)
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="Storefront: your name and the password", charset="UTF-8"`)
		http.Error(w, "your name and the password, please", http.StatusUnauthorized)
	})
}

func (s *shop) adminRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /admin", s.showAdmin)
	mux.Handle("GET /admin/{$}", http.RedirectHandler("/admin", http.StatusMovedPermanently))
	mux.HandleFunc("GET /admin/orders/{id}", s.showAdminOrder)
	mux.HandleFunc("POST /admin/payments/{id}", s.decide)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { s.showMessage(w, http.StatusNotFound, noPage) })
	return mux
}

// payment is a message of the gateway, as recordPayment keeps it.
type payment struct {
	ID, Kind, OrderID, SessionID, TxID string
	Status, Amount, Currency           string // as told; empty: not given
	At, DecidedAt                      int64
	Problem, Decision, DecidedBy, Note string
	OrderState                         string // of the order that it names; empty: there is none
}

// Waits tells whether a person has something to decide.
func (p payment) Waits() bool { return p.Problem != "" && p.Decision == "" }

// IsPayment tells whether all of a payment is known. An unknown status is none, even if it looks like one.
func (p payment) IsPayment() bool {
	return p.Status == string(ecomtrade24.StatusPaid) &&
		(p.Kind == string(inbox.Paid) || p.Kind == string(inbox.PaidAgain))
}

// IsIncomplete tells whether the message waits for one that says more.
func (p payment) IsIncomplete() bool { return p.Kind == string(inbox.Incomplete) }

// CanAccept tells whether the order can still be marked as paid by hand.
func (p payment) CanAccept() bool {
	return p.IsPayment() && (p.OrderState == open || p.OrderState == expired)
}

// jobCount is how many jobs of a kind are in a state.
type jobCount struct {
	Kind, State string
	Count       int
}

// waitingPage is how many of the messages that wait for a person the page shows at once.
const waitingPage = 100

// waiting is one page of the messages that wait for a person, the payments first and of each the oldest first.
type waiting struct {
	Payments []payment
	Total    int
	Next     int // the number of the next page; 0: this is the last one
}

func (s *shop) waiting(ctx context.Context, page int) (w waiting, err error) {
	if w.Payments, err = s.payments(ctx, `p.problem <> '' AND p.decision = ''
ORDER BY CASE WHEN p.kind IN ('unknown', 'incomplete') THEN 1 ELSE 0 END, p.at, p.id LIMIT $1 OFFSET $2`,
		waitingPage, (page-1)*waitingPage); err != nil {
		return w, err
	}
	row := s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM shop_payments WHERE problem <> '' AND decision = ''`)
	if err = row.Scan(&w.Total); err == nil && page*waitingPage < w.Total {
		w.Next = page + 1
	}
	return w, err
}

// pageNumber is the query's, from 1.
func pageNumber(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil {
		return 1
	}
	return min(max(n, 1), 1_000_000)
}

// showAdmin shows what waits for a person, the queue, the newest orders and payments, or the order that is searched
// for.
func (s *shop) showAdmin(w http.ResponseWriter, r *http.Request) {
	search := strings.ToUpper(strings.TrimSpace(r.URL.Query().Get("order")))
	if _, err := s.findOrder(r.Context(), search); err == nil {
		r.SetPathValue("id", search)
		s.showAdminOrder(w, r)
		return
	}
	waits, err := s.waiting(r.Context(), pageNumber(r))
	newest, err2 := s.payments(r.Context(), newestPayments)
	orders, err3 := s.newestOrders(r.Context())
	jobs, err4 := s.jobs(r.Context())
	if err := errors.Join(err, err2, err3, err4); err != nil {
		s.fail(w, "show admin", err)
		return
	}
	s.show(w, http.StatusOK, "admin", struct {
		Search  string // that found nothing
		Waiting waiting
		Newest  []payment
		Orders  []order
		Jobs    []jobCount
	}{search, waits, newest, orders, jobs})
}

func (s *shop) showAdminOrder(w http.ResponseWriter, r *http.Request) {
	o, err := s.findOrder(r.Context(), r.PathValue("id"))
	if errors.Is(err, sql.ErrNoRows) {
		s.showMessage(w, http.StatusNotFound, noOrder)
		return
	}
	payments, err2 := s.payments(r.Context(), "p.order_id = $1 ORDER BY p.at DESC, p.id LIMIT 100", o.ID)
	if err := errors.Join(err, err2); err != nil {
		s.fail(w, "show order", err)
		return
	}
	s.show(w, http.StatusOK, "admin-order", struct {
		Order    order
		Payments []payment
	}{o, payments})
}

// The newest ones, as their indexes have them: a million others cost nothing.
const (
	newestPayments = "TRUE ORDER BY p.at DESC, p.id LIMIT 20"
	newestOrders   = `SELECT id, state, amount, currency, created_at FROM shop_orders
ORDER BY created_at DESC, id LIMIT 50`
	paymentsWhere = `SELECT p.id, p.at, p.kind, p.order_id, p.session_id, p.status, p.txid, p.amount, p.currency,
	p.problem, p.decision, p.decided_by, p.decided_at, p.note, COALESCE(o.state, '')
FROM shop_payments p LEFT JOIN shop_orders o ON o.id = p.order_id WHERE `
)

// payments lists those that the rest of the statement, a constant, chooses.
func (s *shop) payments(ctx context.Context, where string, args ...any) ([]payment, error) {
	return query(ctx, s.db, func(scan func(...any) error) (p payment, err error) {
		return p, scan(&p.ID, &p.At, &p.Kind, &p.OrderID, &p.SessionID, &p.Status, &p.TxID, &p.Amount, &p.Currency,
			&p.Problem, &p.Decision, &p.DecidedBy, &p.DecidedAt, &p.Note, &p.OrderState)
	}, paymentsWhere+where, args...)
}

func (s *shop) newestOrders(ctx context.Context) ([]order, error) {
	return query(ctx, s.db, func(scan func(...any) error) (o order, err error) {
		return o, scan(&o.ID, &o.State, &o.Amount, &o.Currency, &o.CreatedAt)
	}, newestOrders)
}

func (s *shop) jobs(ctx context.Context) ([]jobCount, error) {
	return query(ctx, s.db, func(scan func(...any) error) (j jobCount, err error) {
		return j, scan(&j.Kind, &j.State, &j.Count)
	}, `SELECT kind, state, COUNT(*) FROM river_job GROUP BY kind, state ORDER BY kind, state`)
}

// query reads all rows.
func query[T any](ctx context.Context, db *sql.DB, read func(scan func(...any) error) (T, error), text string,
	args ...any,
) ([]T, error) {
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := read(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("query: %w", err)
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
