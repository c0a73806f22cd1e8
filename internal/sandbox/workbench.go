package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
)

// The workbench shows a developer the calls and webhooks between shop and gateway. Its pages work without a script; the
// script only updates them live. Browser tests rely on these elements: #active (the active faults) on each page;
// #call-N and #delivery-N on the page / and on a session's page; the buttons on a session's page (#pay, #decline and so
// on); and #resend on a delivery's page.

const (
	rowsOnPage = 50
	masked     = "••••••••" // replaces a secret
)

// head is the top of each page.
type head struct {
	Tab      string // the active entry of the navigation
	Title    string
	Faults   []string
	Targets  []string // endpoints for webhooks
	Sessions int

	keeps int // how many bytes of each body are kept; 0 means all
}

// The entries of the navigation.
const (
	tabActivity = "activity"
	tabSessions = "sessions"
	tabFaults   = "faults"
)

func (g *Gateway) head(tab, title string) head {
	faults, targets := g.Faults(), g.Targets()
	g.mu.Lock()
	defer g.mu.Unlock()
	return head{tab, title, faults, targets, len(g.sessions), g.config.KeepBytes}
}

// pager links to the next page of a list.
type pager struct {
	Skip  int
	More  bool
	path  string
	query url.Values
}

func newPager(r *http.Request) pager {
	skip, err := strconv.Atoi(r.URL.Query().Get("skip"))
	if err != nil || skip < 0 {
		skip = 0
	}
	return pager{Skip: skip, path: r.URL.Path, query: r.URL.Query()}
}

// cut returns the part of a list that the page shows, and sets More.
func cut[T any](p *pager, list []T) []T {
	list = list[min(p.Skip, len(list)):]
	p.More = len(list) > rowsOnPage
	return list[:min(rowsOnPage, len(list))]
}

// Next returns the next page's URL.
func (p pager) Next() string {
	query := url.Values{"skip": {strconv.Itoa(p.Skip + rowsOnPage)}}
	for _, name := range []string{"q", "only"} {
		if value := p.query.Get(name); value != "" {
			query.Set(name, value)
		}
	}
	return p.path + "?" + query.Encode()
}

type sessionsPage struct {
	head
	filter
	pager

	Records  []SessionRecord
	Statuses []string
}

func (g *Gateway) showSessions(w http.ResponseWriter, r *http.Request) {
	page := sessionsPage{
		head: g.head(tabSessions, "Sessions"), pager: newPager(r),
		filter:   filter{Text: strings.TrimSpace(r.URL.Query().Get("q")), Only: r.URL.Query().Get("only")},
		Statuses: g.statuses(),
	}
	page.Records = cut(&page.pager, g.records(func(s SessionRecord) bool {
		return (page.Only == "" || s.Status == page.Only) && (page.Text == "" || contains(s.OrderID, page.Text) ||
			contains(s.SessionID, page.Text) || contains(s.TxID, page.Text) || contains(s.Email, page.Text))
	}))
	render(w, http.StatusOK, "sessions.html", page)
}

// statuses returns the sessions' statuses, sorted and without duplicates.
func (g *Gateway) statuses() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	seen := map[string]bool{}
	for _, s := range g.sessions {
		seen[string(s.payment.Status)] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

type sessionPage struct {
	head
	pager

	Record         SessionRecord
	Final          bool
	Moves, Unusual []Action
	Entries        []entry
	OtherSessions  []SessionRecord // other sessions of the same order
}

func (g *Gateway) showSession(w http.ResponseWriter, r *http.Request) {
	record, ok := g.oneRecord(r.PathValue("id"))
	if !ok {
		render(w, http.StatusNotFound, "message.html", messagePage{
			g.head(tabSessions, "No such session"), "The sandbox has no session " + strconv.Quote(r.PathValue("id")) + ".",
		})
		return
	}
	page := sessionPage{head: g.head(tabSessions, "Session "+record.SessionID), pager: newPager(r), Record: record}
	s, _ := g.snapshot(record.SessionID)
	page.Final = s.payment.Status.Final()
	for _, a := range Actions() {
		switch {
		case a.Label == "":
		case a.Status == "":
			page.Unusual = append(page.Unusual, a)
		case moves(s.payment.Status, a.Status):
			page.Moves = append(page.Moves, a)
		}
	}
	page.Entries = cut(&page.pager, g.activity(about(record.OrderID, record.SessionID)))
	page.OtherSessions = cut(new(pager), g.records(func(other SessionRecord) bool {
		return record.OrderID != "" && other.OrderID == record.OrderID && other.SessionID != record.SessionID
	}))
	render(w, http.StatusOK, "session.html", page)
}

type callPage struct {
	head
	Request

	Shown bool // whether to show the key
}

func (g *Gateway) showCall(w http.ResponseWriter, r *http.Request) {
	number, _ := strconv.Atoi(r.PathValue("number"))
	g.mu.Lock()
	call, ok := g.requests.At(number)
	var copied Request
	if ok {
		copied = *call
	}
	g.mu.Unlock()
	if !ok {
		g.gone(w, "call")
		return
	}
	render(w, http.StatusOK, "call.html", callPage{
		g.head(tabActivity, fmt.Sprintf("Call %d", number)), copied, r.URL.Query().Get("show") == "key",
	})
}

func (g *Gateway) gone(w http.ResponseWriter, what string) {
	render(w, http.StatusNotFound, "message.html", messagePage{
		g.head(tabActivity, "No such "+what),
		fmt.Sprintf("No entry has this number, or it was dropped: only the newest %d are kept.", g.config.Keep),
	})
}

// URL returns the call's path and query.
func (c callPage) URL() string {
	u := url.URL{Path: c.Path, RawQuery: c.Query}
	return u.RequestURI()
}

// Cut reports whether a body was truncated.
func (h head) Cut(bodies ...[]byte) bool {
	return h.keeps > 0 && slices.ContainsFunc(bodies, func(b []byte) bool { return len(b) > h.keeps })
}

// RequestText returns the request as text. It contains the key only with ?show=key.
func (c callPage) RequestText() string {
	return fmt.Sprintf("%s %s\n%s\n%s", c.Method, c.URL(), headerText(c.Header, c.Shown), readable(c.Body))
}

// ResponseText returns the response's body for display.
func (c callPage) ResponseText() string { return responseText(c.Response) }

// Curl returns a curl command that repeats the call, with the key from the environment.
func (c callPage) Curl() string {
	parts := []string{"curl -g --path-as-is -i"}
	if c.Method != http.MethodGet {
		parts = append(parts, "-X "+guard.Shell(c.Method))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Header)) {
		switch name {
		case "Authorization":
			parts = append(parts, `-H "Authorization: Bearer $ECOMTRADE24_API_KEY"`)
		case "X-Api-Key":
			parts = append(parts, `-H "X-API-Key: $ECOMTRADE24_API_KEY"`)
		case "Content-Type", "Accept":
			parts = append(parts, "-H "+guard.Shell(name+": "+c.Header.Get(name)))
		}
	}
	if len(c.Body) > 0 {
		parts = append(parts, "--data-raw "+guard.Shell(string(c.Body)))
	}
	return strings.Join(append(parts, `"$ECOMTRADE24_BASE_URL"`+guard.Shell(c.URL())), " \\\n  ")
}

