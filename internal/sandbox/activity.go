package sandbox

import (
	"net/http"
	"slices"
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

// entry is one event: a call, a delivery or a change of status. The fields for other kinds of event are nil.
type entry struct {
	At       time.Time
	Call     *Request
	Delivery *Delivery
	Move     *Moved

	newest bool // whether Delivery is the newest attempt of its webhook
}

// Waits reports whether the attempt failed and another attempt follows. GaveUp reports whether the last attempt failed.
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
	case e.Delivery != nil && e.Delivery.SessionID == "0": // a test webhook
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
		return e.Delivery.Failed()
	}
	return false
}

// filter selects entries.
type filter struct {
	Text string // part of an order or session ID, path, txid or email
	Only string // "rejected" or a status; "" means all
}

func (f filter) takes(e entry) bool {
	found := f.Text == "" || contains(e.Order(), f.Text) || contains(e.Session(), f.Text) ||
		e.Call != nil && contains(e.Call.Path, f.Text)
	return found && (f.Only != "rejected" || e.Bad())
}

func contains(s, part string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(part))
}

// activity returns the entries for which takes returns true, newest first.
func (g *Gateway) activity(takes func(entry) bool) (entries []entry) {
	for _, call := range g.Requests() {
		entries = append(entries, entry{At: call.Time, Call: &call})
	}
	g.mu.Lock()
	for _, move := range g.moves.All() {
		entries = append(entries, entry{At: move.At, Move: &move})
	}
	g.mu.Unlock()
	deliveries, newest := g.Deliveries(), map[int]int{} // newest maps each webhook to the number of its newest attempt
	for _, d := range deliveries {
		newest[d.Webhook] = d.Number
	}
	for _, d := range deliveries {
		entries = append(entries, entry{At: d.SentAt, Delivery: &d, newest: newest[d.Webhook] == d.Number})
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return a.At.Compare(b.At) })
	slices.Reverse(entries)
	return slices.DeleteFunc(entries, func(e entry) bool { return !takes(e) })
}

// about returns a filter for entries about the order, or about the session if order is empty.
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
	Entries   []entry // calls and deliveries that were rejected or got no response
	Rejected  int
	Settings  string
}

func (g *Gateway) showActivity(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	page := activityPage{
		head: g.head(tabActivity, "Activity"), pager: newPager(r),
		filter: filter{Text: strings.TrimSpace(query.Get("q")), Only: query.Get("only")},
	}
	page.Rejected = len(g.activity(entry.Bad))
	if page.Only == "rejected" {
		page.Entries = cut(&page.pager, g.activity(page.takes))
	} else {
		page.Purchases = g.finish(cut(&page.pager, g.purchases(page.takes)))
	}
	if len(page.Purchases)+page.Rejected == 0 && page.Text == "" {
		page.Settings = g.settings(query.Get("show") == "settings")
	}
	render(w, http.StatusOK, "activity.html", page)
}

// settings returns the lines to copy into the shop's environment. Key and secret are masked unless shown is true.
func (g *Gateway) settings(shown bool) string {
	key, secret := masked, masked
	if shown {
		key, secret = guard.Shell(g.config.APIKey), guard.Shell(g.config.WebhookSecret)
	}
	return "export ECOMTRADE24_BASE_URL=" + guard.Shell(g.config.BaseURL) +
		"\nexport ECOMTRADE24_DEPLOYMENT=" + guard.Shell(string(g.config.Deployment)) +
		"\nexport ECOMTRADE24_API_KEY=" + key + "\nexport ECOMTRADE24_WEBHOOK_SECRET=" + secret
}
