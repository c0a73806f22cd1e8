package ecomtrade24_test

import (
	"strings"
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
		{ecomtrade24.StatusProcessing, 11, false},
		{ecomtrade24.StatusReview, 12, false},
		{ecomtrade24.StatusTest, 0, false},
		{"", 0, false},
		{"settled", 0, false}, // an unknown status is never paid and never final
		{"PAID", 0, false},    // only decoding lower-cases a status, so this one, set by hand, is unknown
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

// settlements lists changes to a payment and an order that otherwise match, each with the expected result of Settles.
var settlements = map[string]struct {
	change func(*ecomtrade24.Payment, *ecomtrade24.Order)
	want   error  // the error that errors.Is must match
	field  string // the field that the MismatchError must name
}{
	"all agree":                                      {func(*ecomtrade24.Payment, *ecomtrade24.Order) {}, nil, ""},
	"another spelling":                               {func(p *ecomtrade24.Payment, _ *ecomtrade24.Order) { p.Amount = "49.9500" }, nil, ""},
	"the currency is in lower case":                  {func(p *ecomtrade24.Payment, _ *ecomtrade24.Order) { p.Currency = "usd" }, nil, ""},
	"shop in capitals":                               {func(p *ecomtrade24.Payment, _ *ecomtrade24.Order) { p.Domain = "SHOP.example" }, nil, ""},
	"an order without a domain accepts any shop":     {func(p *ecomtrade24.Payment, due *ecomtrade24.Order) { due.Domain, p.Domain = "", "other.example" }, nil, ""},
	"an order without a session accepts any session": {func(p *ecomtrade24.Payment, due *ecomtrade24.Order) { due.SessionID, p.SessionID = "", "9" }, nil, ""},

	"test flag":   {func(p *ecomtrade24.Payment, _ *ecomtrade24.Order) { p.Test = true }, ecomtrade24.ErrTestPayment, ""},
	"test status": {func(p *ecomtrade24.Payment, _ *ecomtrade24.Order) { p.Status = "test" }, ecomtrade24.ErrTestPayment, ""},
	"pending":     {func(p *ecomtrade24.Payment, _ *ecomtrade24.Order) { p.Status = "pending" }, ecomtrade24.ErrNotPaid, ""},
	"declined":    {func(p *ecomtrade24.Payment, _ *ecomtrade24.Order) { p.Status = "declined" }, ecomtrade24.ErrNotPaid, ""},
	"unknown":     {func(p *ecomtrade24.Payment, _ *ecomtrade24.Order) { p.Status = "completed" }, ecomtrade24.ErrNotPaid, ""},
	"zero":        {func(p *ecomtrade24.Payment, _ *ecomtrade24.Order) { *p = ecomtrade24.Payment{} }, ecomtrade24.ErrNotPaid, ""},

	"too little":       {func(p *ecomtrade24.Payment, _ *ecomtrade24.Order) { p.Amount = "4.995" }, nil, "Amount"},
	"too much":         {func(p *ecomtrade24.Payment, _ *ecomtrade24.Order) { p.Amount = "499.5" }, nil, "Amount"},
	"no amount":        {func(p *ecomtrade24.Payment, _ *ecomtrade24.Order) { p.Amount = "" }, nil, "Amount"},
	"invalid amounts":  {func(p *ecomtrade24.Payment, due *ecomtrade24.Order) { p.Amount, due.Amount = "1e2", "1e2" }, nil, "Amount"},
	"no amounts":       {func(p *ecomtrade24.Payment, due *ecomtrade24.Order) { p.Amount, due.Amount = "", "" }, nil, "Amount"},
	"another currency": {func(p *ecomtrade24.Payment, _ *ecomtrade24.Order) { p.Currency = "JPY" }, nil, "Currency"},
	"no currencies":    {func(p *ecomtrade24.Payment, due *ecomtrade24.Order) { p.Currency, due.Currency = "", "" }, nil, "Currency"},
	"the currency has a letter that case folding turns into ASCII": {func(p *ecomtrade24.Payment, _ *ecomtrade24.Order) { p.Currency = "UſD" }, nil, "Currency"},
	"the currencies differ in the case of a non-ASCII letter": {
		func(p *ecomtrade24.Payment, due *ecomtrade24.Order) { p.Currency, due.Currency = "ÉUR", "éUR" }, nil, "Currency",
	},
	"another order":     {func(p *ecomtrade24.Payment, _ *ecomtrade24.Order) { p.OrderID = "ORDER-10002" }, nil, "OrderID"},
	"order, other case": {func(p *ecomtrade24.Payment, _ *ecomtrade24.Order) { p.OrderID = "order-10001" }, nil, "OrderID"},
	"no orders":         {func(p *ecomtrade24.Payment, due *ecomtrade24.Order) { p.OrderID, due.ID = "", "" }, nil, "OrderID"},
	"no due":            {func(p *ecomtrade24.Payment, due *ecomtrade24.Order) { p.Amount, due.Amount = "0.00", "0" }, nil, "Amount"},
	"another shop":      {func(p *ecomtrade24.Payment, _ *ecomtrade24.Order) { p.Domain = "other.example" }, nil, "Domain"},
	"no shop":           {func(p *ecomtrade24.Payment, _ *ecomtrade24.Order) { p.Domain = "" }, nil, "Domain"},
	"another session":   {func(p *ecomtrade24.Payment, _ *ecomtrade24.Order) { p.SessionID = "12346" }, nil, "SessionID"},
}

func TestPayment_Settles(t *testing.T) {
	t.Parallel()
	due := ecomtrade24.Order{
		ID: "ORDER-10001", Amount: "49.95", Currency: "USD", SessionID: "12345", Domain: "shop.example",
	}
	paid := func() ecomtrade24.Payment {
		return ecomtrade24.Payment{
			SessionID: "12345", OrderID: "ORDER-10001", Status: ecomtrade24.StatusPaid, Amount: "49.95", Currency: "USD",
			Domain: "shop.example",
		}
	}
	for name, row := range settlements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, order := paid(), due
			row.change(&p, &order)
			err := p.Settles(order)
			if row.field == "" {
				require.ErrorIs(t, err, row.want)
				return
			}
			mismatch := as[*ecomtrade24.MismatchError](t, err)
			require.Len(t, mismatch.Fields, 1)
			assert.Equal(t, row.field, mismatch.Fields[0].Field)
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
	require.EqualError(t, err, `ecomtrade24: do not fulfil: Amount is "4.99", due is "49.95"`)

	err = p.Settles(ecomtrade24.Order{ID: "O-2", Amount: "0", Currency: "EUR", SessionID: "7", Domain: "shop.example"})
	require.EqualError(t, err, `ecomtrade24: do not fulfil: OrderID is "O-1", due is "O-2"; Amount is "4.99", `+
		`due is "0", which no payment matches; Currency is "USD", due is "EUR"; SessionID is "", due is "7"; Domain is "", due is "shop.example"`)
	mismatch := as[*ecomtrade24.MismatchError](t, err)
	assert.Len(t, mismatch.Fields, 5, "the error must list every field that differs")

	p.Amount = "0.00"
	err = p.Settles(ecomtrade24.Order{ID: "O-1", Amount: "0", Currency: "USD"})
	require.EqualError(t, err, `ecomtrade24: do not fulfil: Amount is "0.00", due is "0", which no payment matches`)

	p.Amount, p.OrderID = "1", strings.Repeat("x", 64)+"y"
	err = p.Settles(ecomtrade24.Order{ID: strings.Repeat("x", 64) + "z", Amount: "1", Currency: "USD"})
	require.ErrorContains(t, err, `xx"…, due is "xx`, "expected … where the value is cut off")
}
