package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/internal/courier"
)

// eventsPage is what the merchant's developer sees: every attempt to deliver a webhook, the last one first.
type eventsPage struct {
	Title      string
	Target     string // "" if there is none
	Deliveries []deliveryView
}

type deliveryView struct {
	courier.Delivery

	Number int // counts attempts from 1
	Taken  bool
	Result string
}

func (g *Gateway) showEvents(w http.ResponseWriter, _ *http.Request) {
	page := eventsPage{Title: "Webhook deliveries", Target: g.courier.Target()}
	for i, d := range g.courier.Deliveries() {
		page.Deliveries = append(page.Deliveries, view(i+1, d))
	}
	slices.Reverse(page.Deliveries)
	render(w, http.StatusOK, "events.html", page)
}

func view(number int, d courier.Delivery) deliveryView {
	v := deliveryView{Delivery: d, Number: number, Taken: d.Response >= 200 && d.Response <= 299}
	switch {
	case d.Response != 0:
		v.Result = strings.TrimSpace(strconv.Itoa(d.Response) + " " + http.StatusText(d.Response))
	case d.Err != nil:
		v.Result = "No answer"
	default:
		v.Result = "On its way"
	}
	return v
}

// RequestText returns the request for a person to read: its method, URL, header and body.
func (v deliveryView) RequestText() string {
	var b strings.Builder
	fmt.Fprintf(&b, "POST %s\n", v.URL)
	_ = v.Header.Write(&b) // a strings.Builder takes everything
	b.WriteString("\n")
	b.Write(v.Body)
	return strings.ReplaceAll(b.String(), "\r\n", "\n")
}

// AnswerText returns the merchant's answer for a person to read, or why there is none.
func (v deliveryView) AnswerText() string {
	if v.Err != nil {
		return v.Err.Error()
	}
	return strings.TrimSpace(v.Result + "\n\n" + string(v.ResponseBody))
}

// sendAgain serves the page's buttons: Redeliver, and Send a test webhook.
func (g *Gateway) sendAgain(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	var err error
	if r.PostFormValue("action") == "test" {
		_, err = g.SendTest()
	} else {
		number, _ := strconv.Atoi(r.PostFormValue("delivery")) // 0, of which there is none, for what is no number
		err = g.courier.Redeliver(number)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	http.Redirect(w, r, "/events", http.StatusSeeOther)
}
