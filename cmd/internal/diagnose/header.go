package diagnose

import (
	"encoding/base64"
	"encoding/hex"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

const digestSize = 32 // size of a SHA-256 digest in bytes

// candidate is a digest found in a header, with the mistakes in its format.
type candidate struct {
	header  string
	digest  []byte
	reasons []Reason
	guessed bool // the value might not be a signature at all
}

// read finds the digests in all headers. The result unusable explains the signature headers whose values contain no
// digest.
func read(h http.Header) (candidates []candidate, unusable []Reason) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		right := slices.Contains(webhook.SignatureHeaders(), http.CanonicalHeaderKey(name))
		for _, value := range h[name] {
			for part := range strings.SplitSeq(value, ",") {
				c, why := readValue(name, part, right)
				candidates = append(candidates, halves(name, part, right)...)
				if c != nil {
					if strings.Contains(value, ",") {
						c.reasons = append(c.reasons, severalInOne)
					}
					candidates = append(candidates, *c)
				} else if right && why.Code != "" {
					unusable = append(unusable, why)
				}
			}
		}
	}
	return candidates, unusable
}

// halves splits two concatenated signatures.
func halves(name, value string, right bool) (candidates []candidate) {
	text := strings.ReplaceAll(strings.TrimSpace(value), "sha256=", "")
	if len(text) != 4*digestSize {
		return nil
	}
	for _, half := range []string{text[:2*digestSize], text[2*digestSize:]} {
		if c, _ := readValue(name, half, right); c != nil {
			c.guessed, c.reasons = true, append(c.reasons, joinedValues)
			candidates = append(candidates, *c)
		}
	}
	return candidates
}

// strangePrefix matches the prefixes of other services.
var strangePrefix = regexp.MustCompile(`(?i)^(hmac[-_]?)?(sha-?256|v1|s)\s*[=:]\s*`)

// readValue reads one signature, or returns why the value is not a signature.
func readValue(name, value string, right bool) (*candidate, Reason) {
	c := candidate{header: name}
	if !right {
		c.reasons = append(c.reasons, wrongHeader(name))
	}
	text := strings.TrimSpace(value)
	if text == "" {
		return nil, Reason{}
	}
	if bare := strings.Trim(text, `"'<>`); bare != text {
		c.reasons, text = append(c.reasons, quotedValue), bare
	}
	if digits, ok := strings.CutPrefix(text, "sha256="); ok {
		c.reasons, text = append(c.reasons, prefixed), digits
	}
	if prefix := strangePrefix.FindString(text); prefix != "" {
		c.reasons, text = append(c.reasons, otherPrefix), text[len(prefix):]
	}
	if packed := strings.Join(strings.Fields(text), ""); packed != text {
		c.reasons, text = append(c.reasons, spacesInside), packed
	}
	if digest, err := hex.DecodeString(text); err == nil && len(digest) == digestSize {
		if strings.ToLower(text) != text {
			c.reasons = append(c.reasons, upperCase)
		}
		c.digest = digest
		return &c, Reason{}
	}
	unpadded := strings.NewReplacer("-", "+", "_", "/", "=", "").Replace(text)
	if digest, err := base64.RawStdEncoding.DecodeString(unpadded); err == nil && len(digest) == digestSize {
		c.digest, c.reasons = digest, append(c.reasons, inBase64)
		return &c, Reason{}
	}
	return nil, noDigest(text)
}

// noDigest describes a value that is not a SHA-256 digest.
func noDigest(text string) Reason {
	r := reason("not-a-digest", "the signature is not 64 hex digits",
		"The gateway sends HMAC-SHA256 in hex. Copy the complete value of the header, with nothing around it.")
	if _, err := hex.DecodeString(text); err != nil {
		return r
	}
	switch len(text) {
	case 32:
		r.Text = "the signature has 32 hex digits, like MD5; the gateway's has 64"
	case 40:
		r.Text = "the signature has 40 hex digits, like SHA-1; the gateway's has 64"
	case 96, 128:
		r.Text = "the signature has 96 or 128 hex digits, like SHA-384 and SHA-512; the gateway's has 64"
	}
	return r
}
