package diagnose

import "strings"

// What is left when nothing explains the signature.
//
//nolint:gochecknoglobals // constants, which Go has not for structs
var (
	noSignature = Reason{
		Code: "no-signature", Text: "no header holds a signature",
		Mend: "Look for X-Signature, X-Ecomtrade24-Signature or X-Webhook-Signature in the request, and whether a " +
			"proxy removes it.",
	}
	emptyBody = Reason{
		Code: "empty-body", Text: "the body is empty",
		Mend: "Something has read the request's body before: read it once, verify those bytes, then decode them.",
	}
	noSecret = Reason{
		Code: "no-secret", Text: "the secret is empty",
		Mend: "Set ECOMTRADE24_WEBHOOK_SECRET, or give --secret-file.",
	}
	bodyCut = Reason{
		Code: "body-cut", Text: "the body is only the beginning of the JSON: its end is missing",
		Mend: "Look for a limit on the way, in a proxy, a log or a column of a table, and verify the whole body.",
	}
	otherSecretOrBody = Reason{
		Code: "unexplained",
		Text: "no small mistake explains it: the secret is another one, or the body's content was changed",
		Mend: "Compare the secret with the one that the gateway shows, and sandbox with sandbox, production with " +
			"production. Then capture the raw body again, with `ecomtrade24 record`, and verify that.",
	}
)

// What can be wrong with the secret.
//
//nolint:gochecknoglobals // constants
var (
	secretSpace = Reason{
		Code: "secret-space", Text: "the secret has white space around it as it is set here, and was used without",
		Mend: "Trim it where it is set: a newline at the end of a file or a space in a .env line is enough.",
	}
	signedWithSpace = Reason{
		Code: "secret-space", Text: "the signature was made with white space around the secret",
		Mend: "Trim the secret where the sender's is set: look for a newline at its end.",
	}
	secretQuotes = Reason{
		Code: "secret-quotes", Text: "the secret has quotation marks around it as it is set here, and was used without",
		Mend: "Remove the quotation marks: docker --env-file, for one, keeps them.",
	}
	noKey = Reason{
		Code: "no-key", Text: "the signature is a plain SHA-256 of the body, without the secret: anybody can make it",
		Mend: "Compute HMAC-SHA256 with the secret as its key: hash_hmac in PHP, createHmac in Node, hmac.new in Python.",
	}
	notHMAC = Reason{
		Code: "not-hmac", Text: "the signature is a SHA-256 of secret and body put together, which is no HMAC",
		Mend: "Compute HMAC-SHA256 with the secret as its key: hash_hmac in PHP, createHmac in Node, hmac.new in Python.",
	}
	previousSecret = Reason{
		Code: "previous-secret", Text: "it was signed with the previous secret",
		Mend: "While a secret is being replaced, accept both: webhook.WithPreviousSecrets.",
	}
)

// secretRefused is what webhook.NewVerifier says of a secret: what is wrong with it, and what to do.
func secretRefused(err error) Reason {
	text, mend, _ := strings.Cut(strings.TrimPrefix(err.Error(), "webhook: new verifier: "), ": ")
	return Reason{Code: "secret-refused", Text: text, Mend: strings.ToUpper(mend[:1]) + mend[1:] + "."}
}

// What can be wrong with the ends and the line ends of the body.
//
//nolint:gochecknoglobals // constants
var (
	newlineAdded = Reason{
		Code: "newline-added", Text: "a line break was added at the end of the body",
		Mend: "Save the body with printf '%s' or an editor that adds none; echo and <<< add one.",
	}
	newlineLost = Reason{
		Code: "newline-lost", Text: "the line break at the end of the body was lost",
		Mend: "Verify the bytes as they came: $(…) in a shell and trim() in a program remove it.",
	}
	spaceAdded = Reason{
		Code: "space-added", Text: "white space was added around the body",
		Mend: "Verify the bytes as they came.",
	}
	bomAdded = Reason{
		Code: "bom-added", Text: "a byte order mark (EF BB BF) was put before the body",
		Mend: "Save the body as UTF-8 without a byte order mark.",
	}
	bomLost = Reason{
		Code: "bom-lost", Text: "the byte order mark (EF BB BF) before the body was removed",
		Mend: "Verify the bytes as they came: read the body as bytes, not as text.",
	}
	crlfAdded = Reason{
		Code: "crlf-added", Text: "the line ends were changed from LF to CRLF",
		Mend: "Read and save the body in binary mode; git's autocrlf and Windows editors do this.",
	}
	crlfLost = Reason{
		Code: "crlf-lost", Text: "the line ends were changed from CRLF to LF",
		Mend: "Read and save the body in binary mode.",
	}
	bodyInBase64 = Reason{
		Code: "body-base64", Text: "the body is in base64",
		Mend: "Decode it before verifying: AWS Lambda says so with isBase64Encoded.",
	}
	bodyZipped = Reason{
		Code: "body-gzip", Text: "the body is compressed with gzip",
		Mend: "See what compresses it, and verify the bytes as the gateway sent them.",
	}
	quoted = Reason{
		Code: "quoted", Text: "the body is quoted: one JSON string with the JSON inside, as a log prints it",
		Mend: "Verify the bytes as they came, not a log's spelling of them.",
	}
)

const decodeLater = "Verify the raw body before decoding it: never decode, encode again and verify that."

// What can be wrong because the JSON was decoded and encoded again.
//
//nolint:gochecknoglobals // constants
var (
	spacesAdded = Reason{
		Code: "json-spaced", Text: "the JSON was re-encoded: it was pretty-printed, or spaces were added",
		Mend: decodeLater,
	}
	spacesLost = Reason{
		Code: "json-compacted", Text: "the JSON was re-encoded: the white space between its parts was removed",
		Mend: decodeLater,
	}
	slashUnescaped = Reason{
		Code: "json-slash-unescaped", Text: `the JSON was re-encoded: \/ became /`,
		Mend: decodeLater,
	}
	slashEscaped = Reason{
		Code: "json-slash-escaped", Text: `the JSON was re-encoded: / became \/`,
		Mend: decodeLater,
	}
	lettersUnescaped = Reason{
		Code: "json-letters-unescaped", Text: `the JSON was re-encoded: escapes such as \u00e9 became letters`,
		Mend: decodeLater,
	}
	lettersEscaped = Reason{
		Code: "json-letters-escaped", Text: `the JSON was re-encoded: letters became escapes such as \u00e9`,
		Mend: decodeLater,
	}
	reordered = Reason{
		Code: "json-reordered", Text: "the JSON was re-encoded: its members are in another order",
		Mend: decodeLater,
	}
)
