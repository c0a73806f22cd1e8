package diagnose

import "fmt"

// What can be wrong with how a signature is written.
//
//nolint:gochecknoglobals // constants
var (
	prefixed = Reason{
		Code: "prefix", Text: "it has the prefix sha256=, which not every program expects",
		Mend:     "The SDK takes both forms. A program that compares bare hex has to remove the prefix first.",
		Harmless: true,
	}
	upperCase = Reason{
		Code: "hex-case", Text: "its hex digits are in upper case, and hash functions print lower case",
		Mend:     "The SDK takes both. A program that compares text has to turn the digits into lower case first.",
		Harmless: true,
	}
	otherPrefix = Reason{
		Code: "other-prefix", Text: "it has another prefix than sha256= in lower case without a space",
		Mend: "Send the bare hex digits, or sha256= directly before them.",
	}
	quotedValue = Reason{
		Code: "quoted-signature", Text: "there are quotation marks or brackets around the signature",
		Mend: "Remove them: the value is the digits alone, or sha256= and the digits.",
	}
	spacesInside = Reason{
		Code: "space-in-signature", Text: "there is white space inside the signature",
		Mend: "Copy it again as one line.",
	}
	inBase64 = Reason{
		Code: "base64", Text: "the signature is in base64, and the gateway's is in hex",
		Mend: "Write the digest in hex: hash_hmac's default in PHP, digest('hex') in Node, hexdigest() in Python.",
	}
	severalInOne = Reason{
		Code: "several-signatures", Text: "the header holds several values with commas between them",
		Mend:     "The SDK takes each by itself. A program that compares the whole value has to take it apart first.",
		Harmless: true,
	}
	joinedValues = Reason{
		Code: "joined-signatures", Text: "two signatures stand in the header one after the other, with nothing between them",
		Mend: "See what joins two headers of that name: a comma belongs between them.",
	}
	tooMany = Reason{
		Code: "too-many-signatures", Text: "the SDK looks at eight signatures at most, and the right one comes later",
		Mend: "Send fewer of them: one for each secret that is in use.",
	}
)

func wrongHeader(name string) Reason {
	return Reason{
		Code: "wrong-header",
		Text: fmt.Sprintf("it is the body's signature, but stands in %s, where nobody looks for it", name),
		Mend: "The gateway sends X-Signature, X-Ecomtrade24-Signature or X-Webhook-Signature: see what renamed it.",
	}
}
