package main

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/lab/database"
)

// counts holds the number of orders for each kind of mistake.
type counts struct {
	lost        int // a payment was acknowledged, but nothing had shipped before the full redelivery
	lostForGood int // still lost after the full redelivery
	unpaid      int // shipped, but not marked paid
	twice       int // shipped more than once
	wrong       int // shipped for another amount, or without any payment
	unreported  int // the buyer paid twice, and no review says so
	untold      int // a session expired without a payment, and no review says so
	toldTwice   int // a second payment, incomplete message or session end was reported more often than it happened
}

// String lists the counts that are not zero.
func (c counts) String() string {
	var all []string
	for _, of := range []struct {
		n    int
		what string
	}{
		{c.lost, "lost"},
		{c.lostForGood, "never recovered"},
		{c.unpaid, "no longer paid"},
		{c.twice, "shipped twice"},
		{c.wrong, "wrongly shipped"},
		{c.unreported, "double payments unreported"},
		{c.untold, "expiries unreported"},
		{c.toldTwice, "reported too often"},
	} {
		if of.n > 0 {
			all = append(all, fmt.Sprintf("%d %s", of.n, of.what))
		}
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

// fate is the database's record of one order.
type fate struct {
	state   string
	shipped []ecomtrade24.Amount
	reviews map[string]int // number of reviews, by reason
}

// judge compares the database with the expected state of the orders.
func judge(ctx context.Context, db *sql.DB, orders []order) (counts, error) {
	fates, err := readFates(ctx, db)
	if err != nil {
		return counts{}, err
	}
	var c counts
	for _, o := range orders {
		f := fates[o.id]
		if f == nil {
			return counts{}, fmt.Errorf("order %s has no row", o.id)
		}
		c = c.plus(o, f)
	}
	return c, nil
}

// plus returns the counts with one order's mistakes added.
func (c counts) plus(o order, f *fate) counts {
	right := 0
	for _, amount := range f.shipped {
		if o.pays && amount.Equal(o.amount) {
			right++
		}
	}
	if o.pays && right == 0 {
		c.lost++
	}
	if right < len(f.shipped) {
		c.wrong++
	}
	if len(f.shipped) > 0 && f.state != "paid" {
		c.unpaid++
	}
	if len(f.shipped) > 1 {
		c.twice++
	}
	if o.twice && f.reviews[secondPayment] == 0 {
		c.unreported++
	}
	for _, session := range o.expires {
		if f.reviews[sessionExpired+strconv.Itoa(session)] == 0 {
			c.untold++
			break
		}
	}
	if f.toldTwice(o) {
		c.toldTwice++
	}
	return c
}

// toldTwice reports whether something was reported more often than it happened.
func (f *fate) toldTwice(o order) bool {
	for reason, n := range f.reviews {
		switch {
		case reason == secondPayment && (n > 1 || !o.twice),
			strings.HasPrefix(reason, incomplete) && n > 1,
			strings.HasPrefix(reason, sessionExpired) && n > 1:
			return true
		}
	}
	return false
}

func readFates(ctx context.Context, db *sql.DB) (map[string]*fate, error) {
	fates := make(map[string]*fate)
	orders, err := database.Pairs(ctx, db, `SELECT id, state FROM shop_orders`)
	if err != nil {
		return nil, err
	}
	for _, row := range orders {
		fates[row[0]] = &fate{state: row[1], reviews: make(map[string]int)}
	}
	payments, err := database.Pairs(ctx, db, `SELECT order_id, amount FROM shop_payments`)
	if err != nil {
		return nil, err
	}
	for _, row := range payments {
		fates[row[0]].shipped = append(fates[row[0]].shipped, ecomtrade24.Amount(row[1]))
	}
	reviews, err := database.Pairs(ctx, db, `SELECT order_id, reason FROM shop_reviews`)
	for _, row := range reviews {
		fates[row[0]].reviews[row[1]]++
	}
	return fates, err
}
