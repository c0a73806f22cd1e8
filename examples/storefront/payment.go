package main

// A payment from start to finish: create, webhook, settle, receipt.

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

// placeOrder stores the order before it calls the gateway: a webhook can be faster than the gateway's response.
func (s *shop) placeOrder(w http.ResponseWriter, r *http.Request) {
	o := order{
		ID:    "ORDER-" + rand.Text()[:16], // hard to guess: the ID opens the order's page
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
		s.deleteOrder(r.Context(), o.ID) // no session exists, so nobody can pay the order
		s.showBasket(w, r, field)
		return
	}
	s.writeBasket(w, nil)
	s.leaveForCheckout(w, r, o.ID, session, err)
}

// openSession creates a session and stores it, so that Reconcile can look it up.
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

// leaveForCheckout redirects the buyer to the checkout or, after an error, to the order's page, which offers to try
// again. Trying again is safe after ErrOutcomeUnknown too: if the response was lost, no buyer has the session's URL, so
// that session can only expire.
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

// apply is the inbox's Func: the changes that it makes through tx are committed with the webhook or not at all. It
// stores every message; messages with a problem wait for manual review at /admin. After an error the gateway delivers
// again, so apply returns an error only if a later delivery can succeed.
func (s *shop) apply(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
	why, err := s.settle(ctx, tx, c)
	if err != nil {
		return err
	}
	if why != "" && (c.Kind == inbox.Paid || c.Kind == inbox.PaidAgain) {
		webhook.Note(ctx, string(why)) // adds the problem to the delivery's log line
	}
	return recordPayment(ctx, tx, c, why)
}

// settle marks the order paid if the payment settles it. If the payment goes to manual review, settle returns why.
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
		return problemOf(c.Payment, due), nil //nolint:nilerr // a human can fix this, but a later delivery cannot
	}
	fresh, err := s.markPaid(ctx, tx, due.ID)
	if err != nil || fresh {
		return "", err
	}
	return secondPayment, nil
}

// markPaid marks the order paid and queues the receipt, in the same transaction. It returns false if the order is
// already paid.
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

// mailJob sends a mail to a buyer. OrderID and Mail are its unique key.
type mailJob struct {
	OrderID string `json:"order_id"`
	Mail    string `json:"mail"`
}

// Kind returns the job's name in the queue.
func (mailJob) Kind() string { return "mail" }

// InsertOpts makes OrderID and Mail a unique key.
func (mailJob) InsertOpts() river.InsertOpts {
	return river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true}}
}

type mailWorker struct {
	river.WorkerDefaults[mailJob]

	*shop
}

// Work sends the mail and then marks the job as done. If the process dies in between, any replica runs the job again,
// and the buyer gets the receipt twice, with the same Message-ID.
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
