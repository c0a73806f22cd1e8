package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/lab/database"
)

// peace limits how long the storefront may take to finish its work after the last kill. The queue gets a new leader
// within 20 seconds. Then the shop looks up lost payments and retries interrupted jobs, the third time after 81
// seconds.
const peace = 5 * time.Minute

// paid reports whether the order must be paid in the end. reviewed returns how many of its payments need manual review.
func (k kind) paid() bool { return k == pays || k == retries || k == twice }

func (k kind) reviewed() int {
	if k == twice || k == tooLow || k == strange || k == nobodys {
		return 1
	}
	return 0
}

// face returns the value of data-looks that the order's page must have.
func (k kind) face() string {
	switch k {
	case pays, retries, twice:
		return "paid"
	case gives:
		return "lapsed"
	case tooLow:
		return "review"
	case strange, testOnly:
		return "waiting"
	case nobodys:
	}
	return "" // the order does not exist
}

// settle invokes judge until it finds no problem and no unsent mail, or until the duration peace has passed. It returns
// the last report.
func (b *bench) settle(ctx context.Context, stories []story) (*report, error) {
	for start := time.Now(); ; {
		r, busy, err := b.judge(ctx, stories)
		if err != nil {
			return nil, err
		}
		if r.problem() == nil && busy == 0 || time.Since(start) > peace {
			r.settled, r.busy = time.Since(start), busy
			return r, nil
		}
		select {
		case <-time.After(500 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// judge compares the database and the mail with the stories. busy is the number of mails that have not been sent.
func (b *bench) judge(ctx context.Context, stories []story) (r *report, busy int, err error) {
	states, err := b.states(ctx)
	// the rows for manual review that have all fields of the payment
	rows, err2 := database.Pairs(ctx, b.db, `SELECT order_id, problem FROM shop_payments
WHERE problem <> '' AND decision = '' AND session_id <> '' AND txid <> '' AND amount <> '' AND currency <> ''
AND status <> ''`)
	mails, err3 := os.ReadDir(filepath.Join(b.dir, "mail"))
	if err := errors.Join(err, err2, err3); err != nil {
		return nil, 0, err
	}
	reviews, receipts := map[string]int{}, map[string]int{} // by order
	for _, row := range rows {
		reviews[row[0]]++
	}
	for _, mail := range mails {
		order, _, _ := strings.Cut(mail.Name(), ".")
		receipts[order]++
	}
	r = &report{orders: len(stories)}
	for _, s := range stories {
		r.add(s, states[s.order], receipts[s.order], reviews[s.order])
		delete(states, s.order)
	}
	for id, state := range states { // extra orders: the response was lost and the buyer ordered again
		if state == "paid" || receipts[id] > 0 {
			r.wrong = append(r.wrong, id+" is paid, but no buyer paid it")
		}
	}
	row := b.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM river_job WHERE kind = 'mail' AND state <> 'completed'`)
	return r, busy, row.Scan(&busy)
}

// faces lists the pages that show the wrong state.
func (b *bench) faces(ctx context.Context, stories []story) ([]string, error) {
	var wrong []string
	for _, s := range stories {
		looks, err := b.look(ctx, s.order)
		if err != nil {
			return nil, err
		}
		if want := s.kind.face(); looks != want {
			wrong = append(wrong, fmt.Sprintf("%s, whose buyer %s, shows %q instead of %q", s.order, s.kind, looks, want))
		}
	}
	return wrong, nil
}

func (b *bench) states(ctx context.Context) (map[string]string, error) {
	rows, err := database.Pairs(ctx, b.db, `SELECT id, state FROM shop_orders`)
	if err != nil {
		return nil, err
	}
	states := map[string]string{}
	for _, row := range rows {
		states[row[0]] = row[1]
	}
	return states, nil
}

// watchPaid returns every order that was paid at any time before ctx ended.
func (b *bench) watchPaid(ctx context.Context) map[string]bool {
	seen := map[string]bool{}
	for ctx.Err() == nil {
		states, _ := b.states(ctx) // nil after an error
		for id, state := range states {
			if state == "paid" {
				seen[id] = true
			}
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return seen
}

// noLongerPaid returns the orders in seen that are no longer paid.
func (b *bench) noLongerPaid(ctx context.Context, seen map[string]bool) ([]string, error) {
	states, err := b.states(ctx)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(seen, func(id string, _ bool) bool { return states[id] == "paid" })
	return slices.Sorted(maps.Keys(seen)), nil
}

// add compares one story with its order's final state, and records each problem.
func (r *report) add(s story, state string, receipts, reviews int) {
	is := state == "paid"
	switch {
	case s.kind.paid() && !is:
		r.lost = append(r.lost, fmt.Sprintf("%s, whose buyer %s, is %q", s.order, s.kind, state))
	case !s.kind.paid() && is:
		r.wrong = append(r.wrong, fmt.Sprintf("%s, whose buyer %s, is paid", s.order, s.kind))
	}
	switch {
	case s.kind.paid() && receipts == 0:
		r.noReceipt = append(r.noReceipt, s.order+" has no receipt")
	case !s.kind.paid() && receipts > 0:
		r.wrong = append(r.wrong, s.order+" is not paid and has a receipt")
	case receipts > 1:
		r.twice++
	}
	if is {
		r.paid++
	}
	if slices.Contains(s.before, "paid") || !s.kind.paid() && slices.Contains(s.after, "paid") {
		r.faces = append(r.faces, fmt.Sprintf("%s, whose buyer %s, showed “paid” but was not paid", s.order, s.kind))
	}
	if reviews != s.kind.reviewed() {
		r.noReview = append(r.noReview, fmt.Sprintf("%s, whose buyer %s, has %d reviews", s.order, s.kind, reviews))
	}
	r.reviews += reviews
}
