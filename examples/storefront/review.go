package main

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strings"
	"time"
)

// maxNote is the length of a note that stands beside a decision, in bytes.
const maxNote = 500

var (
	errDecided    = errors.New("it is decided already, or the order is paid")
	errUnsuitable = errors.New("the decision does not suit the message")
)

//nolint:gochecknoglobals // constants in all but name
var (
	noDecision = message{"Not recorded", "Choose a decision, with a note of 500 letters at most."}
	unsuitable = message{"Not recorded", "Only a whole payment can be accepted, and a payment that waits for facts can " +
		"only be closed, with a note."}
	tooLate = message{"Not recorded", "Somebody has decided already, or the order is paid by now."}
)

// decide records what the person decided about a payment, with the name that they gave with the password. The first
// decision stands.
func (s *shop) decide(w http.ResponseWriter, r *http.Request) {
	by, _, _ := r.BasicAuth()
	decision, note := r.PostFormValue("decision"), strings.TrimSpace(r.PostFormValue("note"))
	if decision != "refunded" && decision != "accepted" && decision != "closed" ||
		len(note) > maxNote || !storable(note+by+r.PathValue("id")) {
		s.showMessage(w, http.StatusBadRequest, noDecision)
		return
	}
	err := s.recordDecision(r.Context(), r.PathValue("id"), decision, by, note)
	switch {
	case errors.Is(err, errUnsuitable):
		s.showMessage(w, http.StatusBadRequest, unsuitable)
	case errors.Is(err, errDecided):
		s.showMessage(w, http.StatusConflict, tooLate)
	case err != nil:
		s.fail(w, "record decision", err)
	default:
		s.log.Info("decision", "payment", r.PathValue("id"), "decision", decision, "by", by)
		http.Redirect(w, r, "/admin", http.StatusSeeOther)
	}
}

// suits tells whether the decision makes sense for the message. To accept what is no whole payment would mark an order
// paid by money that may still come.
func (p payment) suits(decision, note string) bool {
	switch {
	case decision == "accepted":
		return p.IsPayment()
	case p.IsIncomplete():
		return decision == "closed" && note != ""
	}
	return true
}

// recordDecision also marks the order paid where the payment is accepted, with all that follows from it.
func (s *shop) recordDecision(ctx context.Context, id, decision, by, note string) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	var p payment
	err = tx.QueryRowContext(ctx, `UPDATE shop_payments SET decision = $1, decided_by = $2, decided_at = $3, note = $4
WHERE id = $5 AND problem <> '' AND decision = '' RETURNING order_id, kind, status`,
		decision, by, time.Now().Unix(), note, id).Scan(&p.OrderID, &p.Kind, &p.Status)
	if errors.Is(err, sql.ErrNoRows) {
		return errDecided
	}
	if err != nil {
		return err
	}
	if !p.suits(decision, note) {
		return errUnsuitable
	}
	if decision == "accepted" {
		fresh, err := s.markPaid(ctx, tx, p.OrderID)
		if err != nil {
			return err
		}
		if !fresh {
			return errDecided
		}
	}
	return tx.Commit()
}
