package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// deliver posts body as the gateway would and returns the response's status.
func deliver(h http.Handler, secret, body string) int {
	r := httptest.NewRequest(http.MethodPost, "/webhook", strings.NewReader(body))
	r.Header.Set("X-Signature", webhook.Sign(secret, []byte(body)))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

func ExampleNewHandler() {
	verifier, err := webhook.NewVerifier("whsec_example")
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := webhook.NewHandler(verifier, func(_ context.Context, ev *ecomtrade24.Event) error {
		// From your own records, by ev.OrderID:
		due := ecomtrade24.Order{ID: "ORDER-10001", Amount: "49.95", Currency: "USD"}
		if err := ev.Settles(due); err != nil {
			fmt.Println("do not ship:", err)
			return nil
		}
		fmt.Println("paid:", ev.OrderID)
		return nil
	})
	// http.Handle("POST /webhook", handler)

	paid := `{"session_id":12345,"order_id":"ORDER-10001","status":"paid","amount":"49.95","currency":"USD"}`
	fmt.Println(deliver(handler, "whsec_example", paid))
	fmt.Println(deliver(handler, "a forger's secret", paid))
	// Output:
	// paid: ORDER-10001
	// 200
	// 401
}

func ExampleDiscard() {
	verifier, _ := webhook.NewVerifier("whsec_example")
	handler := webhook.NewHandler(verifier, func(_ context.Context, ev *ecomtrade24.Event) error {
		if ev.OrderID != "ORDER-10001" {
			return webhook.Discard(errors.New("no such order")) // a redelivery would not find the order either
		}
		return errors.New("the database is down") // the gateway delivers the event again
	})
	fmt.Println(deliver(handler, "whsec_example", `{"order_id":"ANOTHER-SHOPS","status":"paid"}`))
	fmt.Println(deliver(handler, "whsec_example", `{"order_id":"ORDER-10001","status":"paid"}`))
	// Output:
	// 200
	// 500
}

// Your own handler can call Discarded. Here the handler serves a queue that expects true if the event is done.
func ExampleDiscarded() {
	done := func(err error) bool { return err == nil || webhook.Discarded(err) }
	fmt.Println(done(nil))
	fmt.Println(done(fmt.Errorf("order A-1: %w", webhook.Discard(errors.New("no such order")))))
	fmt.Println(done(errors.New("the database is down")))
	// Output:
	// true
	// true
	// false
}

// For servers that are not net/http: pass the header and the raw body, and get the response's status.
func ExampleHandler_Deliver() {
	verifier, _ := webhook.NewVerifier("whsec_example")
	handler := webhook.NewHandler(verifier, func(_ context.Context, ev *ecomtrade24.Event) error {
		fmt.Println(ev.OrderID, ev.Status)
		return nil
	})
	body := []byte(`{"session_id":12345,"order_id":"ORDER-10001","status":"paid"}`)
	header := http.Header{"X-Signature": {webhook.Sign("whsec_example", body)}}
	fmt.Println(handler.Deliver(context.Background(), header, body))
	fmt.Println(handler.Deliver(context.Background(), header, []byte("another body")))
	// Output:
	// ORDER-10001 paid
	// 200
	// 401
}

// With Note, the log line says what the delivery changed, not only that it was handled.
func ExampleNote() {
	verifier, _ := webhook.NewVerifier("whsec_example")
	handler := webhook.NewHandler(verifier, func(ctx context.Context, ev *ecomtrade24.Event) error {
		if ev.Settles(ecomtrade24.Order{ID: "A-1", Amount: "49.95", Currency: "USD"}) == nil {
			webhook.Note(ctx, "paid")
		} else {
			webhook.Note(ctx, "wrong_amount") // then store the event for manual review
		}
		return nil
	}, webhook.WithLogger(toStdout()))
	for _, amount := range []string{"49.95", "0.95"} {
		deliver(handler, "whsec_example", `{"event":"payment.session","session_id":7,"order_id":"A-1","status":"paid",`+
			`"amount":"`+amount+`","currency":"USD"}`)
	}
	// Output:
	// level=INFO msg="webhook: delivery" outcome=handled response=200 event=payment.session session=7 order=A-1 status=paid changes=paid
	// level=INFO msg="webhook: delivery" outcome=handled response=200 event=payment.session session=7 order=A-1 status=paid changes=wrong_amount
}

// The function's context ends after the timeout. Work that is not committed by then is rolled back, and the gateway
// delivers the event again.
func ExampleWithTimeout() {
	verifier, _ := webhook.NewVerifier("whsec_example")
	handler := webhook.NewHandler(verifier, func(ctx context.Context, _ *ecomtrade24.Event) error {
		<-ctx.Done() // a database that does not respond
		return ctx.Err()
	}, webhook.WithTimeout(time.Millisecond))
	fmt.Println(deliver(handler, "whsec_example", `{"session_id":12345,"status":"paid"}`))
	// Output: 503
}

// toStdout returns a logger to standard output. It omits attributes that differ between runs.
func toStdout() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "duration" {
				return slog.Attr{}
			}
			return a
		},
	}))
}

