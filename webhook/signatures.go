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

// SignatureHeaders returns the names of the headers that may contain a webhook's signature, in canonical spelling.
func SignatureHeaders() []string { return slices.Clone(headers[:]) }

//nolint:gochecknoglobals // constant
var headers = [...]string{"X-Signature", "X-Ecomtrade24-Signature", "X-Webhook-Signature"}

// state is the working memory of one verification. States are pooled, so that the MAC's padded key is computed only
// once and the scratch space is reused.
type state struct {
	mac  hash.Hash
	sum  [sha256.Size]byte
	text [hexSize]byte
	got  [sha256.Size]byte
}

// verify compares the body's MAC with each signature in constant time.
func (s *state) verify(found signatures, body []byte) error {
	s.mac.Reset()
	s.mac.Write(body)
	s.mac.Sum(s.sum[:0])
	for _, digest := range found.digests[:found.n] {
		if s.equals(digest) {
			return nil
		}
	}
	return ErrBadSignature
}

func (s *state) equals(digest string) bool {
	copy(s.text[:], digest)
	_, err := hex.Decode(s.got[:], s.text[:])
	return err == nil && subtle.ConstantTimeCompare(s.got[:], s.sum[:]) == 1
}

// signatures holds the header values that are as long as a signature, without their prefix. The array keeps them off
// the heap.
type signatures struct {
	digests [maxCandidates]string
	n       int
}

// findSignatures reads the first eight values of the three headers. If no value has the right length, it returns an
// error before the body is read.
func findSignatures(h http.Header) (signatures, error) {
	var found signatures
	err := ErrNoSignature
	for value := range values(h) {
		err = ErrBadSignature
		if digest := strings.TrimPrefix(value, prefix); len(digest) == hexSize {
			found.digests[found.n] = digest
			found.n++
		}
	}
	if found.n > 0 {
		return found, nil
	}
	return found, err
}

// values yields the first eight nonblank values of the three headers. Headers with canonical names come first. Other
// spellings of the names follow; they occur only in an http.Header that net/http did not build.
func values(h http.Header) iter.Seq[string] {
	return func(yield func(string) bool) {
		left := maxCandidates
		offer := func(lines []string) bool {
			for _, line := range lines {
				for value := range strings.SplitSeq(line, ",") { // a proxy may have joined several values
					value = strings.TrimSpace(value)
					if value == "" {
						continue
					}
					if left == 0 || !yield(value) {
						return false
					}
					left--
				}
			}
			return true
		}
		for _, name := range headers {
			if !offer(h[name]) {
				return
			}
		}
		for name, lines := range h {
			if inOtherSpelling(name) && !offer(lines) {
				return
			}
		}
	}
}

// inOtherSpelling reports whether name is a signature header in another letter case. Comparing the length in bytes
// excludes non-ASCII letters that EqualFold treats as equal to ASCII letters.
func inOtherSpelling(name string) bool {
	return slices.ContainsFunc(headers[:], func(header string) bool {
		return len(name) == len(header) && name != header && strings.EqualFold(name, header)
	})
}
