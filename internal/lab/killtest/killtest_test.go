package main

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/internal/lab/database"
)

// TestRun does a shorter version of the run that docs/reliability.md describes.
func TestRun(t *testing.T) {
	t.Parallel()
	r, err := run(t.Context(), config{orders: 160, perSecond: 30, database: "postgres", killEvery: time.Second})
	if errors.Is(err, database.ErrMissing) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Log(r)
	require.NoError(t, r.problem())
	assert.Equal(t, 160, r.orders)
	assert.Equal(t, 120, r.paid)
	assert.Equal(t, 40, r.reviews)
	assert.NotZero(t, r.kills)
	assert.NotZero(t, r.proxy.lost.Load())
	assert.NotZero(t, r.proxy.duplicated.Load())
}

// The report finds each kind of problem.
func TestReport(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		kind              kind
		state             string
		receipts, reviews int
		want              string // expected problem; empty means no problem
	}{
		"paid":                              {pays, "paid", 1, 0, ""},
		"receipt twice":                     {pays, "paid", 2, 0, ""},
		"paid twice":                        {twice, "paid", 1, 1, ""},
		"not paid":                          {gives, "open", 0, 0, ""},
		"lost":                              {pays, "open", 1, 0, `is "open"`},
		"no such row":                       {pays, "", 1, 0, `is ""`},
		"no receipt":                        {retries, "paid", 0, 0, "no receipt"},
		"receipt for an unpaid order":       {gives, "expired", 1, 0, "not paid and has a receipt"},
		"wrongly paid":                      {tooLow, "paid", 1, 1, "is paid"},
		"test webhook marks the order paid": {testOnly, "paid", 1, 0, "is paid"},
		"unreported":                        {twice, "paid", 1, 0, "has 0 reviews"},
		"reported twice":                    {tooLow, "open", 0, 2, "has 2 reviews"},
	} {
		r := &report{}
		r.add(story{kind: row.kind, order: "ORDER-1"}, row.state, row.receipts, row.reviews)
		if row.want == "" {
			assert.NoError(t, r.problem(), name)
		} else {
			assert.ErrorContains(t, r.problem(), row.want, name)
		}
	}
	for _, s := range []story{
		{kind: pays, before: []string{"paid"}}, {kind: testOnly, before: []string{"waiting"}, after: []string{"waiting", "paid"}},
	} {
		r := &report{}
		r.add(s, map[bool]string{true: "paid", false: "open"}[s.kind.paid()], map[bool]int{true: 1}[s.kind.paid()], 0)
		assert.ErrorContains(t, r.problem(), "showed “paid” but was not paid")
	}
	assert.Error(t, (&report{unpaid: []string{"ORDER-1"}}).problem())
	assert.Error(t, (&report{busy: 1}).problem())
}
