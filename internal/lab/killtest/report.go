package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// report is the result of a run. The lists must be empty.
type report struct {
	where         string
	orders, paid  int
	lost          []string // orders paid at the gateway but not at the shop
	unpaid        []string // orders that were paid at the shop but no longer are
	wrong         []string // orders wrongly marked paid, or with a wrong receipt
	noReceipt     []string
	faces         []string // pages that showed the wrong state
	noReview      []string // orders with a wrong number of rows for manual review
	twice         int      // orders whose receipt was sent more than once, which is allowed
	reviews       int
	busy          int // mails still to be sent
	kills         int
	proxy         *proxy
	settled, took time.Duration
}

// String returns the report as one paragraph.
func (r *report) String() string {
	return fmt.Sprintf("%s: %d orders, %d of them paid; %d times kill -9\n"+
		"webhooks %d: never delivered %d, duplicated %d, held back %d; requests that met a dead replica %d\n"+
		"lost %d, no longer paid %d, wrongly paid %d, wrong pages %d; without a receipt %d, receipts sent twice %d; "+
		"review rows %d, wrong %d\n"+
		"took %v, of which %v after the last kill",
		r.where, r.orders, r.paid, r.kills, r.proxy.webhooks.Load(), r.proxy.lost.Load(), r.proxy.duplicated.Load(),
		r.proxy.delayed.Load(), r.proxy.failed.Load(), len(r.lost), len(r.unpaid), len(r.wrong), len(r.faces),
		len(r.noReceipt), r.twice, r.reviews, len(r.noReview),
		r.took.Round(time.Second), r.settled.Round(time.Second))
}

// problem returns an error that lists the problems, or nil.
func (r *report) problem() error {
	all := slices.Concat(r.lost, r.unpaid, r.wrong, r.faces, r.noReceipt, r.noReview)
	if r.busy > 0 {
		all = append(all, fmt.Sprintf("%d mails have not been sent", r.busy))
	}
	if len(all) == 0 {
		return nil
	}
	more := ""
	if len(all) > 10 {
		all, more = all[:10], fmt.Sprintf("\nand %d more", len(all)-10)
	}
	return fmt.Errorf("unexpected results:\n%s%s", strings.Join(all, "\n"), more)
}
