// Package diagnose finds out why a webhook's signature does not match.
package diagnose

import (
	"crypto/hmac"
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// Input is a received webhook.
type Input struct {
	Header   http.Header // contains the signature, under any header name
	Body     []byte
	Secret   string   // exactly as configured, including white space around it
	Previous []string // earlier secrets, since replaced
}

// Reason is one mistake that keeps a signature from matching, or that a stricter program than the SDK would reject.
type Reason struct {
	Code string `json:"code"`
	Text string `json:"text"`
	Fix  string `json:"fix"`
	// Harmless means that the SDK tolerates this mistake.
	Harmless bool `json:"harmless,omitempty"`
}

// Result reports whether the SDK would accept the delivery with this secret, and if not, why.
type Result struct {
	Verified bool
	Header   string   // the header whose signature matches, once the mistakes in Reasons are undone; or empty
	Reasons  []Reason // every mistake found; if Verified, all of them are harmless
}

// longest limits how many mistakes are combined. Trying more takes too long.
const longest = 4

// Diagnose tries the known small mistakes in a body, a secret or a header, alone and combined. It returns the smallest
// set of mistakes that explains the signature. It does no I/O.
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
			sum := secret.sum(secret.text, body.text)
			for _, c := range candidates {
				reasons := slices.Concat(secret.reasons, body.reasons, c.reasons)
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

// verifies reports whether the SDK accepts the webhook.
func verifies(in Input) bool {
	v, err := webhook.NewVerifier(in.Secret)
	return err == nil && v.Verify(in.Header, in.Body) == nil
}

func sign(secret string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return mac.Sum(nil)
}

// cost counts the mistakes that the SDK rejects.
func cost(reasons []Reason) int {
	n := 0
	for _, r := range reasons {
		if !r.Harmless {
			n++
		}
	}
	return n
}

// unexplained returns the reasons to report when no mistake explains the signature.
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
