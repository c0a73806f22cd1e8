package wire

// Deployment holds everything that differs between the services that run a gateway. The client uses only the names that
// it sends; the fake gateway and the command line use the other fields too. docs/protocol.md says how certain each fact
// is.
type Deployment struct {
	Name             string
	StatusPath       string
	EmailFields      []string // fields for the email address in a session request; the client uses the first one
	Required         []string // required members of a session request
	AmountNumber     bool     // a session's amount may be a JSON number
	KeyHeader        string   // an alternative to Authorization for the key; "" for none
	SignatureHeaders []string // the signature headers seen in webhooks of this deployment
	SignaturePrefix  bool     // a signature may begin with sha256=
	MethodsMap       bool     // me.php writes the methods as a map instead of a list

	// Me returns the members of me.php's response: names and values alternate.
	Me func(smartRouting bool, methods any) []any
}

// Deployments lists all deployments. The first is the default.
//
//nolint:gochecknoglobals // a constant in all but name
var Deployments = []Deployment{
	{
		Name: "fiavexpay", StatusPath: "/gateway/status.php", EmailFields: []string{"customer_email"},
		Required:         []string{"domain", "amount", "currency", "order_id"},
		SignatureHeaders: []string{"X-Signature", "X-Ecomtrade24-Signature", "X-Webhook-Signature"}, SignaturePrefix: true,
		Me: func(smartRouting bool, methods any) []any {
			mode := "hosted_checkout"
			if smartRouting {
				mode = "smart_routing"
			}
			return []any{"ok", true, "integration_mode", mode, "methods", methods}
		},
	},
	{
		Name: "ecomtrade24pay", StatusPath: "/gateway/session_status.php", EmailFields: []string{"email", "customer_email"},
		Required: []string{"domain", "amount", "currency"}, AmountNumber: true, KeyHeader: "X-API-Key", MethodsMap: true,
		SignatureHeaders: []string{"X-Signature", "X-Ecomtrade24-Signature"},
		Me: func(smartRouting bool, methods any) []any {
			mode := "hosted_checkout"
			if smartRouting {
				mode = "smart_router"
			}
			router := []any{"enabled", smartRouting, "methods", methods}
			return []any{"ok", true, "smart_router", router, "checkout_mode", mode}
		},
	},
}

// DeploymentNames returns the names of all deployments, for an error or a help text.
func DeploymentNames() (names []string) {
	for _, d := range Deployments {
		names = append(names, d.Name)
	}
	return names
}

// FindDeployment returns the deployment with this name, or nil.
func FindDeployment(name string) *Deployment {
	for i := range Deployments {
		if Deployments[i].Name == name {
			return &Deployments[i]
		}
	}
	return nil
}
