package shoptest_test

import (
	"bytes"
	"net/http"
	"strings"
	"sync/atomic"
)

// forgeryFaults are bugs in verifying who sent a webhook.
var forgeryFaults = []fault{
	bug("the shop does not check the signature",
		"an unsigned webhook is rejected", trusts(func(*http.Request, []byte) bool { return true })).
		reported("https://github.com/Carrington-dev/dj-payfast/issues/30"),
	bug("the shop accepts a webhook without a signature",
		"an unsigned webhook is rejected",
		trusts(func(r *http.Request, _ []byte) bool { return len(allSignatures(r)) == 0 })).
		reported("https://www.sentinelone.com/vulnerability-database/cve-2026-0656/"),
	bug("the shop accepts an empty signature",
		"an empty signature is rejected", verifies(func(got, want string) bool { return got == "" || got == want })).
		also("a signature that is only a prefix is rejected"),
	bug("the shop compares only the start of the signature",
		"a truncated signature is rejected",
		verifies(func(got, want string) bool { return got != "" && strings.HasPrefix(want, got) })).
		also("an uppercase signature is accepted"),
	bug("the shop does not compare the last digits of the signature",
		"a signature with a wrong last digit is rejected",
		verifies(func(got, want string) bool { return len(got) == len(want) && got[:60] == want[:60] })),
	bug("the shop computes the signature without the secret",
		"a webhook signed with another secret is rejected",
		verifies(func(got, want string) bool { return len(got) == len(want) })).
		also("a webhook signed with an empty secret is rejected",
			"a signature that is not hex is rejected",
			"a webhook whose status was changed after signing is rejected",
			"a webhook whose amount was changed after signing is rejected",
			"a webhook whose order ID was changed after signing is rejected",
			"a test webhook that was changed into a payment after signing is rejected"),
	bug("the shop accepts any value in a signature header",
		"a signature in an unknown header is rejected",
		trusts(func(r *http.Request, _ []byte) bool { return r.Header.Get("X-Hub-Signature") != "" })),
	bug("the shop reads the body before verifying it, so it verifies an empty body",
		"a signature of an empty body is rejected", func(s *smallShop) {
			s.signed = func(r *http.Request, body []byte) bool { return s.anySigned(r, nil) || s.anySigned(r, body) }
		}),
	bug("the shop verifies JSON that it decoded and encoded again",
		"the signature is verified over the raw body",
		verifiesCopy(func(body []byte) []byte { return bytes.ReplaceAll(body, []byte(`\/`), []byte(`/`)) })).
		reported("https://github.com/probot/smee-client/issues/454"),
	bug("the shop negates the result of the signature check", "an unsigned webhook is rejected", func(s *smallShop) {
		s.signed = func(r *http.Request, body []byte) bool { return !s.anySigned(r, body) }
	}).reported("https://www.sentinelone.com/vulnerability-database/cve-2026-0679/"),
	bug("the shop does not check the signature of test webhooks",
		"an unsigned test webhook is rejected",
		trusts(func(_ *http.Request, body []byte) bool { return bytes.Contains(body, []byte(`"test":true`)) })).
		reported("https://github.com/laravel/cashier-stripe/pull/194"),
	bug("the shop does not check the signature if a header claims a local sender",
		"an unsigned webhook with a local address in its headers is rejected",
		trusts(func(r *http.Request, _ []byte) bool { return r.Header.Get("X-Forwarded-For") == "127.0.0.1" })),
	bug("the shop reads signatures only from X-Signature",
		"a signature in X-Ecomtrade24-Signature is accepted", reads("X-Signature")),
	bug("the shop ignores signatures in X-Webhook-Signature",
		"a signature in X-Webhook-Signature is accepted", reads("X-Signature", "X-Ecomtrade24-Signature")),
	bug("the shop rejects a signature with the prefix sha256=",
		"a signature with the prefix sha256= is accepted", func(s *smallShop) {
			s.signatures = func(r *http.Request) []string { return r.Header.Values("X-Signature") }
		}),
	bug("the shop rejects a signature without the prefix sha256=",
		"a signature without a prefix is accepted", func(s *smallShop) {
			s.signatures = func(r *http.Request) []string {
				digest, prefixed := strings.CutPrefix(r.Header.Get("X-Signature"), "sha256=")
				if !prefixed {
					return nil
				}
				return []string{digest}
			}
		}),
	bug("the shop stops working after a body that is not JSON",
		"malformed bodies do not stop the shop", func(s *smallShop) {
			var dead atomic.Bool
			s.decode = func(r *http.Request, body []byte) (message, error) {
				m, err := decodeJSON(r, body)
				if err != nil {
					dead.Store(true)
				}
				return m, err
			}
			s.serve = unless(&dead, s.webhook)
		}),
	bug("the shop stops working after a body that ends early",
		"a half-sent webhook does not block the payment", func(s *smallShop) {
			var dead atomic.Bool
			s.read = func(w http.ResponseWriter, r *http.Request) ([]byte, error) {
				body, err := readAll(w, r)
				if err != nil {
					dead.Store(true)
				}
				return body, err
			}
			s.serve = unless(&dead, s.webhook)
		}),
	bug("the shop reads only the first chunk of the body", "a long webhook is accepted", func(s *smallShop) {
		s.read = func(_ http.ResponseWriter, r *http.Request) ([]byte, error) {
			b := make([]byte, maxBody)
			n, _ := r.Body.Read(b)
			return b[:n], nil
		}
	}).also("a slowly sent webhook is accepted"),
}

// trusts makes the shop accept some webhooks without a correct signature.
func trusts(some func(r *http.Request, body []byte) bool) func(*smallShop) {
	return func(s *smallShop) {
		s.signed = func(r *http.Request, body []byte) bool { return some(r, body) || s.anySigned(r, body) }
	}
}

// verifiesCopy makes the shop check the signature over a changed copy of the body.
func verifiesCopy(change func(body []byte) []byte) func(*smallShop) {
	return func(s *smallShop) {
		s.signed = func(r *http.Request, body []byte) bool { return s.anySigned(r, change(body)) }
	}
}

// verifies makes the shop compare signatures with the function same.
func verifies(same func(got, want string) bool) func(*smallShop) {
	return func(s *smallShop) {
		s.verify = func(signature string, body []byte) bool { return same(signature, s.sign(body)) }
	}
}

// reads makes the shop look for signatures only in these headers.
func reads(headers ...string) func(*smallShop) {
	return func(s *smallShop) {
		s.signatures = func(r *http.Request) []string { return signaturesIn(r, headers...) }
	}
}

// unless returns a handler that responds 500 if dead is true, and otherwise invokes the handler alive.
func unless(dead *atomic.Bool, alive http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if dead.Load() {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		alive(w, r)
	}
}
