package main

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// maxNote is the length of a note that stands beside a decision, in bytes.
const maxNote = 500

var errDecided = errors.New("it is decided already, or the order is paid")

//nolint:gochecknoglobals // constants in all but name
var (
	noDecision = message{"Not recorded", "Choose a decision, with a note of 500 letters at most."}
	tooLate    = message{"Not recorded", "Somebody has decided already, or the order is paid by now."}
)

// decide records what the person decided about a payment, with the name that they gave with the password. The first
// decision stands.
func (s *shop) decide(w http.ResponseWriter, r *http.Request) {
	by, _, _ := r.BasicAuth()
	decision, note := r.PostFormValue("decision"), strings.TrimSpace(r.PostFormValue("note"))
	if decision != "refunded" && decision != "accepted" && decision != "closed" || len(note) > maxNote {
		s.showMessage(w, http.StatusBadRequest, noDecision)
		return
	}
	err := s.recordDecision(r.Context(), r.PathValue("id"), decision, by, note)
	switch {
	case errors.Is(err, errDecided):
		s.showMessage(w, http.StatusConflict, tooLate)
	case err != nil:
		s.fail(w, "record decision", err)
	default:
		s.log.Info("decision", "payment", r.PathValue("id"), "decision", decision, "by", by)
		http.Redirect(w, r, "/admin", http.StatusSeeOther)
	}
}

// recordDecision also marks the order paid where the payment is accepted, with all that follows from it.
func (s *shop) recordDecision(ctx context.Context, id, decision, by, note string) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	var orderID string
	err = tx.QueryRowContext(ctx, `UPDATE shop_payments SET decision = $1, decided_by = $2, decided_at = $3, note = $4
WHERE id = $5 AND problem <> '' AND decision = '' AND kind <> $6 RETURNING order_id`,
		decision, by, time.Now().Unix(), note, id, string(inbox.Incomplete)).Scan(&orderID)
	if errors.Is(err, sql.ErrNoRows) {
		return errDecided
	}
	if err != nil {
		return err
	}
	if decision == "accepted" {
		fresh, err := s.markPaid(ctx, tx, orderID)
		if err != nil {
			return err
		}
		if !fresh {
			return errDecided
		}
	}
	return tx.Commit()
}
