package exam

import (
	"regexp"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// apiShape is a variant of the gateway's responses.
type apiShape struct{ name, pattern, replacement string }

// apiShapes returns scenarios in which a buyer must be able to pay with each variant of the gateway's responses.
func apiShapes() []Scenario {
	return advised("Use Client, which reads every variant in docs/protocol.md, or accept all types that PHP may write.",
		bareAlone("every variant of session.php's response is accepted", func(x *exam) {
			for _, shape := range []apiShape{
				{"the session ID as a string", `"session_id":(\d+)`, `"session_id":"$1"`},
				{"no expires_at", `,"expires_at":"[^"]*"`, ``},
				{"a null expires_at", `"expires_at":"[^"]*"`, `"expires_at":null`},
				{"expires_at in RFC 3339", `"expires_at":"([^ "]*) ([^"]*)"`, `"expires_at":"${1}T${2}+00:00"`},
				{"unknown members", `"ok":true`, `"ok":true,"mode":"live","links":[]`},
			} {
				if !x.buysWith(shape) {
					x.fails(StopsShop, "a gateway that writes %s: expected a purchase to work; it failed", shape.name)
				}
			}
		}),
		bareAlone("every variant of me.php's methods is accepted", learnsMethods, restart),
	)
}

// learnsMethods buys with Smart Routing and each variant of me.php's methods.
func learnsMethods(x *exam) {
	mode, before := x.gateway.Plan()
	x.gateway.SetPlan(ecomtrade24.ModeSmartRouting, ecomtrade24.Method{ID: "card", Label: "Card", Available: true})
	const methods = `"methods":(\["card"\]|\{"card":\{[^}]*\}\})`
	sells, wrong := x.learns(apiShape{name: "methods as usual"}), ""
	for _, shape := range []apiShape{
		{"methods as a filtered list", methods, `"methods":{"2":"card"}`},
		{"methods as a map", methods, `"methods":{"card":{"available":true,"label":"Card"},"upi":{"available":false}}`},
		{"methods as flags", methods, `"methods":{"upi":false,"card":1}`},
		{"methods as objects", methods, `"methods":[{"id":"card","name":"Card","available":1},{"method":"upi"}]`},
		{"methods as a list", methods, `"methods":["card"]`},
	} {
		if sells && wrong == "" && !x.learns(shape) {
			wrong = shape.name
		}
	}
	x.gateway.SetPlan(mode, before...)
	x.restarts() // without a restart, the shop may remember the plan
	switch {
	case !sells:
		x.skip("this shop sells nothing while cards are the only method of its plan")
	case wrong != "":
		x.fails(StopsShop, "a gateway that writes %s: expected a purchase to work; it failed", wrong)
	}
}

// learns restarts the shop, since it may remember the plan, and then invokes buysWith.
func (x *exam) learns(shape apiShape) bool {
	x.restarts()
	return x.buysWith(shape)
}

// buysWith buys and pays with a variant of the gateway's responses. It reports whether the purchase worked.
func (x *exam) buysWith(shape apiShape) bool {
	before := len(x.gateway.Sessions())
	if shape.pattern != "" {
		expression := regexp.MustCompile(shape.pattern)
		x.gateway.RewriteResponses(func(body string) string { return expression.ReplaceAllString(body, shape.replacement) })
	}
	err := x.shop.Buy(x.ctx)
	x.gateway.Heal()
	x.note("a buyer buys; the gateway writes %s: %s", shape.name, outcome(err))
	if err != nil || len(x.gateway.Sessions()) == before {
		return false
	}
	p := x.newest("the purchase")
	x.paysOnce(p)
	return true
}
