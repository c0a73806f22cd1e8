package sandbox

import (
	"net/http"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
)

// Moved is a change of a session's status.
type Moved struct {
	SessionID string                    `json:"session_id"`
	OrderID   string                    `json:"order_id"`
	Status    ecomtrade24.PaymentStatus `json:"status"`
	At        time.Time                 `json:"at"`
}

// entry is one event: a call, a delivery or a change of status. The other fields are nil.
type entry struct {
	At       time.Time
	Call     *Request
	Delivery *Delivery
	Move     *Moved

	newest bool // of the attempts to deliver a webhook
}

// Waits reports whether another attempt follows. GaveUp reports that none does.
func (e entry) Waits() bool  { return e.Bad() && e.newest && e.Delivery.Next > 0 }
func (e entry) GaveUp() bool { return e.Bad() && e.newest && e.Delivery.Next == 0 }

// Order returns the entry's order ID, or "".
func (e entry) Order() string {
	switch {
	case e.Call != nil:
		return e.Call.OrderID
	case e.Delivery != nil:
		return e.Delivery.OrderID
	}
	return e.Move.OrderID
}

// Session returns the entry's session ID, or "".
func (e entry) Session() string {
	switch {
	case e.Call != nil:
		return e.Call.SessionID
	case e.Delivery != nil && e.Delivery.SessionID == "0": // a test
		return ""
	case e.Delivery != nil:
		return e.Delivery.SessionID
	}
	return e.Move.SessionID
}

// Bad reports whether the call or delivery was rejected or got no response.
func (e entry) Bad() bool {
	switch {
	case e.Call != nil:
		return e.Call.Rejected != "" || e.Call.Status == 0
	case e.Delivery != nil:
		return !e.Delivery.Accepted() && (e.Delivery.Response != 0 || e.Delivery.Err != nil)
	}
	return false
}

// filter selects entries.
type filter struct {
	Text string // in the order, the session, the path or the transaction
	Only string // rejected; empty: all
}

func (f filter) takes(e entry) bool {
	found := f.Text == "" || contains(e.Order(), f.Text) || contains(e.Session(), f.Text) ||
		e.Call != nil && contains(e.Call.Path, f.Text)
	return found && (f.Only != "rejected" || e.Bad())
}

func contains(s, part string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(part))
}

// activity returns up to most entries that takes selects, newest first, starting at that number, and whether there are
// more.
func (g *Gateway) activity(takes func(entry) bool, skip, most int) (entries []entry, more bool) {
	calls, deliveries := g.Requests(), g.Deliveries()
	g.mu.Lock()
	moves := append([]Moved(nil), g.moves.All()...)
	g.mu.Unlock()
	newest := map[int]bool{} // webhooks whose newest attempt has been seen
	for {
		e := last(calls, deliveries, moves)
		switch {
		case e.Call != nil:
			calls = calls[:len(calls)-1]
		case e.Delivery != nil:
			deliveries = deliveries[:len(deliveries)-1]
			e.newest = !newest[e.Delivery.Webhook]
			newest[e.Delivery.Webhook] = true
		case e.Move != nil:
			moves = moves[:len(moves)-1]
		default:
			return entries, false
		}
		if !takes(e) {
			continue
		}
		if skip--; skip >= 0 {
			continue
		}
		if len(entries) == most {
			return entries, true
		}
		entries = append(entries, e)
	}
}

// last returns the newest entry, or the zero entry.
func last(calls []Request, deliveries []Delivery, moves []Moved) (e entry) {
	if n := len(calls); n > 0 {
		e = entry{At: calls[n-1].Time, Call: &calls[n-1]}
	}
	if n := len(moves); n > 0 && !moves[n-1].At.Before(e.At) {
		e = entry{At: moves[n-1].At, Move: &moves[n-1]}
	}
	if n := len(deliveries); n > 0 && !deliveries[n-1].SentAt.Before(e.At) {
		e = entry{At: deliveries[n-1].SentAt, Delivery: &deliveries[n-1]}
	}
	return e
}

// about reports whether an entry is about the order, or about the session if there is no order.
func about(order, session string) func(entry) bool {
	return func(e entry) bool {
		if order != "" {
			return e.Order() == order
		}
		return session != "" && e.Session() == session
	}
}

type activityPage struct {
	head
	filter
	pager

	Purchases []*purchase
	Entries   []entry // what was rejected
	Rejected  int
	Settings  string
}

func (g *Gateway) showActivity(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	page := activityPage{
		head: g.head(tabActivity, "Activity"), pager: newPager(r),
		filter: filter{Text: strings.TrimSpace(query.Get("q")), Only: query.Get("only")},
	}
	rejected, _ := g.activity(entry.Bad, 0, 3*g.config.Keep)
	page.Rejected = len(rejected)
	if page.Only == "rejected" {
		page.Entries, page.More = g.activity(page.takes, page.Skip, rowsOnPage)
	} else {
		page.Purchases, page.More = g.purchases(page.takes, page.Skip, rowsOnPage)
	}
	if len(page.Purchases)+page.Rejected == 0 && page.Text == "" {
		page.Settings = g.settings(query.Get("show") == "settings")
	}
	render(w, http.StatusOK, "activity.html", page)
}

// settings are the lines to copy into the shop's environment. Key and secret are masked unless they are to be shown.
func (g *Gateway) settings(shown bool) string {
	key, secret := masked, masked
	if shown {
		key, secret = guard.Shell(g.config.APIKey), guard.Shell(g.config.WebhookSecret)
	}
	return "export ECOMTRADE24_BASE_URL=" + guard.Shell(g.config.BaseURL) +
		"\nexport ECOMTRADE24_DEPLOYMENT=" + guard.Shell(string(g.config.Deployment)) +
		"\nexport ECOMTRADE24_API_KEY=" + key + "\nexport ECOMTRADE24_WEBHOOK_SECRET=" + secret
}
