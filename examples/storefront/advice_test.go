package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Each case has its own text, and each decision says what it does in that case.
func TestPayment_advice(t *testing.T) {
	t.Parallel()
	const noMoney, again = "this button moves no money", "can pay again unless another payment is under way"
	for name, row := range map[string]struct {
		amount, currency, order string
		problem                 problem
		headline, advice        string
		actions                 [][2]string // each with its effect, the advised one first
	}{
		"too little": {
			"14.00", "USD", open, tooLittle, "Too little: 14.00 USD of 14.50 USD", "write off the missing 0.50 USD",
			[][2]string{{refunded, again}, {accepted, "You write off the missing 0.50 USD"}, {closed, "Nothing is refunded"}},
		},
		"too much": {
			"15.00", "USD", open, tooMuch, "Too much: 15.00 USD instead of 14.50 USD", "refund the extra 0.50 USD",
			[][2]string{{accepted, "This button moves no money: refund the extra 0.50 USD"}, {refunded, again}, {closed, again}},
		},
		"another currency": {
			"14.50", "EUR", expired, otherCurrency, "Wrong currency: 14.50 EUR instead of 14.50 USD", "what 14.50 EUR is worth",
			[][2]string{
				{refunded, "The order stays expired"},
				{accepted, "You received 14.50 EUR"},
				{closed, "The order stays expired"},
			},
		},
		"too little, for an order that another payment has paid": {
			"14.00", "USD", paid, tooLittle, "Too little", "Another payment has already paid for the order. Refund this one",
			[][2]string{{refunded, "The order stays paid"}, {closed, "The order stays paid"}},
		},
		"second payment": {
			"14.50", "USD", paid, secondPayment, "Paid a second time: 14.50 USD", "Refund one of the payments",
			[][2]string{{refunded, noMoney}, {closed, "The order stays paid"}},
		},
		"unknown order": {
			"14.50", "USD", "", unknownOrder, "for an order that does not exist", "Look for the order in your backups",
			[][2]string{{refunded, noMoney}, {closed, "leaves this list"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := payment{
				Kind: "paid", Status: "paid", Amount: row.amount, Currency: row.currency, OrderID: "ORDER-1", Problem: row.problem,
				OrderState: row.order, Due: "14.50", DueCurrency: "USD",
			}
			assert.Contains(t, p.Headline(), row.headline)
			assert.Contains(t, p.Advice(), row.advice)
			require.Len(t, p.Actions(), len(row.actions))
			for i, a := range p.Actions() {
				assert.Equal(t, row.actions[i][0], a.What)
				assert.Contains(t, a.Effect, row.actions[i][1], a.What)
				assert.Equal(t, i == 0, a.Class == "", "one button stands out")
			}
			assert.Equal(t, "bad", p.Standing().Class, "a wrong amount is shown as bad although the message's status is paid")
		})
	}
}

func TestProblemOf(t *testing.T) {
	t.Parallel()
	due := ecomtrade24.Order{ID: "ORDER-1", Amount: "14.50", Currency: "USD"}
	for want, p := range map[problem]ecomtrade24.Payment{
		tooLittle: {Amount: "9", Currency: "USD"}, tooMuch: {Amount: "14.51", Currency: "USD"},
		otherCurrency: {Amount: "14.50", Currency: "EUR"}, mismatch: {Amount: "14.50", Currency: "USD", OrderID: "ORDER-2"},
	} {
		assert.Equal(t, want, problemOf(p, due))
	}
}

func TestPayment_Standing(t *testing.T) {
	t.Parallel()
	for want, p := range map[tag]payment{
		{"settled", "good"}:       {Kind: "paid", Status: "paid"},
		{"accepted", "good"}:      {Kind: "paid", Status: "paid", Problem: tooLittle, Decision: accepted},
		{"refunded", ""}:          {Kind: "paid", Status: "paid", Problem: tooLittle, Decision: refunded},
		{"second payment", "bad"}: {Kind: "paid_again", Status: "paid", Problem: secondPayment},
		{"no such order", "bad"}:  {Kind: "paid", Status: "paid", Problem: unknownOrder},
		{"not understood", "bad"}: {Kind: "unknown", Status: "paid", Problem: notUnderstood},
		{"test", ""}:              {Kind: "test", Status: "paid"},
		{"declined", ""}:          {Kind: "progress", Status: "declined"},
	} {
		assert.Equal(t, want, p.Standing())
	}
}
