package ecomtrade24_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
)

// start returns a fake gateway for an Example.
func start(opts ...gatewaytest.Option) *gatewaytest.Gateway {
	gateway, err := gatewaytest.Start(opts...)
	if err != nil {
		panic(err)
	}
	return gateway
}

// order returns the parameters of the order that the Examples use.
func order() ecomtrade24.SessionParams {
	return ecomtrade24.SessionParams{
		Domain: "merchant-store.example", Amount: "49.95", Currency: "USD", OrderID: "ORDER-10001",
	}
}

func ExampleNewClient() {
	client, err := ecomtrade24.NewClient("https://pay.example", "sk_live_0123456789",
		ecomtrade24.WithTimeout(5*time.Second),
		ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxAttempts: 5}),
		ecomtrade24.WithMerchantTTL(time.Minute),
		ecomtrade24.WithDeployment(ecomtrade24.EcomTrade24Pay),
		ecomtrade24.WithUserAgent("shop/1.4"),
		ecomtrade24.WithLogger(slog.Default()),
		ecomtrade24.WithHTTPClient(&http.Client{Transport: http.DefaultTransport}),
	)
	fmt.Println(client, err)
	_, err = ecomtrade24.NewClient("sk_live_0123456789", "https://pay.example")
	fmt.Println(err)
	// Output:
	// ecomtrade24.Client(https://pay.example) <nil>
	// ecomtrade24: new client: the base URL is not an absolute URL such as https://pay.example: are URL and key swapped?
}

func ExampleClient_CreateSession() {
	gateway := start(gatewaytest.WithInMemory())
	defer gateway.Close()
	session, err := gateway.Client().CreateSession(context.Background(), order())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(session.ID, session.CheckoutURL)
	// Output: 12345 https://pay.example/pay.php?session=12345
}

// The error lists all invalid fields, and nothing is sent.
func ExampleValidationError() {
	gateway := start(gatewaytest.WithInMemory())
	defer gateway.Close()
	_, err := gateway.Client().CreateSession(context.Background(), ecomtrade24.SessionParams{
		Domain: "https://shop.example", Amount: "49,95", Currency: "USD",
	})
	var invalid *ecomtrade24.ValidationError
	if errors.As(err, &invalid) {
		for _, field := range invalid.Fields {
			fmt.Println(field.Field, field.Reason)
		}
	}
	fmt.Println("requests:", len(gateway.Requests()))
	// Output:
	// Domain (domain) must be a bare host name such as "shop.example", without scheme, port or path
	// Amount (amount) must be a decimal literal such as "49.95"
	// OrderID (order_id) must not be empty: it links the payment to its order
	// requests: 0
}

// The response to a session request was lost: the session exists, and the SDK has not created a second one.
func ExampleClient_CreateSession_outcomeUnknown() {
	gateway := start(gatewaytest.WithInMemory())
	defer gateway.Close()
	gateway.DropResponses(1)
	_, err := gateway.Client().CreateSession(context.Background(), order())
	fmt.Println(errors.Is(err, ecomtrade24.ErrOutcomeUnknown), len(gateway.Sessions()))
	// Output: true 1
}

func ExampleClient_Checkout() {
	gateway := start(gatewaytest.WithInMemory()) // on the Free plan
	defer gateway.Close()
	params := order()
	params.Method = "card" // Checkout drops the method: the gateway's page offers the methods
	session, err := gateway.Client().Checkout(context.Background(), params)
	fmt.Println(session.ID, err)
	// Output: 12345 <nil>
}

func ExampleMethodError() {
	gateway := start(gatewaytest.WithInMemory(), gatewaytest.WithPlan(ecomtrade24.ModeSmartRouting))
	defer gateway.Close()
	_, err := gateway.Client().Checkout(context.Background(), order())
	var choose *ecomtrade24.MethodError
	if errors.As(err, &choose) {
		fmt.Println(choose.Available)
	}
	// Output: [card upi]
}

