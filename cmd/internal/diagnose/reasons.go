package diagnose

import (
	"fmt"
	"strings"
)

func reason(code, text, fix string) Reason { return Reason{Code: code, Text: text, Fix: fix} }

func harmless(code, text, fix string) Reason { return Reason{code, text, fix, true} }

func reencoded(code, how string) Reason {
	return reason(code, "the JSON was re-encoded: "+how,
		"Verify the raw body before decoding it. Never verify JSON that was decoded and encoded again.")
}

// All reasons except those whose text depends on the delivery.
//
//nolint:gochecknoglobals // constants: Go has no constant structs
var (
	// The reasons to report when no mistake explains the signature.
	noSignature = reason("no-signature", "no header contains a signature",
		"Check that the request has X-Signature, X-Ecomtrade24-Signature or X-Webhook-Signature, and that no proxy "+
			"removes it.")
	emptyBody = reason("empty-body", "the body is empty",
		"Something read the request's body earlier: read it once, verify those bytes, then decode them.")
	noSecret = reason("no-secret", "the secret is empty", "Set ECOMTRADE24_WEBHOOK_SECRET, or use --secret-file.")
	bodyCut  = reason("body-cut", "the body is truncated: the end of the JSON is missing",
		"Look for a size limit in a proxy, a log or a database column, and verify the complete body.")
	otherSecretOrBody = reason("unexplained",
		"no known mistake explains it: the secret is different, or the content of the body was changed",
		"Compare the secret with the one in the gateway's dashboard, and do not mix sandbox and production. Then "+
			"capture the raw body again with `ecomtrade24 record`, and verify it.")

	// Mistakes in the secret.
	secretSpace = reason("secret-space",
		"the secret is set here with white space around it, but the signature was made without it",
		"Trim the secret where it is set: look for a newline at the end of a file or a space in a .env line.")
	signedWithSpace = reason("secret-space", "the signature was made with white space around the secret",
		"Trim the secret on the sender's side: look for a newline at its end.")
	secretQuotes = reason("secret-quotes",
		"the secret is set here with quotation marks around it, but the signature was made without them",
		"Remove the quotation marks: docker --env-file, for example, keeps them.")
	noKey = reason("no-key", "the signature is a plain SHA-256 of the body, without the secret: anyone can forge it",
		"Compute HMAC-SHA256 with the secret as its key: hash_hmac in PHP, createHmac in Node, hmac.new in Python.")
	notHMAC = reason("not-hmac", "the signature is a SHA-256 of the concatenated secret and body, not an HMAC",
		"Compute HMAC-SHA256 with the secret as its key: hash_hmac in PHP, createHmac in Node, hmac.new in Python.")
	previousSecret = reason("previous-secret", "the webhook is signed with the previous secret",
		"While a secret is being replaced, accept both secrets: see webhook.WithPreviousSecrets.")

	// Mistakes at the end of the body and in its line endings.
	newlineAdded = reason("newline-added", "a line break was added at the end of the body",
		"Save the body with printf '%s' or an editor that adds no line break; echo and <<< add one.")
	newlineLost = reason("newline-lost", "the line break at the end of the body was lost",
		"Verify the received bytes unchanged: $(…) in a shell and trim() in a program remove the line break.")
	spaceAdded = reason("space-added", "white space was added around the body", "Verify the received bytes unchanged.")
	bomAdded   = reason("bom-added", "a byte order mark (EF BB BF) was added before the body",
		"Save the body as UTF-8 without a byte order mark.")
	bomLost = reason("bom-lost", "the byte order mark (EF BB BF) before the body was removed",
		"Verify the received bytes unchanged: read the body as bytes, not as text.")
	crlfAdded = reason("crlf-added", "the line endings were changed from LF to CRLF",
		"Read and save the body in binary mode: git's autocrlf and Windows editors change line endings.")
	crlfLost = reason("crlf-lost", "the line endings were changed from CRLF to LF",
		"Read and save the body in binary mode.")
	bodyInBase64 = reason("body-base64", "the body is in base64",
		"Decode the body before verifying it: AWS Lambda marks it with isBase64Encoded.")
	bodyZipped = reason("body-gzip", "the body is compressed with gzip",
		"Find out what compresses the body, and verify the bytes that the gateway sent.")
	quoted = reason("quoted", "the body is a JSON string that contains the JSON, as a log prints it",
		"Verify the received bytes unchanged, not a log's copy of them.")

	// Mistakes from decoding and encoding the JSON again.
	spacesAdded      = reencoded("json-spaced", "it was pretty-printed, or spaces were added")
	spacesLost       = reencoded("json-compacted", "white space was removed")
	slashUnescaped   = reencoded("json-slash-unescaped", `\/ became /`)
	slashEscaped     = reencoded("json-slash-escaped", `/ became \/`)
	lettersUnescaped = reencoded("json-letters-unescaped", `escapes such as \u00e9 became characters`)
	lettersEscaped   = reencoded("json-letters-escaped", `characters became escapes such as \u00e9`)
	reordered        = reencoded("json-reordered", "its members are in a different sequence")

	// Mistakes in the format of a signature.
	prefixed = harmless("prefix", "the signature has the prefix sha256=, which not every program expects",
		"The SDK accepts both formats. A program that compares bare hex must remove the prefix first.")
	upperCase = harmless("hex-case", "the hex digits are uppercase, but hash functions print lowercase",
		"The SDK accepts both cases. A program that compares text must lowercase the digits first.")
	otherPrefix = reason("other-prefix", "the signature has a prefix other than sha256= in lowercase without a space",
		"Send only the hex digits, or sha256= followed by the digits.")
	quotedValue = reason("quoted-signature", "there are quotation marks or brackets around the signature",
		"Remove them: the value is only the digits, or sha256= followed by the digits.")
	spacesInside = reason("space-in-signature", "there is white space inside the signature",
		"Copy the signature again as one line without spaces.")
	inBase64 = reason("base64", "the signature is in base64, but the gateway uses hex",
		"Write the digest in hex: hash_hmac's default in PHP, digest('hex') in Node, hexdigest() in Python.")
	severalInOne = harmless("several-signatures", "the header contains several values separated by commas",
		"The SDK checks each value. A program that compares the entire header must split it first.")
	joinedValues = reason("joined-signatures", "the header contains two signatures with nothing between them",
		"Find the program that joins two headers of the same name: it must put a comma between the values.")
	tooMany = reason("too-many-signatures", "the SDK checks at most eight signatures, and the correct one comes later",
		"Send fewer signatures: one for each secret in use.")
)

// secretRefused turns webhook.NewVerifier's error about a secret into a reason.
func secretRefused(err error) Reason {
	text, fix, _ := strings.Cut(strings.TrimPrefix(err.Error(), "webhook: new verifier: "), ": ")
	return reason("secret-rejected", text, strings.ToUpper(fix[:1])+fix[1:]+".")
}

func wrongHeader(name string) Reason {
	return reason("wrong-header",
		fmt.Sprintf("the signature is correct but is in the header %s, where receivers do not look", name),
		"The gateway sends X-Signature, X-Ecomtrade24-Signature or X-Webhook-Signature: find out what renamed the header.")
}
