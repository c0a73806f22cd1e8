package main

// The whole way of a payment, in the order in which it happens: create, webhook, settle, receipt.

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"net/http"
	"time"

	"github.com/riverqueue/river"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// placeOrder records the order before anything is sent: a webhook can be faster than the gateway's response.
func (s *shop) placeOrder(w http.ResponseWriter, r *http.Request) {
	o := order{
		ID:    "ORDER-" + rand.Text()[:16], // not to be guessed: it opens the order's page
		State: open, Currency: currency, Email: r.PostFormValue("email"), CreatedAt: time.Now().Unix(),
		Lines: readBasket(r),
	}
	o.Amount = total(o.Lines)
	switch {
	case len(o.Lines) == 0:
		http.Redirect(w, r, "/basket", http.StatusSeeOther)
		return
	case !storable(o.Email) || !canBeWrittenTo(o.Email):
		s.showBasket(w, r, "email")
		return
	case !storable(r.PostFormValue("method")):
		s.showBasket(w, r, "method")
		return
	}
	if err := s.insertOrder(r.Context(), o); err != nil {
		s.fail(w, r, "record order", err)
		return
	}
	session, err := s.openSession(r.Context(), o, r.PostFormValue("method"))
	if field := buyersMistake(err); field != "" {
		s.deleteOrder(r.Context(), o.ID) // nothing was sent, so nobody can pay it
		s.showBasket(w, r, field)
		return
	}
	s.writeBasket(w, nil)
	s.leaveForCheckout(w, r, o.ID, session, err)
}

// openSession asks the gateway for a checkout and notes its session, so that Reconcile can ask about it.
func (s *shop) openSession(ctx context.Context, o order, method string) (*ecomtrade24.Session, error) {
	session, err := s.client.Checkout(ctx, ecomtrade24.SessionParams{
		Domain: s.domain, Amount: o.Amount, Currency: o.Currency, OrderID: o.ID, Method: method, CustomerEmail: o.Email,
		ReturnURL: s.publicURL + "/orders/" + o.ID, CancelURL: s.publicURL + "/orders/" + o.ID,
	})
	if err != nil {
		return nil, err
	}
	return session, s.insertSession(ctx, session, o.ID, method)
}

// leaveForCheckout sends the buyer to pay. Where there is no checkout the order's page offers to try again. That is
// right for ErrOutcomeUnknown too: a session whose response was lost has no buyer who knows it, and can only expire.
func (s *shop) leaveForCheckout(
	w http.ResponseWriter, r *http.Request, orderID string, to *ecomtrade24.Session, err error,
) {
	if err != nil {
		s.log.Error("no checkout", "order", orderID, "unknown outcome", errors.Is(err, ecomtrade24.ErrOutcomeUnknown),
			"error", err)
		http.Redirect(w, r, "/orders/"+orderID+"?checkout=unavailable", http.StatusSeeOther)
		return
	}
	to.Redirect(w, r)
}

// apply is the inbox's Func: what it does through tx is committed with the webhook or not at all. It keeps every
// message; one with a problem waits for manual review at /admin. After an error the gateway delivers again, so an error
// is only for what a later delivery can fix.
func (s *shop) apply(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
	why, err := s.settle(ctx, tx, c)
	if err != nil {
		return err
	}
	if why != "" && (c.Kind == inbox.Paid || c.Kind == inbox.PaidAgain) {
		webhook.Note(ctx, string(why)) // in the delivery's line in the log
	}
	return recordPayment(ctx, tx, c, why)
}

// settle marks the order paid if the payment settles what is due, and otherwise says why it goes to manual review.
func (s *shop) settle(ctx context.Context, tx *sql.Tx, c inbox.Change) (problem, error) {
	switch c.Kind {
	case inbox.Test:
		return "", nil
	case inbox.Unknown:
		return notUnderstood, nil
	case inbox.Incomplete:
		return incomplete, nil
	case inbox.Progress: // declined, expired …: the buyer may be paying in another session
		return "", setSessionStatus(ctx, tx, &c.Payment)
	case inbox.Paid, inbox.PaidAgain:
	}
	if err := errors.Join(setSessionStatus(ctx, tx, &c.Payment), closeIncomplete(ctx, tx, c)); err != nil {
		return "", err
	}
	due, err := findDue(ctx, tx, c.Payment.OrderID)
	if errors.Is(err, sql.ErrNoRows) {
		return unknownOrder, nil
	}
	if err != nil {
		return "", err
	}
	if c.Payment.Settles(due) != nil {
		return problemOf(c.Payment, due), nil //nolint:nilerr // a human can fix it, a later delivery cannot
	}
	fresh, err := s.markPaid(ctx, tx, due.ID)
	if err != nil || fresh {
		return "", err
	}
	return secondPayment, nil
}

// markPaid also asks for the receipt, in the same transaction. It is false for an order that is paid already.
func (s *shop) markPaid(ctx context.Context, tx *sql.Tx, orderID string) (bool, error) {
	result, err := tx.ExecContext(ctx, `UPDATE shop_orders SET state = 'paid', paid_at = $1
WHERE id = $2 AND state <> 'paid'`, time.Now().Unix(), orderID)
	if err != nil {
		return false, err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	_, err = s.queue.InsertTx(ctx, tx, mailJob{OrderID: orderID, Mail: "receipt"}, nil)
	return err == nil, err
}

// mailJob writes to a buyer. Its order and its kind of mail are its unique key.
type mailJob struct {
	OrderID string `json:"order_id"`
	Mail    string `json:"mail"`
}

// Kind is the queue's name for it.
func (mailJob) Kind() string { return "mail" }

// InsertOpts makes the key unique.
func (mailJob) InsertOpts() river.InsertOpts {
	return river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true}}
}

type mailWorker struct {
	river.WorkerDefaults[mailJob]

	*shop
}

// Work sends, and marks the job as done in the next moment. A process that dies between the two leaves it to be run
// again, by any replica: that buyer gets the receipt twice, under the same Message-ID.
func (w *mailWorker) Work(ctx context.Context, job *river.Job[mailJob]) error {
	o, err := w.findOrder(ctx, job.Args.OrderID)
	if err != nil {
		return err
	}
	if err := w.mail.send(ctx, w.receipt(o)); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *sql.Tx) error { return w.complete(ctx, tx, job) })
}
