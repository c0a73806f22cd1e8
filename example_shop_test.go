package ecomtrade24_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// buy sends the buyer to the checkout, and keeps the session with the order.
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
		if err == nil {
			err = s.KeepSession(r.Context(), "ORDER-10001", session.ID)
		}
		if err != nil {
			log.Print(err) // names no key and no buyer
			http.Error(w, "the checkout is not available, please try again", http.StatusBadGateway)
			return
		}
		session.Redirect(w, r)
	}
}

// onEvent is called with verified events only.
func (s *Shop) onEvent(ctx context.Context, ev *ecomtrade24.Event) error {
	if !ev.Paid() {
		return nil // 200: declined, expired, a test …: nothing to ship
	}
	return s.settle(ctx, ev.Payment)
}

// settle marks the order paid if that is what was paid for.
func (s *Shop) settle(ctx context.Context, p ecomtrade24.Payment) error {
	order, err := s.Find(ctx, p.OrderID)
	if errors.Is(err, errNoOrder) {
		return webhook.Discard(err) // 200 and a line in the log: delivering it again does not mend it
	}
	if err != nil {
		return err // 500: the gateway delivers again
	}
	if err := p.Settles(ecomtrade24.Order{ID: order.ID, Amount: order.Amount, Currency: order.Currency}); err != nil {
		return webhook.Discard(err) // a wrong amount is for a person to look at
	}
	return s.MarkPaid(ctx, order.ID)
}

// showOrder is the return page: the shop's own record, and where the webhook is late the gateway's word, checked alike.
func (s *Shop) showOrder(client *ecomtrade24.Client) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		order, err := s.Find(r.Context(), r.PathValue("id"))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		if !s.Paid(order.ID) {
			status, err := client.Status(r.Context(), order.SessionID)
			if err == nil && status.Paid() {
				_ = s.settle(r.Context(), status.Payment)
			}
		}
		fmt.Fprintln(w, "paid:", s.Paid(order.ID))
	}
}

// routes serves the shop.
func (s *Shop) routes(client *ecomtrade24.Client, verifier *webhook.Verifier) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /buy", s.buy(client))
	mux.HandleFunc("GET /orders/{id}", s.showOrder(client))
	mux.Handle("POST /api/webhook", webhook.NewHandler(verifier, s.onEvent, webhook.WithLogger(s.Logger)))
	return mux
}

// fromEnvironment is what main does.
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

// A shop's own test: the gateway plays the buyer, and is as unkind as the network.
func TestShop_isPaidByTheWebhookOnly(t *testing.T) {
	t.Parallel()
	gateway := gatewaytest.New(t, gatewaytest.InMemory())
	verifier, err := webhook.NewVerifier(gateway.WebhookSecret)
	require.NoError(t, err)
	shop := newShop(&ecomtrade24.Order{ID: "ORDER-10001", Amount: "49.95", Currency: "USD"})
	handler := shop.routes(gateway.Client(), verifier)
	gateway.DeliverTo(handler)

	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/buy", http.NoBody))
	gateway.LoseFirst(1) // the first attempt never arrives
	gateway.Duplicate(1) // and the rest comes twice
	gateway.Pay(gateway.Sessions()[0].SessionID)
	assert.True(t, shop.Paid("ORDER-10001"))
}

// The webhook never comes: the return page asks.
func TestShop_asksWhereTheWebhookIsLate(t *testing.T) {
	t.Parallel()
	gateway := gatewaytest.New(t, gatewaytest.InMemory())
	verifier, err := webhook.NewVerifier(gateway.WebhookSecret)
	require.NoError(t, err)
	handler := newShop(&ecomtrade24.Order{ID: "ORDER-10001", Amount: "49.95", Currency: "USD"}).
		routes(gateway.Client(), verifier)
	gateway.DeliverTo(handler)
	gateway.Lose(1)
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/buy", http.NoBody))
	for _, step := range []struct {
		do   func()
		want string
	}{{func() {}, "paid: false\n"}, {func() { gateway.Pay(gateway.Sessions()[0].SessionID) }, "paid: true\n"}} {
		step.do()
		page := httptest.NewRecorder()
		handler.ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/orders/ORDER-10001", http.NoBody))
		assert.Equal(t, step.want, page.Body.String())
	}
}

// The whole of a shop on the Free plan: the buyer is sent to the checkout, and the webhook marks the order paid.
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
	gateway.DeliverTo(handler)

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

// listMethods shows what the buyer may choose from; nothing on the Free plan, where the gateway's page asks.
func listMethods(ctx context.Context, client *ecomtrade24.Client) error {
	merchant, err := client.Me(ctx)
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

// checkoutWith pays with the buyer's choice. Checkout drops it on the Free plan, so the same code serves every plan.
func checkoutWith(ctx context.Context, client *ecomtrade24.Client, method string) (*ecomtrade24.Session, error) {
	return client.Checkout(ctx, ecomtrade24.SessionParams{
		Domain: "merchant-store.example", Amount: "49.95", Currency: "USD", OrderID: "ORDER-10002", Method: method,
	})
}

// The shop on a Pro or Unlimited plan: it lists the methods and sends the chosen one.
func Example_smartRouting() {
	gateway := start(gatewaytest.InMemory(),
		gatewaytest.WithMode(ecomtrade24.ModeSmartRouting), gatewaytest.WithMethodsShape(gatewaytest.ShapeMap))
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

// ofEcomTrade24Pay is a client for a merchant of EcomTrade24 Pay. Without the option it is Fiavex Pay's.
func ofEcomTrade24Pay(baseURL, apiKey string) (*ecomtrade24.Client, error) {
	return ecomtrade24.NewClient(baseURL, apiKey, ecomtrade24.WithDeployment(ecomtrade24.EcomTrade24Pay))
}

// The buyer's address arrives and the status is found, since both have the names of the deployment.
func ExampleWithDeployment() {
	gateway := start(gatewaytest.WithDeployment(ecomtrade24.EcomTrade24Pay), gatewaytest.RequireCustomerEmail())
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