func ExampleClient_Me() {
	gateway := start(gatewaytest.WithInMemory(),
		gatewaytest.WithPlan(ecomtrade24.ModeSmartRouting), gatewaytest.WithMethodsShape(gatewaytest.ShapeMap))
	defer gateway.Close()
	merchant, err := gateway.Client().Me(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(merchant.Mode, merchant.SmartRouting(), merchant.Offers("card"), merchant.Offers("pix"))
	for _, method := range merchant.Methods {
		fmt.Printf("%+v\n", method)
	}
	// Output:
	// smart_routing true true false
	// {ID:card Label:Card Available:true}
	// {ID:pix Label:Pix Available:false}
	// {ID:upi Label:UPI Available:true}
}

func ExampleClient_Status() {
	gateway := start(gatewaytest.WithInMemory())
	defer gateway.Close()
	ctx, client := context.Background(), gateway.Client()
	session, err := client.CreateSession(ctx, order())
	if err != nil {
		fmt.Println(err)
		return
	}
	status, err := client.Status(ctx, session.ID)
	fmt.Println(status.Status, status.Paid(), err)
	_, err = client.Status(ctx, "99999")
	fmt.Println(errors.Is(err, ecomtrade24.ErrNotFound))
	// Output:
	// pending false <nil>
	// true
}

func ExampleClient_Wait() {
	gateway := start(gatewaytest.WithInMemory())
	defer gateway.Close()
	client := gateway.Client()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	session, err := client.CreateSession(ctx, order())
	if err != nil {
		fmt.Println(err)
		return
	}
	gateway.Decline(session.ID)
	status, err := client.Wait(ctx, session.ID)
	fmt.Println(status.Status, err)
	// Output: declined <nil>
}

// Confirm asks the gateway before you ship.
func ExampleClient_Confirm() {
	gateway := start(gatewaytest.WithInMemory())
	defer gateway.Close()
	ctx, client := context.Background(), gateway.Client()
	session, err := client.CreateSession(ctx, order())
	if err != nil {
		fmt.Println(err)
		return
	}
	event := &ecomtrade24.Event{ // as decoded from a webhook
		Payment: ecomtrade24.Payment{SessionID: session.ID, Status: ecomtrade24.StatusPaid},
	}
	due := ecomtrade24.Order{ID: "ORDER-10001", Amount: "49.95", Currency: "USD"}
	_, err = client.Confirm(ctx, event, due)
	fmt.Println(err)
	gateway.Pay(session.ID)
	status, err := client.Confirm(ctx, event, due)
	fmt.Println(status.Status, err)
	// Output:
	// ecomtrade24: not paid: the status is pending
	// paid <nil>
}

func ExampleSession_Redirect() {
	session := &ecomtrade24.Session{CheckoutURL: "https://pay.example/pay.php?session=12345"}
	w := httptest.NewRecorder()
	session.Redirect(w, httptest.NewRequest(http.MethodPost, "/buy", http.NoBody))
	fmt.Println(w.Code, w.Header().Get("Location"))
	// Output: 303 https://pay.example/pay.php?session=12345
}

func ExampleAPIError() {
	gateway := start(gatewaytest.WithInMemory())
	defer gateway.Close()
	params := order()
	params.Domain = "not-approved.example"
	_, err := gateway.Client().CreateSession(context.Background(), params)
	var refused *ecomtrade24.APIError
	if errors.As(err, &refused) {
		fmt.Println(refused.Code, errors.Is(err, ecomtrade24.ErrInvalidDomain))
	}
	fmt.Println(err)
	// Output:
	// domain_not_allowed true
	// ecomtrade24: create session: the gateway answered 403 domain_not_allowed: domain must be an approved domain, letter for letter
}

func ExamplePayment_Settles() {
	due := ecomtrade24.Order{ID: "ORDER-10001", Amount: "49.95", Currency: "USD"}
	payment := ecomtrade24.Payment{
		OrderID: "ORDER-10001", Status: ecomtrade24.StatusPaid, Amount: "49.950", Currency: "USD",
	}
	fmt.Println(payment.Paid(), payment.Settles(due))
	payment.Amount = "4.99"
	fmt.Println(payment.Settles(due))
	payment.Test = true
	fmt.Println(payment.Paid(), payment.Settles(due))
	// Output:
	// true <nil>
	// ecomtrade24: do not fulfil: Amount is "4.99", due is "49.95"
	// false ecomtrade24: test payment
}

// An order moves only to a higher rank, so events may arrive late, twice or in any sequence.
func ExamplePaymentStatus_Rank() {
	state := ecomtrade24.StatusPending
	for _, status := range []ecomtrade24.PaymentStatus{"processing", "expired", "paid", "expired", "something new"} {
		if status.Rank() > state.Rank() {
			state = status
		}
		fmt.Println(status, "→", state, state.Final())
	}
	// Output:
	// processing → processing false
	// expired → expired true
	// paid → paid true
	// expired → paid true
	// something new → paid true
}

func ExampleEvent_Key() {
	var first, again ecomtrade24.Event
	_ = json.Unmarshal([]byte(`{"event":"payment.completed","session_id":12345,"order_id":"A","status":"paid",
		"amount":"10.00","currency":"USD","sent_at":"2026-05-23T16:43:11+00:00"}`), &first)
	_ = json.Unmarshal([]byte(`{"sent_at":"2026-05-23T17:00:00+00:00","amount":10.0,"currency":"USD",
		"status":"paid","order_id":"A","session_id":"12345","event":"payment.completed"}`), &again)
	fmt.Println(len(first.Key()), first.Key() == again.Key())
	// Output: 64 true
}

// To put a verified event into a queue, marshal it: the result is the JSON that it was decoded from.
func ExampleEvent_MarshalJSON() {
	var event ecomtrade24.Event
	_ = json.Unmarshal([]byte(`{"event":"payment.completed","session_id":12345,"status":"paid","new":"field"}`), &event)
	queued, err := json.Marshal(event)
	fmt.Println(string(queued), err)
	// Output: {"event":"payment.completed","session_id":12345,"status":"paid","new":"field"} <nil>
}

func ExampleAmountFromMinor() {
	fmt.Println(ecomtrade24.AmountFromMinor(4995, "USD"))
	fmt.Println(ecomtrade24.AmountFromMinor(4995, "JPY"))
	_, err := ecomtrade24.AmountFromMinor(4995, "USDT")
	fmt.Println(err)
	// Output:
	// 49.95 <nil>
	// 4995 <nil>
	// ecomtrade24: amount: the currency is not in ISO 4217, so its decimal places are not known: keep its sums as decimal text
}

func ExampleAmount() {
	total := ecomtrade24.Amount("49.9")
	fmt.Println(total.Valid(), total.Equal("49.90"), total.Cmp("50"), ecomtrade24.Amount("49,90").Valid())
	cents, err := total.Minor("USD")
	fmt.Println(cents, err)
	_, err = ecomtrade24.Amount("49.999").Minor("USD")
	fmt.Println(err)
	// Output:
	// true true -1 false
	// 4990 <nil>
	// ecomtrade24: amount: more decimal places than the currency has; it would have to be rounded
}

func ExampleAmount_Canonical() {
	totals := map[ecomtrade24.Amount]int{}
	for _, amount := range []ecomtrade24.Amount{"49.9", "49.90", "050"} {
		totals[amount.Canonical()]++
	}
	fmt.Println(totals)
	// Output: map[49.9:2 50:1]
}

func ExampleAmount_Scan() {
	var due ecomtrade24.Amount
	for _, column := range []any{
		[]byte("49.95"), // NUMERIC or DECIMAL: PostgreSQL, MySQL
		"49.95",         // TEXT: any database
		49.95,           // NUMERIC in SQLite, which keeps it as a float
	} {
		err := due.Scan(column) // rows.Scan(&due) calls Scan the same way
		fmt.Println(due, err != nil)
	}
	var cents int64 = 4995 // integer minor units: rows.Scan(&cents)
	fmt.Println(ecomtrade24.AmountFromMinor(cents, "USD"))
	// Output:
	// 49.95 false
	// 49.95 false
	// 49.95 true
	// 49.95 <nil>
}

func ExampleAmount_Value() {
	// db.Exec("INSERT INTO orders (due) VALUES (?)", due) invokes Value.
	value, err := ecomtrade24.Amount("49.95").Value()
	fmt.Println(value, err)
	_, err = ecomtrade24.Amount("").Value()
	fmt.Println(err)
	// Output:
	// 49.95 <nil>
	// ecomtrade24: amount: value: not a decimal literal such as 49.95: write NULL with a sql.Null[ecomtrade24.Amount]
}

func ExampleWithLogger() {
	gateway := start(gatewaytest.WithInMemory())
	defer gateway.Close()
	plain := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "took" {
				return slog.Attr{} // drop the duration, which differs between runs
			}
			return a
		},
	}))
	_, _ = gateway.Client(ecomtrade24.WithLogger(plain)).Status(context.Background(), "99999")
	// Output: level=WARN msg="ecomtrade24: request" op=status attempt=1 error="ecomtrade24: status: the gateway answered 404 session_not_found: check the session id, the base URL and WithDeployment"
}

// An observer sees each call once, however many attempts it makes.
func ExampleWithObserver() {
	gateway := start(gatewaytest.WithInMemory())
	defer gateway.Close()
	observe := func(ctx context.Context, c ecomtrade24.Call) (context.Context, func(ecomtrade24.CallResult)) {
		return ctx, func(r ecomtrade24.CallResult) { fmt.Println(c.Name, r.Attempts, r.SessionID, r.Err) }
	}
	client := gateway.Client(ecomtrade24.WithObserver(observe))
	gateway.FailCalls(1, http.StatusServiceUnavailable)
	_, err := client.CreateSession(context.Background(), order())
	fmt.Println(err)
	// Output:
	// create session 2 12345 <nil>
	// <nil>
}
