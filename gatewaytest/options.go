package gatewaytest

import (
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// Option changes which gateway New and Start make.
type Option func(*options)

type options struct {
	config      sandbox.Config
	inMemory    bool
	webhookPath string
}

// defaultDomains are approved unless WithDomains says otherwise.
func defaultDomains() []string { return []string{"merchant-store.example", "shop.example"} }

// InMemory opens no socket: the client of Client and HTTPClient, and deliveries to a handler, stay inside the process.
// g.URL is https://pay.example then, which nothing else can reach.
func InMemory() Option { return func(o *options) { o.inMemory = true } }

// WithMode sets the merchant's package. The default is hosted checkout.
func WithMode(m ecomtrade24.IntegrationMode) Option { return func(o *options) { o.config.Mode = m } }

// WithMethods sets what me.php lists, in this order. The default under Smart Routing is card and upi, which are
// available, with pix between them, which is not; under hosted checkout it is nothing.
func WithMethods(methods ...ecomtrade24.Method) Option {
	return func(o *options) { o.config.Methods = append([]ecomtrade24.Method{}, methods...) }
}

// WithMethodsShape sets how me.php writes the list. The default is ShapeList, or ShapeMap for EcomTrade24Pay.
func WithMethodsShape(s Shape) Option { return func(o *options) { o.config.Shape = sandbox.Shape(s) } }

// Shape is a JSON form of the method list. The contract leaves it open, so a client must read them all.
type Shape int

// The forms that the contract names. Those of ids alone leave out what is not available.
const (
	ShapeList         = Shape(sandbox.ShapeList)         // ["card","upi"]
	ShapeFilteredList = Shape(sandbox.ShapeFilteredList) // {"0":"card","2":"upi"}
	ShapeMap          = Shape(sandbox.ShapeMap)          // {"card":{"available":true,"label":"Card"},"upi":{…}}
	ShapeFlags        = Shape(sandbox.ShapeFlags)        // {"card":true,"upi":false,"pix":1}
	ShapeObjects      = Shape(sandbox.ShapeObjects)      // [{"method":"card","available":true},{"id":"upi","available":0}]
)

// WithDeployment plays one of the two deployments; the default is ecomtrade24.FiavexPay. EcomTrade24Pay answers at
// /gateway/session_status.php, takes the amount as a JSON string or number, the buyer's address as email or
// customer_email and the key in X-API-Key too, tells of methods in checkout_mode and smart_router, and spells canceled
// with one l. Client follows.
func WithDeployment(d ecomtrade24.Deployment) Option {
	return func(o *options) { o.config.Deployment = d }
}

// RequireCustomerEmail plays a merchant whose route needs the buyer's address: a session request without a valid one is
// refused with valid_customer_email_required, which matches ecomtrade24.ErrCustomerEmailRequired.
func RequireCustomerEmail() Option { return func(o *options) { o.config.RequireEmail = true } }

// WithoutPayoutWallet plays a merchant who has set no payout wallet: every session request is refused with
// missing_merchant_payout_wallet, which matches ecomtrade24.ErrNoPayoutWallet.
func WithoutPayoutWallet() Option { return func(o *options) { o.config.NoPayoutWallet = true } }

// WithDomains sets the approved domains. The default is merchant-store.example and shop.example.
func WithDomains(domains ...string) Option { return func(o *options) { o.config.Domains = domains } }

// WithSignatureHeader sets the header of the signature: X-Signature, the default, X-Ecomtrade24-Signature or
// X-Webhook-Signature.
func WithSignatureHeader(name string) Option {
	return func(o *options) { o.config.SignatureHeader = name }
}

// WithSignaturePrefix signs webhooks as sha256=HEX. The default is the bare lower-case hex digits.
func WithSignaturePrefix() Option { return func(o *options) { o.config.SignaturePrefix = true } }

// WithWebhookPath sets the path that a handler given to DeliverTo is called with. The default is /api/webhook.php.
func WithWebhookPath(path string) Option { return func(o *options) { o.webhookPath = path } }

// WithRedelivery sets how often a webhook is tried in all, and the pause before the second attempt, which doubles for
// each one after. The default is 5 attempts and 20 ms.
func WithRedelivery(attempts int, pause time.Duration) Option {
	return func(o *options) { o.config.Attempts, o.config.Backoff = attempts, pause }
}

// WithSeed sets the seed of everything that Reorder and Chaos leave to chance. The default is 1, so that a run repeats.
func WithSeed(seed uint64) Option { return func(o *options) { o.config.Seed = seed } }
