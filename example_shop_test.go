package ecomtrade24_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// buy sends the buyer to the checkout.
func (s *Shop) buy(client *ecomtrade24.Client) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		session, err := client.Checkout(r.Context(), ecomtrade24.SessionParams{
			Domain:    "merchant-store.example", // an approved domain, letter for letter
			Amount:    "49.95",                  // a decimal string, never a float
			Currency:  "USD",
			OrderID:   "ORDER-10001",
			ReturnURL: "https://merchant-store.example/orders/ORDER-10001",
			CancelURL: "https://merchant-store.example/orders/ORDER-10001",
		})
		if err != nil {
			log.Print(err) // the error contains neither the key nor the buyer's data
			http.Error(w, "the checkout is not available, please try again", http.StatusBadGateway)
			return
		}
		session.Redirect(w, r)
	}
}

// onEvent gets verified events only. It may get an event several times; package inbox applies each event once.
func (s *Shop) onEvent(ctx context.Context, ev *ecomtrade24.Event) error {
	if !ev.Paid() {
		return nil // declined, expired, a test …: responds with 200, since there is nothing to ship
	}
	order, err := s.Find(ctx, ev.OrderID)
	if errors.Is(err, errNoOrder) {
		return webhook.Discard(err) // responds with 200 and logs the error: another delivery would not help
	}
	if err != nil {
		return err // responds with 500, so the gateway delivers again
	}
	if err := ev.Settles(ecomtrade24.Order{ID: order.ID, Amount: order.Amount, Currency: order.Currency}); err != nil {
		return webhook.Discard(err) // a wrong amount goes to manual review
	}
	return s.MarkPaid(ctx, order.ID)
}

// showOrder is the return page. It shows the shop's own record and nothing from the URL.
func (s *Shop) showOrder(w http.ResponseWriter, r *http.Request) {
	order, err := s.Find(r.Context(), r.PathValue("id"))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	fmt.Fprintln(w, "paid:", s.Paid(order.ID))
}

// routes serves the shop.
func (s *Shop) routes(client *ecomtrade24.Client, verifier *webhook.Verifier) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /buy", s.buy(client))
	mux.HandleFunc("GET /orders/{id}", s.showOrder)
	mux.Handle("POST /api/webhook", webhook.NewHandler(verifier, s.onEvent, webhook.WithLogger(s.Logger)))
	return mux
}

// fromEnvironment sets up the shop as main would.
func (s *Shop) fromEnvironment() (http.Handler, error) {
	client, err := ecomtrade24.NewClient(os.Getenv("ECOMTRADE24_BASE_URL"), os.Getenv("ECOMTRADE24_API_KEY"))
	if err != nil {
		return nil, err
	}
	verifier, err := webhook.NewVerifier(os.Getenv("ECOMTRADE24_WEBHOOK_SECRET"))
	if err != nil {
		return nil, err
	}
	return s.routes(client, verifier), nil
}

// A complete shop on the Free plan: it sends the buyer to the checkout, and the webhook marks the order paid.
func Example_hostedCheckout() {
	gateway := start()
	defer gateway.Close()
	for name, value := range map[string]string{
		"ECOMTRADE24_BASE_URL":       gateway.URL,
		"ECOMTRADE24_API_KEY":        gateway.APIKey,
		"ECOMTRADE24_WEBHOOK_SECRET": gateway.WebhookSecret,
	} {
		_ = os.Setenv(name, value)
	}
	shop := newShop(&ecomtrade24.Order{ID: "ORDER-10001", Amount: "49.95", Currency: "USD"})
	handler, err := shop.fromEnvironment()
	if err != nil {
		panic(err)
	}
	gateway.DeliverToHandler(handler)

	buyer := httptest.NewRecorder()
	handler.ServeHTTP(buyer, httptest.NewRequest(http.MethodPost, "/buy", http.NoBody))
	fmt.Println(buyer.Code, buyer.Header().Get("Location") != "")
	fmt.Println("paid:", shop.Paid("ORDER-10001"))
	gateway.Pay(gateway.Sessions()[0].SessionID)
	fmt.Println("paid:", shop.Paid("ORDER-10001"))
	// Output:
	// 303 true
	// paid: false
	// paid: true
}

// listMethods prints the methods to choose from: none on the Free plan, where the gateway's page offers them.
func listMethods(ctx context.Context, client *ecomtrade24.Client) error {
	merchant, err := client.Plan(ctx)
	if err != nil {
		return err
	}
	if !merchant.SmartRouting() {
		return nil
	}
	for _, method := range merchant.Methods {
		if method.Available {
			fmt.Println(method.ID, method.Label)
		}
	}
	return nil
}

// checkoutWith creates a session with the buyer's chosen method. Checkout drops the method on the Free plan, so the
// same code serves every plan.
func checkoutWith(ctx context.Context, client *ecomtrade24.Client, method string) (*ecomtrade24.Session, error) {
	return client.Checkout(ctx, ecomtrade24.SessionParams{
		Domain: "merchant-store.example", Amount: "49.95", Currency: "USD", OrderID: "ORDER-10002", Method: method,
	})
}

// The shop on a Pro or Unlimited plan: it lists the methods and sends the chosen one.
func Example_smartRouting() {
	gateway := start(gatewaytest.WithInMemory(),
		gatewaytest.WithPlan(ecomtrade24.ModeSmartRouting), gatewaytest.WithMethodsShape(gatewaytest.ShapeMap))
	defer gateway.Close()
	ctx, client := context.Background(), gateway.Client()
	if err := listMethods(ctx, client); err != nil {
		panic(err)
	}
	session, err := checkoutWith(ctx, client, "card")
	fmt.Println(session != nil, err)
	_, err = checkoutWith(ctx, client, "cash")
	fmt.Println(err)
	// Output:
	// card Card
	// upi UPI
	// true <nil>
	// ecomtrade24: checkout: method "cash" is not available: choose one of card, upi
}

// ofEcomTrade24Pay returns a client for a merchant of EcomTrade24 Pay. Without WithDeployment, the client would be for
// Fiavex Pay.
func ofEcomTrade24Pay(baseURL, apiKey string) (*ecomtrade24.Client, error) {
	return ecomtrade24.NewClient(baseURL, apiKey, ecomtrade24.WithDeployment(ecomtrade24.EcomTrade24Pay))
}

// The gateway gets the buyer's email address and finds the session, since the client uses the deployment's names.
func ExampleWithDeployment() {
	gateway := start(gatewaytest.WithDeployment(ecomtrade24.EcomTrade24Pay), gatewaytest.WithRequiredEmail())
	defer gateway.Close()
	client, err := ofEcomTrade24Pay(gateway.URL, gateway.APIKey)
	if err != nil {
		panic(err)
	}
	params := order()
	_, err = client.Checkout(context.Background(), params)
	fmt.Println(errors.Is(err, ecomtrade24.ErrCustomerEmailRequired))
	params.CustomerEmail = "buyer@example.com"
	session, err := client.Checkout(context.Background(), params)
	if err != nil {
		panic(err)
	}
	status, err := client.Status(context.Background(), session.ID)
	if err != nil {
		panic(err)
	}
	fmt.Println(status.Status, status.CustomerEmail)
	// Output:
	// true
	// pending buyer@example.com
}
