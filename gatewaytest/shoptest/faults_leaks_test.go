package shoptest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// leakFaults are bugs that reveal secrets in the log or in responses.
var leakFaults = []fault{
	bug("the shop logs its settings with the secret",
		"the log contains neither the secret nor the key",
		func(s *smallShop) { s.log.printf("started: url %s, webhook secret %s", s.url, s.secret) }).
		reported("https://github.com/ProjectTech4DevAI/kaapi-backend/pull/765"),
	bug("the shop logs the API key with each purchase",
		"the log contains neither the secret nor the key", func(s *smallShop) {
			s.open = func(ctx context.Context, id string) error {
				s.log.printf("POST %s/gateway/session.php Authorization: Bearer %s", s.url, s.key)
				return s.opens(ctx, id)
			}
		}).reported("https://github.com/gtaylor/paypal-python/issues/23"),
	bug("the shop logs each lookup as a curl command with the API key",
		"the log contains neither the secret nor the key", func(s *smallShop) {
			s.ask = func(ctx context.Context, session string) (message, error) {
				s.log.printf("curl -H 'Authorization: Bearer %s' '%s/gateway/status.php?session_id=%s'", s.key, s.url, session)
				return s.asks(ctx, session)
			}
		}).reported("https://github.com/AuthorizeNet/sdk-node/issues/13"),
	bug("the shop logs the API key when a purchase fails",
		"the log contains neither the secret nor the key", func(s *smallShop) {
			s.open = func(ctx context.Context, id string) error {
				err := s.opens(ctx, id)
				if err != nil {
					s.log.printf("order %s: %v, with %+v", id, err, struct{ URL, Key string }{s.url, s.key})
				}
				return err
			}
		}),
	bug("the shop logs the body of each webhook",
		"the log contains no webhook body",
		logsBody(func(s *smallShop, _ *http.Request, body []byte, _ bool) { s.log.printf("webhook: %s", body) })).
		reported("https://github.com/Adyen/adyen-sapcommercecloud/pull/620"),
	bug("the shop logs the body of a rejected webhook",
		"the log contains no webhook body", logsBody(func(s *smallShop, _ *http.Request, body []byte, signed bool) {
			if !signed {
				s.log.printf("forged webhook: %s", body)
			}
		})).reported("https://github.com/chobbledotcom/tickets/pull/638"),
	bug("the shop logs the signature and the first 500 characters of each body",
		"the log contains no webhook body", logsBody(func(s *smallShop, r *http.Request, body []byte, _ bool) {
			s.log.printf("webhook: %v %.500s", allSignatures(r), body)
		})).reported("https://github.com/profullstack/media-streamer/issues/176"),
	bug("the shop logs the first characters of the secret when a signature is wrong",
		"the log contains neither the secret nor the key",
		logsBody(func(s *smallShop, _ *http.Request, _ []byte, signed bool) {
			if !signed {
				s.log.printf("wrong signature, the secret begins with %.20s", s.secret)
			}
		})).reported("https://github.com/airqo-platform/AirQo-api/pull/6619"),
	bug("the shop logs the correct signature for a forged webhook",
		"the log contains no signature for a forged webhook",
		logsBody(func(s *smallShop, _ *http.Request, body []byte, signed bool) {
			if !signed {
				s.log.printf("wrong signature, expected %s", s.sign(body))
			}
		})),
	bug("the response to a forged webhook contains the correct signature",
		"the response to a forged webhook reveals nothing", func(s *smallShop) {
			s.serve = func(w http.ResponseWriter, r *http.Request) {
				body, err := readAll(w, r)
				if err == nil && !s.signed(r, body) {
					http.Error(w, "expected signature "+s.sign(body), http.StatusUnauthorized)
					return
				}
				r.Body = io.NopCloser(bytes.NewReader(body))
				s.webhook(w, r)
			}
		}),
	bug("the return URL contains the webhook secret as a token",
		"a session's URLs and metadata contain no secrets", func(s *smallShop) {
			s.sends(func(_ *order, p *ecomtrade24.SessionParams) { p.ReturnURL += "&token=" + url.QueryEscape(s.secret) })
		}),
	bug("the session's metadata contains the API key",
		"a session's URLs and metadata contain no secrets", func(s *smallShop) {
			s.sends(func(_ *order, p *ecomtrade24.SessionParams) { p.Metadata = map[string]string{"authorization": s.key} })
		}),
	bug("a GET of the webhook endpoint shows the settings",
		"no response of the webhook endpoint contains secrets", func(s *smallShop) {
			s.serve = func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					fmt.Fprintf(w, "ready: url %s, secret %s", s.url, s.secret)
					return
				}
				s.webhook(w, r)
			}
		}),
	bug("the error page of an unknown order shows the settings",
		"no response of the webhook endpoint contains secrets", func(s *smallShop) {
			s.respond = func(w http.ResponseWriter, m message, err error) {
				w.WriteHeader(statusOf(err))
				if errors.Is(err, errUnknownOrder) {
					fmt.Fprintf(w, "no order for %v, with secret %s", m, s.secret)
				}
			}
		}),
	bug("the shop logs the response to each lookup",
		"the log contains no lookup response", logsLookup(func(bool) bool { return true })),
	bug("the shop logs the response to a lookup if it cannot decode the response",
		"the log contains no lookup response", logsLookup(func(readable bool) bool { return !readable })),
	bug("the return page contains the gateway's key", "the return page shows no secrets", func(s *smallShop) {
		s.thanks = func(w http.ResponseWriter, r *http.Request) {
			s.page(w, r, "Thank you!")
			fmt.Fprintf(w, "<script>var gateway = {url: %q, key: %q}</script>", s.url, s.key)
		}
	}).
		reported("https://wp-security.org/vulnerability-database/" +
			"security-advisory-depay-access-control-vulnerabilitycve202412265"),
}

// logsLookup makes the shop log the body of a lookup response if the given function returns true.
func logsLookup(which func(readable bool) bool) func(*smallShop) {
	return func(s *smallShop) {
		s.ask = func(ctx context.Context, session string) (message, error) {
			_, body, err := s.get(ctx, session)
			if err == nil && which(json.Valid(body)) {
				s.log.printf("lookup of session %s: %s", session, body)
			}
			return s.asks(ctx, session)
		}
	}
}

// logsBody makes the shop invoke the function log for each webhook that arrives.
func logsBody(log func(s *smallShop, r *http.Request, body []byte, signed bool)) func(*smallShop) {
	return func(s *smallShop) {
		s.signed = func(r *http.Request, body []byte) bool {
			signed := s.anySigned(r, body)
			log(s, r, body, signed)
			return signed
		}
	}
}
