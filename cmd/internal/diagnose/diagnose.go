// Package diagnose says why a webhook's signature does not match, as far as the delivery itself gives it away.
package diagnose

import (
	"crypto/hmac"
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// Input is a delivery as somebody has it at hand.
type Input struct {
	Header   http.Header // with the signature, under whatever name
	Body     []byte
	Secret   string   // exactly as it is set, with any white space around it
	Previous []string // secrets that were replaced
}

// Reason is one thing that keeps a signature from matching, or that would keep a stricter program than the SDK from
// accepting it.
type Reason struct {
	Code string `json:"code"`
	Text string `json:"text"`
	Mend string `json:"mend"`
	// Harmless means that the SDK accepts it all the same.
	Harmless bool `json:"harmless,omitempty"`
}

// Result says whether the SDK would accept the delivery under the secret, and why not.
type Result struct {
	Verified bool
	Header   string   // the header whose signature matched, as it is or with Reasons mended; empty if none did
	Reasons  []Reason // all of them hold together; for a verified delivery all are harmless
}

// longest is how many things may have gone wrong together. More of them would be found by chance of effort only.
const longest = 4

// Diagnose does no I/O. It tries every small mistake that is known to change a body, a secret or a header on its way,
// alone and together, and returns the smallest set of mistakes under which the signature is the body's.
func Diagnose(in Input) Result {
	candidates, unusable := read(in.Header)
	result := Result{Verified: verifies(in)}
	best := longest + 1
	secrets := secretVariants(in)
	for _, body := range bodyVariants(in.Body) {
		for _, secret := range secrets {
			if len(body.reasons)+len(secret.reasons) >= best {
				continue
			}
			sum := secret.sign(body.text)
			for _, c := range candidates {
				reasons := join(secret.reasons, body.reasons, c.reasons)
				if cost(reasons) < best && hmac.Equal(c.digest, sum) {
					best = cost(reasons)
					result.Header, result.Reasons = c.header, reasons
				}
			}
		}
	}
	switch {
	case result.Header == "":
		result.Reasons = unexplained(in, candidates, unusable)
	case best == 0 && !result.Verified:
		result.Reasons = append(result.Reasons, tooMany)
	}
	return result
}

// verifies asks the SDK itself.
func verifies(in Input) bool {
	v, err := webhook.NewVerifier(in.Secret)
	return err == nil && v.Verify(in.Header, in.Body) == nil
}

func sign(secret string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return mac.Sum(nil)
}

// cost counts what went wrong; what the SDK accepts counts nothing.
func cost(reasons []Reason) int {
	n := 0
	for _, r := range reasons {
		if !r.Harmless {
			n++
		}
	}
	return n
}

func join(lists ...[]Reason) []Reason {
	var all []Reason
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// unexplained says what is left when no mistake explains the signature.
func unexplained(in Input, candidates []candidate, unusable []Reason) []Reason {
	candidates = slices.DeleteFunc(candidates, func(c candidate) bool { return c.guessed })
	switch {
	case len(candidates) == 0 && len(unusable) > 0:
		return unusable
	case len(candidates) == 0:
		return []Reason{noSignature}
	case len(in.Body) == 0:
		return []Reason{emptyBody}
	case strings.TrimSpace(in.Secret) == "":
		return []Reason{noSecret}
	}
	if _, err := webhook.NewVerifier(in.Secret); err != nil {
		return []Reason{secretRefused(err)}
	}
	if cutShort(in.Body) {
		return []Reason{bodyCut}
	}
	return []Reason{otherSecretOrBody}
}