func ExampleWithLogger() {
	verifier, _ := webhook.NewVerifier("whsec_example")
	handle := func(context.Context, *ecomtrade24.Event) error { return nil }
	handler := webhook.NewHandler(verifier, handle, webhook.WithLogger(toStdout()))
	deliver(handler, "whsec_example", `{"event":"payment.session","session_id":7,"order_id":"A-1","status":"paid"}`)
	deliver(handler, "a forger's secret", `{}`)
	// Output:
	// level=INFO msg="webhook: delivery" outcome=handled response=200 event=payment.session session=7 order=A-1 status=paid
	// level=WARN msg="webhook: delivery" outcome=rejected response=401 error="webhook: bad signature"
}

// Package ecomtrade24otel has an Observer for OpenTelemetry. The Observer in this example prints how each delivery
// ends.
func ExampleWithObserver() {
	observe := func(ctx context.Context, _ webhook.Delivery) (context.Context, func(webhook.Result)) {
		return ctx, func(r webhook.Result) { fmt.Printf("%s %q\n", r.Outcome, r.Reason) }
	}
	verifier, _ := webhook.NewVerifier("whsec_example")
	handle := func(context.Context, *ecomtrade24.Event) error { return nil }
	handler := webhook.NewHandler(verifier, handle, webhook.WithObserver(observe))
	deliver(handler, "whsec_example", `{"session_id":12345,"status":"paid"}`)
	deliver(handler, "a forger's secret", `{"session_id":12345,"status":"paid"}`)
	// Output:
	// handled ""
	// rejected "bad_signature"
}

func ExampleWithMaxAge() {
	verifier, _ := webhook.NewVerifier("whsec_example")
	handle := func(context.Context, *ecomtrade24.Event) error { return nil }
	handler := webhook.NewHandler(verifier, handle, webhook.WithMaxAge(72*time.Hour))
	fmt.Println(deliver(handler, "whsec_example", `{"session_id":1,"status":"paid","sent_at":"2020-01-01T00:00:00Z"}`))
	// Output: 400
}

func ExampleWithMaxBody() {
	verifier, _ := webhook.NewVerifier("whsec_example")
	handle := func(context.Context, *ecomtrade24.Event) error { return nil }
	handler := webhook.NewHandler(verifier, handle, webhook.WithMaxBody(1<<10))
	fmt.Println(deliver(handler, "whsec_example", strings.Repeat(" ", 1<<10+1)))
	// Output: 413
}

func ExampleNewVerifier() {
	_, err := webhook.NewVerifier(os.Getenv("ECOMTRADE24_SECRET_THAT_NOBODY_SET"))
	fmt.Println(err)
	// Output: webhook: new verifier: the secret is empty: is its environment variable set?
}

func ExampleWithPreviousSecrets() {
	verifier, _ := webhook.NewVerifier("whsec_new", webhook.WithPreviousSecrets("whsec_old"))
	body := []byte(`{"session_id":1,"status":"paid"}`)
	for _, secret := range []string{"whsec_new", "whsec_old", "whsec_older"} {
		h := http.Header{"X-Signature": {webhook.Sign(secret, body)}}
		fmt.Println(verifier.Verify(h, body))
	}
	// Output:
	// <nil>
	// <nil>
	// webhook: bad signature
}

func ExampleVerifier_Verify() {
	verifier, _ := webhook.NewVerifier("whsec_example")
	body := []byte(`{"session_id":1,"status":"paid"}`)
	h := http.Header{}
	fmt.Println(verifier.Verify(h, body))
	h.Set("X-Signature", webhook.Sign("whsec_example", body))
	fmt.Println(verifier.Verify(h, body))
	fmt.Println(verifier.Verify(h, []byte(`{"session_id":2,"status":"paid"}`)))
	// Output:
	// webhook: no signature header
	// <nil>
	// webhook: bad signature
}

// Parse is for your own handler: pass it the raw body before anything decodes it.
func ExampleVerifier_Parse() {
	verifier, _ := webhook.NewVerifier("whsec_example")
	body := []byte(`{"event":"payment.completed","session_id":12345,"order_id":"ORDER-10001","status":"paid"}`)
	h := http.Header{"X-Signature": {webhook.Sign("whsec_example", body)}}
	ev, err := verifier.Parse(h, body)
	switch {
	case errors.Is(err, webhook.ErrMalformed):
		fmt.Println("answer 400")
	case err != nil:
		fmt.Println("answer 401")
	default:
		fmt.Println(ev.OrderID, ev.Status, ev.Paid())
	}
	// Output: ORDER-10001 paid true
}

func ExampleVerifier_String() {
	verifier, _ := webhook.NewVerifier("whsec_example")
	fmt.Printf("%v, %+v, %#v\n", verifier, verifier, verifier)
	// Output: webhook.Verifier, webhook.Verifier, webhook.Verifier
}

func ExampleSign() {
	fmt.Println(webhook.Sign("whsec_example", []byte(`{"session_id":1,"status":"paid"}`)))
	// Output: sha256=cb08f8dbbfb45b7d8bdbea7b1d269205d6b07d06aad6adfc3cc4ec128c55f51a
}
