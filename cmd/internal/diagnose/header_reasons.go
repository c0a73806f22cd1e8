package diagnose

import "fmt"

// Mistakes in the format of a signature.
//
//nolint:gochecknoglobals // constants
var (
	prefixed = Reason{
		Code: "prefix", Text: "the signature has the prefix sha256=, which not every program expects",
		Fix:      "The SDK accepts both formats. A program that compares bare hex must remove the prefix first.",
		Harmless: true,
	}
	upperCase = Reason{
		Code: "hex-case", Text: "the hex digits are uppercase, but hash functions print lowercase",
		Fix:      "The SDK accepts both. A program that compares text must lowercase the digits first.",
		Harmless: true,
	}
	otherPrefix = Reason{
		Code: "other-prefix", Text: "the signature has a prefix other than sha256= in lowercase without a space",
		Fix: "Send only the hex digits, or sha256= followed by the digits.",
	}
	quotedValue = Reason{
		Code: "quoted-signature", Text: "there are quotation marks or brackets around the signature",
		Fix: "Remove them: the value is only the digits, or sha256= followed by the digits.",
	}
	spacesInside = Reason{
		Code: "space-in-signature", Text: "there is white space inside the signature",
		Fix: "Copy it again as one line without spaces.",
	}
	inBase64 = Reason{
		Code: "base64", Text: "the signature is in base64, but the gateway uses hex",
		Fix: "Write the digest in hex: hash_hmac's default in PHP, digest('hex') in Node, hexdigest() in Python.",
	}
	severalInOne = Reason{
		Code: "several-signatures", Text: "the header contains several values separated by commas",
		Fix:      "The SDK checks each value. A program that compares the entire header must split it first.",
		Harmless: true,
	}
	joinedValues = Reason{
		Code: "joined-signatures", Text: "the header contains two signatures with nothing between them",
		Fix: "Find out what joins two headers of that name: it must put a comma between them.",
	}
	tooMany = Reason{
		Code: "too-many-signatures", Text: "the SDK checks at most eight signatures, and the right one comes later",
		Fix: "Send fewer signatures: one for each secret in use.",
	}
)

func wrongHeader(name string) Reason {
	return Reason{
		Code: "wrong-header",
		Text: fmt.Sprintf("the signature is correct but is in the header %s, where receivers do not look", name),
		Fix:  "The gateway sends X-Signature, X-Ecomtrade24-Signature or X-Webhook-Signature: find out what renamed it.",
	}
}
