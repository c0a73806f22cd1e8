package ecomtrade24_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

func TestPaymentStatus(t *testing.T) {
	t.Parallel()
	rows := []struct {
		status ecomtrade24.PaymentStatus
		rank   int
		final  bool
	}{
		{ecomtrade24.StatusPaid, 30, true},
		{ecomtrade24.StatusFailed, 20, true},
		{ecomtrade24.StatusDeclined, 20, true},
		{ecomtrade24.StatusExpired, 20, true},
		{ecomtrade24.StatusCancelled, 20, true},
		{ecomtrade24.StatusPending, 10, false},
		{ecomtrade24.StatusProcessing, 10, false},
		{ecomtrade24.StatusReview, 10, false},
		{ecomtrade24.StatusTest, 0, false},
		{"", 0, false},
		{"settled", 0, false}, // unknown is never paid and never final
		{"PAID", 0, false},    // decoding lower-cases; by hand it is unknown
	}
	for _, row := range rows {
		assert.Equal(t, row.rank, row.status.Rank(), row.status)
		assert.Equal(t, row.final, row.status.Final(), row.status)
		p := ecomtrade24.Payment{Status: row.status}
		assert.Equal(t, row.status == "paid", p.Paid(), row.status)
		p.Test = true
		assert.False(t, p.Paid(), "a test is never paid")
	}
}

func TestPayment_Settles(t *testing.T) {
	t.Parallel()
	due := ecomtrade24.Order{ID: "ORDER-10001", Amount: "49.95", Currency: "USD", SessionID: "12345"}
	paid := func() ecomtrade24.Payment {
		return ecomtrade24.Payment{
			SessionID: "12345", OrderID: "ORDER-10001", Status: ecomtrade24.StatusPaid, Amount: "49.95", Currency: "USD",
		}
	}
	type (
		Payment = ecomtrade24.Payment
		Order   = ecomtrade24.Order
	)
	rows := map[string]struct {
		change func(*Payment, *Order)
		want   error  // for errors.Is
		field  string // of the MismatchError
	}{
		"all agree":            {func(*Payment, *Order) {}, nil, ""},
		"amount spelt anew":    {func(p *Payment, _ *Order) { p.Amount = "49.9500" }, nil, ""},
		"currency in low case": {func(p *Payment, _ *Order) { p.Currency = "usd" }, nil, ""},
		"any session will do":  {func(p *Payment, due *Order) { due.SessionID, p.SessionID = "", "9" }, nil, ""},

		"test flag":   {func(p *Payment, _ *Order) { p.Test = true }, ecomtrade24.ErrTestPayment, ""},
		"test status": {func(p *Payment, _ *Order) { p.Status = "test" }, ecomtrade24.ErrTestPayment, ""},
		"pending":     {func(p *Payment, _ *Order) { p.Status = "pending" }, ecomtrade24.ErrNotPaid, ""},
		"declined":    {func(p *Payment, _ *Order) { p.Status = "declined" }, ecomtrade24.ErrNotPaid, ""},
		"unknown":     {func(p *Payment, _ *Order) { p.Status = "completed" }, ecomtrade24.ErrNotPaid, ""},
		"zero":        {func(p *Payment, _ *Order) { *p = Payment{} }, ecomtrade24.ErrNotPaid, ""},

		"less":             {func(p *Payment, _ *Order) { p.Amount = "4.995" }, nil, "amount"},
		"more":             {func(p *Payment, _ *Order) { p.Amount = "499.5" }, nil, "amount"},
		"no amount":        {func(p *Payment, _ *Order) { p.Amount = "" }, nil, "amount"},
		"invalid amounts":  {func(p *Payment, due *Order) { p.Amount, due.Amount = "1e2", "1e2" }, nil, "amount"},
		"no amounts":       {func(p *Payment, due *Order) { p.Amount, due.Amount = "", "" }, nil, "amount"},
		"another currency": {func(p *Payment, _ *Order) { p.Currency = "JPY" }, nil, "currency"},
		"no currencies":    {func(p *Payment, due *Order) { p.Currency, due.Currency = "", "" }, nil, "currency"},
		"a folding letter": {func(p *Payment, _ *Order) { p.Currency = "UſD" }, nil, "currency"},
		"an equally long folding one": {
			func(p *Payment, due *Order) { p.Currency, due.Currency = "ÉUR", "éUR" }, nil, "currency",
		},
		"another order":     {func(p *Payment, _ *Order) { p.OrderID = "ORDER-10002" }, nil, "order_id"},
		"order, other case": {func(p *Payment, _ *Order) { p.OrderID = "order-10001" }, nil, "order_id"},
		"no orders":         {func(p *Payment, due *Order) { p.OrderID, due.ID = "", "" }, nil, "order_id"},
		"another session":   {func(p *Payment, _ *Order) { p.SessionID = "12346" }, nil, "session_id"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, order := paid(), due
			row.change(&p, &order)
			err := p.Settles(order)
			if row.field == "" {
				require.ErrorIs(t, err, row.want)
				return
			}
			var mismatch *ecomtrade24.MismatchError
			require.ErrorAs(t, err, &mismatch)
			assert.Equal(t, row.field, mismatch.Field)
		})
	}
}

func TestErrNotPaid_namesTheStatus(t *testing.T) {
	t.Parallel()
	p := ecomtrade24.Payment{Status: ecomtrade24.StatusDeclined}
	require.EqualError(t, p.Settles(ecomtrade24.Order{}), "ecomtrade24: not paid: the status is declined")
	p.Status = "<script>"
	require.EqualError(t, p.Settles(ecomtrade24.Order{}), "ecomtrade24: not paid: the status is unknown")
}

func TestMismatchError(t *testing.T) {
	t.Parallel()
	p := ecomtrade24.Payment{OrderID: "O-1", Status: "paid", Amount: "4.99", Currency: "USD"}
	err := p.Settles(ecomtrade24.Order{ID: "O-1", Amount: "49.95", Currency: "USD"})
	require.EqualError(t, err, `ecomtrade24: amount is "4.99", due is "49.95": do not fulfil`)
	assert.Equal(t, &ecomtrade24.MismatchError{Field: "amount", Want: "49.95", Got: "4.99"}, err)
}
