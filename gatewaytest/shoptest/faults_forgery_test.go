package shoptest_test

import (
	"bytes"
	"net/http"
	"strings"
	"sync/atomic"
)

// forgeryFaults are about who sent the webhook.
var forgeryFaults = ofKind(
	"forgery",
	fault{
		name:   "the shop does not check the signature",
		source: "https://github.com/Carrington-dev/dj-payfast/issues/30",
		found:  "an unsigned webhook is rejected",
		plant:  func(s *smallShop) { s.signed = func(*http.Request, []byte) bool { return true } },
	},
	fault{
		name:   "the shop accepts a webhook without a signature",
		source: "https://www.sentinelone.com/vulnerability-database/cve-2026-0656/",
		found:  "an unsigned webhook is rejected",
		plant: func(s *smallShop) {
			s.signed = func(r *http.Request, body []byte) bool {
				return len(allSignatures(r)) == 0 || s.anySigned(r, body)
			}
		},
	},
	fault{
		name:  "the shop accepts an empty signature",
		found: "an empty signature is rejected",
		also:  []string{"a signature that is only a prefix is rejected"},
		plant: verifies(func(got, want string) bool { return got == "" || got == want }),
	},
	fault{
		name:  "the shop compares only the start of the signature",
		found: "a truncated signature is rejected",
		also:  []string{"an uppercase signature is accepted"},
		plant: verifies(func(got, want string) bool { return got != "" && strings.HasPrefix(want, got) }),
	},
	fault{
		name:  "the shop does not compare the last digits of the signature",
		found: "a signature with a wrong last digit is rejected",
		plant: verifies(func(got, want string) bool { return len(got) == len(want) && got[:60] == want[:60] }),
	},
	fault{
		name:  "the secret is not part of the signature",
		found: "a webhook signed with another secret is rejected",
		also: []string{
			"a webhook signed with an empty secret is rejected",
			"a signature that is not hex is rejected",
			"a status changed after signing is rejected",
			"an amount changed after signing is rejected",
			"an order ID changed after signing is rejected",
			"a test webhook changed into a payment is rejected",
		},
		plant: verifies(func(got, want string) bool { return len(got) == len(want) }),
	},
	fault{
		name:  "the shop accepts any value in a signature header",
		found: "a signature in an unknown header is rejected",
		plant: func(s *smallShop) {
			s.signed = func(r *http.Request, body []byte) bool {
				return r.Header.Get("X-Hub-Signature") != "" || s.anySigned(r, body)
			}
		},
	},
	fault{
		name:  "the shop reads the body before verifying it, and verifies an empty one",
		found: "a signature of an empty body is rejected",
		plant: func(s *smallShop) {
			s.signed = func(r *http.Request, body []byte) bool { return s.anySigned(r, nil) || s.anySigned(r, body) }
		},
	},
	fault{
		name:   "the shop verifies JSON that it decoded and encoded again",
		source: "https://github.com/probot/smee-client/issues/454",
		found:  "the signature is checked over the raw body",
		plant: func(s *smallShop) {
			s.signed = func(r *http.Request, body []byte) bool {
				return s.anySigned(r, bytes.ReplaceAll(body, []byte(`\/`), []byte(`/`)))
			}
		},
	},
	fault{
		name:   "the shop negates the result of the signature check",
		source: "https://www.sentinelone.com/vulnerability-database/cve-2026-0679/",
		found:  "an unsigned webhook is rejected",
		plant: func(s *smallShop) {
			s.signed = func(r *http.Request, body []byte) bool { return !s.anySigned(r, body) }
		},
	},
	fault{
		name:   "the shop does not check the signature of tests",
		source: "https://github.com/laravel/cashier-stripe/pull/194",
		found:  "an unsigned test webhook is rejected",
		plant: func(s *smallShop) {
			s.signed = func(r *http.Request, body []byte) bool {
				return bytes.Contains(body, []byte(`"test":true`)) || s.anySigned(r, body)
			}
		},
	},
	fault{
		name:  "the shop checks no signature if a header claims a local sender",
		found: "an unsigned webhook with a local address in its headers is rejected",
		plant: func(s *smallShop) {
			s.signed = func(r *http.Request, body []byte) bool {
				return r.Header.Get("X-Forwarded-For") == "127.0.0.1" || s.anySigned(r, body)
			}
		},
	},
	fault{
		name:  "only X-Signature is read",
		found: "X-Ecomtrade24-Signature is accepted",
		plant: reads("X-Signature"),
	},
	fault{
		name:  "X-Webhook-Signature is ignored",
		found: "X-Webhook-Signature is accepted",
		plant: reads("X-Signature", "X-Ecomtrade24-Signature"),
	},
	fault{
		name:  "the shop rejects a signature with the prefix sha256=",
		found: "a signature with the prefix sha256= is accepted",
		plant: func(s *smallShop) {
			s.signatures = func(r *http.Request) []string { return r.Header.Values("X-Signature") }
		},
	},
	fault{
		name:  "the shop rejects a signature without the prefix sha256=",
		found: "a signature without a prefix is accepted",
		plant: func(s *smallShop) {
			s.signatures = func(r *http.Request) []string {
				digest, prefixed := strings.CutPrefix(r.Header.Get("X-Signature"), "sha256=")
				if !prefixed {
					return nil
				}
				return []string{digest}
			}
		},
	},
	fault{
		name:  "the shop stops working after a body that is not JSON",
		found: "malformed bodies do not stop the shop",
		plant: func(s *smallShop) {
			var dead atomic.Bool
			s.decode = func(r *http.Request, body []byte) (message, error) {
				m, err := decodeJSON(r, body)
				if err != nil {
					dead.Store(true)
				}
				return m, err
			}
			s.serve = unless(&dead, s.webhook)
		},
	},
	fault{
		name:  "the shop stops working after a body that ends early",
		found: "a half-sent webhook does not block the payment",
		plant: func(s *smallShop) {
			var dead atomic.Bool
			s.read = func(w http.ResponseWriter, r *http.Request) ([]byte, error) {
				body, err := readAll(w, r)
				if err != nil {
					dead.Store(true)
				}
				return body, err
			}
			s.serve = unless(&dead, s.webhook)
		},
	},
	fault{
		name:  "the shop reads only the first chunk of the body",
		found: "a long webhook is accepted",
		also:  []string{"a slowly sent webhook is accepted"},
		plant: func(s *smallShop) {
			s.read = func(_ http.ResponseWriter, r *http.Request) ([]byte, error) {
				b := make([]byte, maxBody)
				n, _ := r.Body.Read(b)
				return b[:n], nil
			}
		},
	},
)

// verifies replaces the comparison of a signature with the right one.
func verifies(same func(got, want string) bool) func(*smallShop) {
	return func(s *smallShop) {
		s.verify = func(signature string, body []byte) bool { return same(signature, s.sign(body)) }
	}
}

// reads looks for a signature in these headers only.
func reads(headers ...string) func(*smallShop) {
	return func(s *smallShop) {
		s.signatures = func(r *http.Request) []string { return signaturesIn(r, headers...) }
	}
}

// unless responds 500 once the shop is dead.
func unless(dead *atomic.Bool, alive http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if dead.Load() {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		alive(w, r)
	}
}
