package doctor

import "fmt"

// Fault names what is wrong.
type Fault string

// The faults of a merchant's endpoint that can be seen from outside.
const (
	Unreachable     Fault = "unreachable"
	WrongPath       Fault = "wrong-path"
	WrongMethod     Fault = "wrong-method"
	Redirects       Fault = "redirects"
	TooLate         Fault = "too-late"
	RateLimited     Fault = "rate-limited"
	Crashes         Fault = "crashes"
	RefusesSigned   Fault = "refuses-signed"
	RefusesTest     Fault = "refuses-test"
	TakesUnsigned   Fault = "takes-unsigned"
	TakesPart       Fault = "takes-part"
	Trims           Fault = "trims"
	TakesForged     Fault = "takes-forged"
	TakesChanged    Fault = "takes-changed"
	Not401          Fault = "not-401"
	Reencodes       Fault = "re-encodes"
	RefusesJSON     Fault = "refuses-json"
	RefusesHeader   Fault = "refuses-header"
	RefusesFormat   Fault = "refuses-format"
	FailsRepetition Fault = "fails-repetition"
	TakesGarbage    Fault = "takes-garbage"
	NoLimit         Fault = "no-limit"
	HighLimit       Fault = "high-limit"
	LengthOnly      Fault = "length-only"
	Not413          Fault = "not-413"
)

// advice is what a fault leads to, and what to do about it.
type advice struct{ means, mend string }

//nolint:gochecknoglobals // a table
var advices = map[Fault]advice{
	Unreachable: {
		"The gateway cannot deliver anything.",
		"Start the shop, and check host and port. If the URL is right, look at firewalls and proxies.",
	},
	WrongPath: {
		"The gateway cannot deliver anything there.",
		"Check the URL's path, with or without a slash at its end.",
	},
	WrongMethod: {
		"The gateway delivers with POST, which the endpoint does not take.",
		"Route POST to the handler. A framework's protection against cross-site requests must leave this path out.",
	},
	Redirects: {
		"The gateway does not follow redirects: no delivery arrives.",
		"Give the gateway the final URL (https, the right host, with or without the slash at its end), and keep " +
			"login and language middleware away from this path.",
	},
	TooLate: {
		"The gateway gives up waiting and delivers again, and the work is done twice.",
		"Store the event and answer at once; do the slow work afterwards.",
	},
	RateLimited: {
		"The gateway sends bursts after an outage, and would be turned away like this.",
		fmt.Sprintf("Exclude this path from the limit, or raise the limit: check sends up to %d deliveries.", MostDeliveries),
	},
	Crashes: {
		"The gateway delivers again and again, and the log fills with errors.",
		"Find the error in the shop's log. Answer 401 to what is not signed and 400 to what cannot be read.",
	},
	RefusesSigned: {
		"No delivery of the gateway is taken: no order is ever paid. Either the secrets differ, or the bytes that " +
			"are verified are not those that came; from outside the two look the same.",
		"Compare the secrets. Then store a delivery with `ecomtrade24 record`, and `ecomtrade24 verify` says why.",
	},
	RefusesTest: {
		"The path is right, and the dashboard's test fails. A delivery about an order that the shop does not know would " +
			"come again and again.",
		"Answer 200 to a test, and to what names no order of yours: keep that for a person to look at.",
	},
	TakesPart: {
		"Only some digits are compared, and those can be tried out: anybody can mark an order as paid.",
		"Compare all 64 digits, in constant time. webhook.NewHandler does.",
	},
	Trims: {
		"A delivery with white space at its beginning or end is refused, and its order stays unpaid.",
		"Verify the raw body, byte for byte: nothing before it may trim it.",
	},
	TakesUnsigned: {
		"Anybody who knows the URL can mark an order as paid.",
		"Answer 401 where none of the three headers holds a signature. webhook.NewHandler does.",
	},
	TakesForged: {
		"Anybody who knows the URL can mark an order as paid.",
		"Compare the signature with the HMAC-SHA256 of the raw body under your own secret, which must not be " +
			"empty. webhook.NewHandler does.",
	},
	TakesChanged: {
		"Whoever has seen one signed delivery can change it: another order, another amount.",
		"Compute the signature over all bytes of the body, not over some of its fields.",
	},
	Not401: {
		"Nothing was taken, so no money is at risk. But the response does not say that the signature is wrong.",
		"Answer 401 to a delivery without a right signature, and check that before anything else.",
	},
	Reencodes: {
		"A delivery whose JSON is written in another way than yours is refused, and its order stays unpaid.",
		"Verify the raw body before decoding it. Never decode, encode again and verify that.",
	},
	RefusesJSON: {
		"A delivery whose JSON is written in another way is refused, and its order stays unpaid.",
		"Its signature was right: decode with a JSON parser, and ignore members that you do not know.",
	},
	RefusesHeader: {
		"Deliveries signed in the other headers are refused, and their orders stay unpaid.",
		"Look into X-Signature, X-Ecomtrade24-Signature and X-Webhook-Signature. webhook.NewHandler does.",
	},
	RefusesFormat: {
		"Deliveries signed in that form are refused, and their orders stay unpaid.",
		"Accept the digits alone and with sha256= before them. webhook.NewHandler does.",
	},
	FailsRepetition: {
		"The gateway repeats deliveries. One that fails is repeated again and again.",
		"Answer 200 to what has been handled before, also when both come at the same time. Package inbox does.",
	},
	TakesGarbage: {
		"A delivery that was cut short counts as received: it does not come again, and its order stays unpaid.",
		"Answer 400 where a signed body cannot be decoded. webhook.NewHandler does.",
	},
	NoLimit: {
		"Anybody can fill the shop's memory.",
		"Stop reading after 64 KiB and answer 413. webhook.NewHandler does; http.MaxBytesReader helps.",
	},
	HighLimit: {
		"The shop reads that much before it checks a signature, and no webhook is so large.",
		"Stop reading after 64 KiB and answer 413.",
	},
	LengthOnly: {
		"Anybody can fill the shop's memory with a body that does not tell its length.",
		"Count what is read and do not trust Content-Length: http.MaxBytesReader does.",
	},
	Not413: {
		"The body was not taken. But the response does not say that it is too large.",
		"Answer 413 to a body of more than 64 KiB, before reading the rest of it.",
	},
}