// headerText returns a header's lines, sorted. It masks keys and cookies unless secrets is set.
func headerText(h http.Header, secrets bool) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			if !secrets && (name == "Authorization" || name == "X-Api-Key" || name == "Cookie") {
				value = masked
			}
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	return b.String()
}

func responseText(body []byte) string {
	if len(body) == 0 {
		return "(empty)"
	}
	return readable(body)
}

// readable returns a body for display, with JSON indented.
func readable(body []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, body, "", "  ") == nil {
		return b.String()
	}
	return strings.ToValidUTF8(string(body), "�")
}

type deliveryPage struct {
	head
	Delivery

	Attempts []Delivery // all attempts of the same webhook
	Secret   string     // the webhook secret, masked without ?show=secret
}

func (g *Gateway) showDelivery(w http.ResponseWriter, r *http.Request) {
	number, _ := strconv.Atoi(r.PathValue("number"))
	all := g.Deliveries()
	i := slices.IndexFunc(all, func(d Delivery) bool { return d.Number == number })
	if i < 0 {
		g.gone(w, "delivery")
		return
	}
	page := deliveryPage{
		head: g.head(tabActivity, fmt.Sprintf("Delivery %d", number)), Delivery: all[i], Secret: masked,
	}
	if r.URL.Query().Get("show") == "secret" {
		page.Secret = all[i].secret
	}
	for _, d := range all {
		if d.Webhook == page.Webhook {
			page.Attempts = append(page.Attempts, d)
		}
	}
	render(w, http.StatusOK, "delivery.html", page)
}

// Newest reports whether this is the webhook's last attempt so far.
func (d deliveryPage) Newest() bool { return d.Number == d.Attempts[len(d.Attempts)-1].Number }

// RequestText returns the request as text.
func (d deliveryPage) RequestText() string {
	return fmt.Sprintf("POST %s\n%s\n%s", d.URL, headerText(d.Header, true), d.Body)
}

// BodyText returns the request's body for display.
func (d deliveryPage) BodyText() string { return readable(d.Body) }

// ResponseText returns the response's body for display, or why there is no response.
func (d deliveryPage) ResponseText() string {
	if d.Err != nil {
		return d.Err.Error()
	}
	return responseText(d.ResponseBody)
}

// Curl returns a curl command that repeats the delivery, byte for byte.
func (d deliveryPage) Curl() string {
	parts := []string{"curl -g -i -X POST"}
	for _, name := range slices.Sorted(maps.Keys(d.Header)) {
		parts = append(parts, "-H "+guard.Shell(name+": "+d.Header.Get(name)))
	}
	return strings.Join(append(parts, "--data-raw "+guard.Shell(string(d.Body)), guard.Shell(d.URL)), " \\\n  ")
}

type messagePage struct {
	head

	Text string
}

// Result returns the response's status, or why there is no response.
func (d Delivery) Result() string {
	switch {
	case d.Response != 0:
		return statusText(d.Response)
	case d.Err != nil:
		return "no response"
	default:
		return "on its way"
	}
}

// count returns "1 call", "2 calls" and so on.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// clock formats a time of day, precise enough to show what came first.
func clock(t time.Time) string { return t.UTC().Format("15:04:05.000") }

// took formats a duration.
func took(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

// statusText returns a response's status with its name.
func statusText(status int) string {
	if status == 0 {
		return "no response"
	}
	return strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
}

// watch sends an open page a server-sent event after each change.
func (g *Gateway) watch(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	controller := http.NewResponseController(w)
	for {
		next := g.bell.next()
		if _, err := w.Write([]byte("event: changed\ndata: yes\n\n")); err != nil || controller.Flush() != nil {
			return
		}
		select {
		case <-next:
		case <-g.ending:
			return
		case <-r.Context().Done():
			return
		}
		pause := time.NewTimer(100 * time.Millisecond) // one event for several changes
		select {
		case <-pause.C:
		case <-g.ending:
			return
		case <-r.Context().Done():
			return
		}
	}
}
