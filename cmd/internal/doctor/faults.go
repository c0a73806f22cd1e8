package doctor

import "fmt"

// Fault is a problem of a webhook endpoint: its code, the consequence and the fix.
type Fault struct{ code, means, fix string }

func fault(code, means, fix string) Fault { return Fault{code, means, fix} }

// The faults that Endpoint.Check can find in a webhook endpoint.
//
//nolint:gochecknoglobals // constants: Go has no constant structs
var (
	Unreachable = fault("unreachable", "The gateway cannot deliver webhooks.",
		"Start the shop, and check host and port. If the URL is correct, check firewalls and proxies.")
	WrongPath = fault("wrong-path", "The gateway cannot deliver webhooks.",
		"Check the URL's path, and whether it ends with a slash.")
	WrongMethod = fault("wrong-method", "The gateway delivers with POST, which the endpoint does not accept.",
		"Route POST to the handler, and exempt this path from the framework's CSRF protection.")
	Redirects = fault("redirects", "The gateway does not follow redirects: no delivery arrives.",
		"Set the final URL at the gateway (https, the correct host and trailing slash), and keep login and language "+
			"middleware away from this path.")
	TooLate = fault("too-late", "The gateway times out and delivers again, so the work is done twice.",
		"Store the event and respond; do slow work afterwards.")
	RateLimited = fault("rate-limited", "After an outage the gateway sends bursts, and the limit would reject them.",
		fmt.Sprintf("Exempt this path from the limit, or raise the limit: check sends up to %d deliveries.", MostDeliveries))
	Crashes = fault("crashes", "The gateway delivers again and again, and the log fills with errors.",
		"Find the error in the shop's log. Respond 401 to unsigned requests and 400 to unreadable ones.")
	RejectsSigned = fault("rejects-signed",
		"The endpoint accepts no webhook, so no order is ever marked paid. Either the secrets differ, or the shop "+
			"verifies other bytes than it received; check cannot tell which.",
		"Compare the secrets. Then store a delivery with `ecomtrade24 record`, and let `ecomtrade24 verify` explain it.")
	RejectsTest = fault("rejects-test",
		"The path is correct, but the dashboard's test fails. The gateway would keep repeating a webhook for an "+
			"unknown order.",
		"Respond 200 to tests and to unknown orders, and leave those orders to manual review.")
	AcceptsUnsigned = fault("accepts-unsigned", "Anyone who knows the URL can mark an order paid.",
		"Respond 401 if none of the three headers contains a signature. webhook.NewHandler does.")
	AcceptsPart = fault("accepts-part",
		"The shop compares only some digits, which can be guessed: anyone can mark an order paid.",
		"Compare all 64 digits, in constant time. webhook.NewHandler does.")
	Trims = fault("trims", "A webhook with white space at its beginning or end is rejected, and its order stays unpaid.",
		"Verify the raw body, byte for byte: nothing may trim it first.")
	AcceptsForged = fault("accepts-forged", "Anyone who knows the URL can mark an order paid.",
		"Compare the signature with the HMAC-SHA256 of the raw body under your own secret, which must not be empty. "+
			"webhook.NewHandler does.")
	AcceptsChanged = fault("accepts-changed", "Anyone who has seen one signed webhook can change its order or amount.",
		"Compute the signature over all bytes of the body, not over some of its fields.")
	Not401 = fault("not-401", "No money is at risk, but the response does not say that the signature is wrong.",
		"Respond 401 to a wrong or missing signature, and check it before anything else.")
	Reencodes = fault("re-encodes",
		"A webhook whose JSON is formatted differently is rejected, and its order stays unpaid.",
		"Verify the raw body before decoding it. Never verify JSON that was decoded and encoded again.")
	RejectsJSON = fault("rejects-json",
		"A webhook whose JSON is formatted differently is rejected, and its order stays unpaid.",
		"The signature was correct: decode with a JSON parser, and ignore unknown members.")
	RejectsHeader = fault("rejects-header",
		"Webhooks with their signature in another header are rejected, and their orders stay unpaid.",
		"Read X-Signature, X-Ecomtrade24-Signature and X-Webhook-Signature. webhook.NewHandler does.")
	RejectsFormat = fault("rejects-format", "Webhooks signed in that format are rejected, and their orders stay unpaid.",
		"Accept the digits with and without the prefix sha256=. webhook.NewHandler does.")
	FailsRepetition = fault("fails-repetition",
		"The gateway repeats deliveries, and keeps repeating a delivery that fails.",
		"Respond 200 to a webhook that was handled before or is being handled. Package inbox does.")
	AcceptsMalformed = fault("accepts-malformed",
		"A truncated webhook counts as received: the gateway does not repeat it, and its order stays unpaid.",
		"Respond 400 if a signed body cannot be decoded. webhook.NewHandler does.")
	NoLimit = fault("no-limit", "Anyone can fill the shop's memory.",
		"Stop reading after 64 KiB and respond 413. webhook.NewHandler does; http.MaxBytesReader helps.")
	HighLimit = fault("high-limit",
		"The shop reads a body of 65 KiB before it checks the signature, although no webhook is that large.",
		"Stop reading after 64 KiB and respond 413.")
	LengthOnly = fault("length-only", "Anyone can fill the shop's memory with a body that has no Content-Length.",
		"Count the bytes read instead of trusting Content-Length, as http.MaxBytesReader does.")
	Not413 = fault("not-413", "The body was rejected, but the response does not say that the body is too large.",
		"Respond 413 to a body of more than 64 KiB, without reading the rest.")
)
