package diagnose

import "strings"

// The reasons to report when no mistake explains the signature.
//
//nolint:gochecknoglobals // constants, which Go has not for structs
var (
	noSignature = Reason{
		Code: "no-signature", Text: "no header contains a signature",
		Fix: "Check that the request has X-Signature, X-Ecomtrade24-Signature or X-Webhook-Signature, and that no " +
			"proxy removes it.",
	}
	emptyBody = Reason{
		Code: "empty-body", Text: "the body is empty",
		Fix: "Something read the request's body earlier: read it once, verify those bytes, then decode them.",
	}
	noSecret = Reason{
		Code: "no-secret", Text: "the secret is empty",
		Fix: "Set ECOMTRADE24_WEBHOOK_SECRET, or use --secret-file.",
	}
	bodyCut = Reason{
		Code: "body-cut", Text: "the body is truncated: the end of the JSON is missing",
		Fix: "Look for a size limit in a proxy, a log or a database column, and verify the complete body.",
	}
	otherSecretOrBody = Reason{
		Code: "unexplained",
		Text: "no known mistake explains it: the secret is different, or the content of the body was changed",
		Fix: "Compare the secret with the one in the gateway's dashboard, and do not mix sandbox and production. " +
			"Then capture the raw body again with `ecomtrade24 record`, and verify it.",
	}
)

// Mistakes in the secret.
//
//nolint:gochecknoglobals // constants
var (
	secretSpace = Reason{
		Code: "secret-space", Text: "the secret is set here with white space around it, but the signature was made without",
		Fix: "Trim the secret where it is set: look for a newline at the end of a file or a space in a .env line.",
	}
	signedWithSpace = Reason{
		Code: "secret-space", Text: "the signature was made with white space around the secret",
		Fix: "Trim the secret on the sender's side: look for a newline at its end.",
	}
	secretQuotes = Reason{
		Code: "secret-quotes",
		Text: "the secret is set here with quotation marks around it, but the signature was made without",
		Fix:  "Remove the quotation marks: docker --env-file, for example, keeps them.",
	}
	noKey = Reason{
		Code: "no-key", Text: "the signature is a plain SHA-256 of the body, without the secret: anyone can forge it",
		Fix: "Compute HMAC-SHA256 with the secret as its key: hash_hmac in PHP, createHmac in Node, hmac.new in Python.",
	}
	notHMAC = Reason{
		Code: "not-hmac", Text: "the signature is a SHA-256 of the secret and body concatenated, not an HMAC",
		Fix: "Compute HMAC-SHA256 with the secret as its key: hash_hmac in PHP, createHmac in Node, hmac.new in Python.",
	}
	previousSecret = Reason{
		Code: "previous-secret", Text: "it is signed with the previous secret",
		Fix: "While a secret is being replaced, accept both: webhook.WithPreviousSecrets.",
	}
)

// secretRefused turns the error of webhook.NewVerifier about a secret into a reason.
func secretRefused(err error) Reason {
	text, fix, _ := strings.Cut(strings.TrimPrefix(err.Error(), "webhook: new verifier: "), ": ")
	return Reason{Code: "secret-rejected", Text: text, Fix: strings.ToUpper(fix[:1]) + fix[1:] + "."}
}

// Mistakes at the end of the body and in its line endings.
//
//nolint:gochecknoglobals // constants
var (
	newlineAdded = Reason{
		Code: "newline-added", Text: "a line break was added at the end of the body",
		Fix: "Save the body with printf '%s' or an editor that adds no line break; echo and <<< add one.",
	}
	newlineLost = Reason{
		Code: "newline-lost", Text: "the line break at the end of the body was lost",
		Fix: "Verify the received bytes unchanged: $(…) in a shell and trim() in a program remove it.",
	}
	spaceAdded = Reason{
		Code: "space-added", Text: "white space was added around the body",
		Fix: "Verify the received bytes unchanged.",
	}
	bomAdded = Reason{
		Code: "bom-added", Text: "a byte order mark (EF BB BF) was added before the body",
		Fix: "Save the body as UTF-8 without a byte order mark.",
	}
	bomLost = Reason{
		Code: "bom-lost", Text: "the byte order mark (EF BB BF) before the body was removed",
		Fix: "Verify the received bytes unchanged: read the body as bytes, not as text.",
	}
	crlfAdded = Reason{
		Code: "crlf-added", Text: "the line endings were changed from LF to CRLF",
		Fix: "Read and save the body in binary mode; git's autocrlf and Windows editors do this.",
	}
	crlfLost = Reason{
		Code: "crlf-lost", Text: "the line endings were changed from CRLF to LF",
		Fix: "Read and save the body in binary mode.",
	}
	bodyInBase64 = Reason{
		Code: "body-base64", Text: "the body is in base64",
		Fix: "Decode it before verifying: AWS Lambda sets isBase64Encoded for this.",
	}
	bodyZipped = Reason{
		Code: "body-gzip", Text: "the body is compressed with gzip",
		Fix: "Find out what compresses it, and verify the bytes that the gateway sent.",
	}
	quoted = Reason{
		Code: "quoted", Text: "the body is a JSON string that contains the JSON, as a log prints it",
		Fix: "Verify the received bytes unchanged, not a log's copy of them.",
	}
)

const decodeLater = "Verify the raw body before decoding it. Never verify JSON that was decoded and encoded again."

// Mistakes from decoding and encoding the JSON again.
//
//nolint:gochecknoglobals // constants
var (
	spacesAdded = Reason{
		Code: "json-spaced", Text: "the JSON was re-encoded: it was pretty-printed, or spaces were added",
		Fix: decodeLater,
	}
	spacesLost = Reason{
		Code: "json-compacted", Text: "the JSON was re-encoded: white space was removed",
		Fix: decodeLater,
	}
	slashUnescaped = Reason{
		Code: "json-slash-unescaped", Text: `the JSON was re-encoded: \/ became /`,
		Fix: decodeLater,
	}
	slashEscaped = Reason{
		Code: "json-slash-escaped", Text: `the JSON was re-encoded: / became \/`,
		Fix: decodeLater,
	}
	lettersUnescaped = Reason{
		Code: "json-letters-unescaped", Text: `the JSON was re-encoded: escapes such as \u00e9 became characters`,
		Fix: decodeLater,
	}
	lettersEscaped = Reason{
		Code: "json-letters-escaped", Text: `the JSON was re-encoded: characters became escapes such as \u00e9`,
		Fix: decodeLater,
	}
	reordered = Reason{
		Code: "json-reordered", Text: "the JSON was re-encoded: its members are in a different sequence",
		Fix: decodeLater,
	}
)
