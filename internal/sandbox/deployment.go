package sandbox

import (
	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox/php"
)

// deployment is all that the gateway does differently in one of its deployments.
type deployment struct {
	statusPath   string
	required     []string // members of a session request
	emailFields  []string // of the buyer's address in one, the documented one first
	amountNumber bool     // a session's amount may be a JSON number
	keyHeader    string   // that the merchant's key may be in instead of Authorization; "" for none
	shape        Shape    // of me.php's methods, if nothing else is asked for
	me           func(smart bool, methods any) php.Object
}

//nolint:gochecknoglobals // a constant in all but name
var deployments = map[ecomtrade24.Deployment]deployment{
	ecomtrade24.FiavexPay: {
		statusPath: "/gateway/status.php", emailFields: []string{"customer_email"}, shape: ShapeList,
		required: []string{"domain", "amount", "currency", "order_id"},
		me: func(smart bool, methods any) php.Object {
			mode := ecomtrade24.ModeHostedCheckout
			if smart {
				mode = ecomtrade24.ModeSmartRouting
			}
			return php.Object{"ok", true, "integration_mode", string(mode), "methods", methods}
		},
	},
	ecomtrade24.EcomTrade24Pay: {
		statusPath: "/gateway/session_status.php", emailFields: []string{"email", "customer_email"}, amountNumber: true,
		keyHeader: "X-API-Key", shape: ShapeMap, required: []string{"domain", "amount", "currency"},
		me: func(smart bool, methods any) php.Object {
			mode := "hosted_checkout"
			if smart {
				mode = "smart_router"
			}
			router := php.Object{"enabled", smart, "methods", methods}
			return php.Object{"ok", true, "smart_router", router, "checkout_mode", mode}
		},
	},
}
