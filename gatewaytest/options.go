package gatewaytest

import (
	"cmp"
	"slices"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// Option changes a default of New and Start. A nil Option means the default, and so does a zero value passed to an
// option. An invalid value, such as a negative number, fails the test in New and is an error in Start.
type Option func(*options)

type options struct {
	config      sandbox.Config
	inMemory    bool
	webhookPath string
}

// defaultDomains returns the domains that are approved without WithDomains.
func defaultDomains() []string { return []string{"merchant-store.example", "shop.example"} }

// WithInMemory makes a gateway that opens no socket: the clients from Client and HTTPClient, and deliveries to a
// handler, stay inside the process. The gateway's URL is https://pay.example, which no other client can reach.
func WithInMemory() Option { return func(o *options) { o.inMemory = true } }

// WithPlan sets the merchant's plan, hosted checkout or Smart Routing. The default is hosted checkout.
func WithPlan(plan ecomtrade24.IntegrationMode) Option {
	return func(o *options) { o.config.Mode = plan }
}

// WithMethods sets the methods that me.php lists, in this sequence. The default with Smart Routing is card, pix (not
// available) and upi. The default with hosted checkout is no methods.
func WithMethods(methods ...ecomtrade24.Method) Option {
	return func(o *options) { o.config.Methods = slices.Clone(methods) }
}

// WithMethodsShape sets the JSON type of the method list. The default is ShapeList, or ShapeMap for EcomTrade24Pay.
func WithMethodsShape(s Shape) Option { return func(o *options) { o.config.Shape = sandbox.Shape(s) } }

// Shape is a JSON type of the method list in me.php. The gateway may use any shape, so a client must read all of them.
// The zero value is the default of WithMethodsShape.
type Shape int

// The shapes in docs/protocol.md. ShapeList and ShapeFilteredList omit methods that are not available.
const (
	ShapeList         = Shape(sandbox.ShapeList)         // ["card","upi"]
	ShapeFilteredList = Shape(sandbox.ShapeFilteredList) // {"0":"card","2":"upi"}
	ShapeMap          = Shape(sandbox.ShapeMap)          // {"card":{"available":true,"label":"Card"},"upi":{…}}
	ShapeFlags        = Shape(sandbox.ShapeFlags)        // {"card":true,"upi":false,"pix":1}
	ShapeObjects      = Shape(sandbox.ShapeObjects)      // [{"method":"card","available":true},{"id":"upi","available":0}]
)

// WithDeployment sets the deployment; the default is ecomtrade24.FiavexPay. The other deployment,
// ecomtrade24.EcomTrade24Pay, serves status lookups at /gateway/session_status.php. EcomTrade24 Pay accepts the amount
// as a JSON string or number, the buyer's address as email or customer_email, the API key also in the header X-API-Key,
// and a session without an order ID. It describes the plan in checkout_mode and smart_router. Gateway.Client returns a
// client with the same deployment.
func WithDeployment(d ecomtrade24.Deployment) Option {
	return func(o *options) { o.config.Deployment = d }
}

// WithRequiredEmail makes the gateway reject session requests without a valid email address, as it does for some
// merchants. The error code is valid_customer_email_required, which matches ecomtrade24.ErrCustomerEmailRequired.
func WithRequiredEmail() Option { return func(o *options) { o.config.RequireEmail = true } }

// WithStrict makes the gateway respond 422 to requests that otherwise work but should be avoided, such as a method with
// hosted checkout or an amount below 10.00 USD. By default the gateway accepts them with a warning in Request.Warnings.
func WithStrict() Option { return func(o *options) { o.config.Strict = true } }

// WithDomainSecret signs the webhooks of a domain's sessions with a separate secret, as for a merchant with several
// shops. The default is WebhookSecret for all domains.
func WithDomainSecret(domain, secret string) Option {
	return func(o *options) {
		if o.config.DomainSecrets == nil {
			o.config.DomainSecrets = map[string]string{}
		}
		o.config.DomainSecrets[domain] = secret
	}
}

// WithEventType sets the event type of every webhook. The default is ecomtrade24.EventPaymentSession, which the live
// gateway sends.
func WithEventType(t ecomtrade24.EventType) Option {
	return func(o *options) { o.config.Naming.Type = t }
}

// WithoutPayoutWallet rejects every session request with missing_merchant_payout_wallet, as for a merchant without a
// payout wallet. The error matches ecomtrade24.ErrNoPayoutWallet.
func WithoutPayoutWallet() Option { return func(o *options) { o.config.NoPayoutWallet = true } }

// WithDomains sets the approved domains. The domain in a session request must match one of them exactly. The default is
// merchant-store.example and shop.example.
func WithDomains(domains ...string) Option {
	return func(o *options) {
		if len(domains) > 0 {
			o.config.Domains = slices.Clone(domains)
		}
	}
}

// WithSignatureHeader sets the header of the signature: X-Signature (the default), X-Ecomtrade24-Signature or
// X-Webhook-Signature.
func WithSignatureHeader(name string) Option {
	return func(o *options) { o.config.SignatureHeader = name }
}

// WithSignaturePrefix writes signatures as sha256=HEX. The default is only the lowercase hex digits.
func WithSignaturePrefix() Option { return func(o *options) { o.config.SignaturePrefix = true } }

// WithFirstSessionID sets the ID of the first session. Later sessions count up from it. The default is 12345, so IDs
// repeat from test to test. If your program's database outlives the gateway, set a different ID for each new gateway.
func WithFirstSessionID(id int64) Option { return func(o *options) { o.config.FirstSession = id } }

// WithWebhookPath sets the path of requests to the handler of DeliverToHandler. It must start with a slash. The default
// is /api/webhook.
func WithWebhookPath(path string) Option {
	return func(o *options) { o.webhookPath = cmp.Or(path, o.webhookPath) }
}

// WithRedelivery sets the number of attempts for each webhook, including the first, and the pause before the second.
// The pause doubles after each attempt. The default is 5 attempts and 20 ms.
func WithRedelivery(attempts int, pause time.Duration) Option {
	return func(o *options) { o.config.Attempts, o.config.Backoff = attempts, pause }
}

// WithSeed sets the seed of the random choices of ReorderWebhooks and ScrambleWebhooks. The default is 1, so every run
// is the same.
func WithSeed(seed uint64) Option {
	return func(o *options) { o.config.Seed = cmp.Or(seed, o.config.Seed) }
}
