package gatewaytest

import (
	"cmp"
	"slices"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// Option changes a default of New and Start. A nil Option, and the zero value in any option, mean the default; what
// makes no sense, such as a negative number, is an error of Start and fails the test in New.
type Option func(*options)

type options struct {
	config      sandbox.Config
	inMemory    bool
	webhookPath string
}

// defaultDomains are those that are approved without WithDomains.
func defaultDomains() []string { return []string{"merchant-store.example", "shop.example"} }

// WithInMemory makes a gateway that opens no socket: the clients that Client and HTTPClient return, and deliveries to a
// handler, stay inside the process. The gateway's URL is then https://pay.example, which no other client can reach.
func WithInMemory() Option { return func(o *options) { o.inMemory = true } }

// WithPlan sets the merchant's plan, hosted checkout or Smart Routing. The default is hosted checkout.
func WithPlan(plan ecomtrade24.IntegrationMode) Option {
	return func(o *options) { o.config.Mode = plan }
}

// WithMethods sets the methods that me.php lists, in this order. The default under Smart Routing is card, pix and upi,
// of which pix is not available; under hosted checkout it is none.
func WithMethods(methods ...ecomtrade24.Method) Option {
	return func(o *options) { o.config.Methods = slices.Clone(methods) }
}

// WithMethodsShape sets the JSON form of the method list. The default is ShapeList, or ShapeMap for EcomTrade24Pay.
func WithMethodsShape(s Shape) Option { return func(o *options) { o.config.Shape = sandbox.Shape(s) } }

// Shape is a JSON form of the method list in me.php. The contract leaves the form open, so a client must read them all.
// The zero value is the default of WithMethodsShape.
type Shape int

// The forms that the contract names. The two that hold only IDs leave out the methods that are not available.
const (
	ShapeList         = Shape(sandbox.ShapeList)         // ["card","upi"]
	ShapeFilteredList = Shape(sandbox.ShapeFilteredList) // {"0":"card","2":"upi"}
	ShapeMap          = Shape(sandbox.ShapeMap)          // {"card":{"available":true,"label":"Card"},"upi":{…}}
	ShapeFlags        = Shape(sandbox.ShapeFlags)        // {"card":true,"upi":false,"pix":1}
	ShapeObjects      = Shape(sandbox.ShapeObjects)      // [{"method":"card","available":true},{"id":"upi","available":0}]
)

// WithDeployment plays one of the two deployments; the default is ecomtrade24.FiavexPay. ecomtrade24.EcomTrade24Pay
// answers at /gateway/session_status.php. It takes the amount as a JSON string or number, the buyer's address as email
// or customer_email, the key in X-API-Key too, and a session without an order id. It describes the plan in
// checkout_mode and smart_router. The client that Gateway.Client returns is set up to match.
func WithDeployment(d ecomtrade24.Deployment) Option {
	return func(o *options) { o.config.Deployment = d }
}

// WithRequiredEmail plays a merchant whose route needs the buyer's email address: a session request without a valid one
// is rejected with valid_customer_email_required, which matches ecomtrade24.ErrCustomerEmailRequired.
func WithRequiredEmail() Option { return func(o *options) { o.config.RequireEmail = true } }

// WithStrict rejects with status 422 what the gateway accepts although a shop should not send it: a method on hosted
// checkout, or an amount below 10.00 USD. The default is to accept it with a warning in Request.Warnings.
func WithStrict() Option { return func(o *options) { o.config.Strict = true } }

// WithDomainSecret signs the webhooks of a domain's sessions with a secret of its own, as for a merchant with several
// shops. The default is WebhookSecret for all.
func WithDomainSecret(domain, secret string) Option {
	return func(o *options) {
		if o.config.DomainSecrets == nil {
			o.config.DomainSecrets = map[string]string{}
		}
		o.config.DomainSecrets[domain] = secret
	}
}

// WithEventType names the event of every webhook. The default is ecomtrade24.EventPaymentSession, as the live gateway
// has it.
func WithEventType(t ecomtrade24.EventType) Option {
	return func(o *options) { o.config.Naming.Type = t }
}

// WithoutPayoutWallet plays a merchant who has set no payout wallet: every session request is rejected with
// missing_merchant_payout_wallet, which matches ecomtrade24.ErrNoPayoutWallet.
func WithoutPayoutWallet() Option { return func(o *options) { o.config.NoPayoutWallet = true } }

// WithDomains sets the approved domains, which a session request must name exactly. The default is
// merchant-store.example and shop.example.
func WithDomains(domains ...string) Option {
	return func(o *options) {
		if len(domains) > 0 {
			o.config.Domains = slices.Clone(domains)
		}
	}
}

// WithSignatureHeader sets the header that holds the signature: X-Signature, which is the default,
// X-Ecomtrade24-Signature or X-Webhook-Signature.
func WithSignatureHeader(name string) Option {
	return func(o *options) { o.config.SignatureHeader = name }
}

// WithSignaturePrefix writes signatures as sha256=HEX. The default is the lower-case hex digits alone.
func WithSignaturePrefix() Option { return func(o *options) { o.config.SignaturePrefix = true } }

// WithFirstSessionID sets the ID of the first session, from which the others are counted. The default is 12345, so that
// ids repeat from test to test; a program whose database outlives its gateway needs another start each time.
func WithFirstSessionID(id int64) Option { return func(o *options) { o.config.FirstSession = id } }

// WithWebhookPath sets the path of the requests to the handler of DeliverToHandler. It starts with a slash. The default
// is /api/webhook.
func WithWebhookPath(path string) Option {
	return func(o *options) { o.webhookPath = cmp.Or(path, o.webhookPath) }
}

// WithRedelivery sets the number of attempts for each webhook, the first included, and the pause before the second one,
// which doubles for each attempt after it. The default is 5 attempts and 20 ms.
func WithRedelivery(attempts int, pause time.Duration) Option {
	return func(o *options) { o.config.Attempts, o.config.Backoff = attempts, pause }
}

// WithSeed sets the seed of all random choices of ReorderWebhooks and ScrambleWebhooks. The default is 1, so that each
// run is the same.
func WithSeed(seed uint64) Option {
	return func(o *options) { o.config.Seed = cmp.Or(seed, o.config.Seed) }
}
