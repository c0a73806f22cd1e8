package webhook

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"iter"
	"net/http"
	"slices"
	"strings"
)

const (
	prefix        = "sha256="
	hexSize       = 2 * sha256.Size
	maxCandidates = 8
)

// SignatureHeaders returns the names of the headers that may hold a webhook's signature, in canonical spelling.
func SignatureHeaders() []string { return slices.Clone(headers[:]) }

//nolint:gochecknoglobals // constant
var headers = [...]string{"X-Signature", "X-Ecomtrade24-Signature", "X-Webhook-Signature"}

// state is what one verification needs. It is pooled, so that the MAC's padded key is computed once and the scratch
// space is not allocated on every call.
type state struct {
	mac  hash.Hash
	sum  [sha256.Size]byte
	text [hexSize]byte
	got  [sha256.Size]byte
}

// verify computes the MAC once, as soon as a signature has the right length, and compares each such signature with it
// in constant time.
func (s *state) verify(h http.Header, body []byte) error {
	err, summed := ErrNoSignature, false
	for digest := range signatures(h) {
		err = ErrBadSignature
		if len(digest) != hexSize {
			continue
		}
		if !summed {
			s.mac.Reset()
			s.mac.Write(body)
			s.mac.Sum(s.sum[:0])
			summed = true
		}
		if s.equals(digest) {
			return nil
		}
	}
	return err
}

func (s *state) equals(digest string) bool {
	copy(s.text[:], digest)
	_, err := hex.Decode(s.got[:], s.text[:])
	return err == nil && subtle.ConstantTimeCompare(s.got[:], s.sum[:]) == 1
}

// plausible returns nil if a signature in h has the right length, so that the body is worth reading.
func plausible(h http.Header) error {
	err := ErrNoSignature
	for digest := range signatures(h) {
		if len(digest) == hexSize {
			return nil
		}
		err = ErrBadSignature
	}
	return err
}

// signatures yields the first eight values of the three headers that are not blank, without their prefix and whatever
// their shape. A proxy may have joined several values with commas. Values under the canonical names come first, then
// those under any other spelling, which occur in headers that did not come through net/http.
func signatures(h http.Header) iter.Seq[string] {
	return func(yield func(string) bool) {
		left := maxCandidates
		offer := func(joined string) bool {
			for more := true; more; {
				var value string
				value, joined, more = strings.Cut(joined, ",")
				value = strings.TrimSpace(value)
				if value == "" {
					continue
				}
				if left == 0 || !yield(strings.TrimPrefix(value, prefix)) {
					return false
				}
				left--
			}
			return true
		}
		for _, name := range headers {
			for _, joined := range h[name] {
				if !offer(joined) {
					return
				}
			}
		}
		for name, values := range h {
			if !inOtherSpelling(name) {
				continue
			}
			for _, joined := range values {
				if !offer(joined) {
					return
				}
			}
		}
	}
}

// inOtherSpelling reports whether name is one of the headers in another case. The same length in bytes leaves out the
// letters beyond ASCII that EqualFold takes for an ASCII one.
func inOtherSpelling(name string) bool {
	return slices.ContainsFunc(headers[:], func(header string) bool {
		return len(name) == len(header) && name != header && strings.EqualFold(name, header)
	})
}
