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

// leakFaults are about what the log and the responses say.
var leakFaults = ofKind(
	"leaks",
	fault{
		name:   "the settings are logged with the secret",
		source: "https://github.com/ProjectTech4DevAI/kaapi-backend/pull/765",
		found:  "the log contains neither the secret nor the key",
		plant:  func(s *smallShop) { s.log.printf("started: url %s, webhook secret %s", s.url, s.secret) },
	},
	fault{
		name:   "the API key is logged with each purchase",
		source: "https://github.com/gtaylor/paypal-python/issues/23",
		found:  "the log contains neither the secret nor the key",
		plant: func(s *smallShop) {
			s.open = func(ctx context.Context, id string) error {
				s.log.printf("POST %s/gateway/session.php Authorization: Bearer %s", s.url, s.key)
				return s.opens(ctx, id)
			}
		},
	},
	fault{
		name:   "each lookup is logged as a command with its key",
		source: "https://github.com/AuthorizeNet/sdk-node/issues/13",
		found:  "the log contains neither the secret nor the key",
		plant: func(s *smallShop) {
			s.ask = func(ctx context.Context, session string) (message, error) {
				s.log.printf("curl -H 'Authorization: Bearer %s' '%s/gateway/status.php?session_id=%s'", s.key, s.url, session)
				return s.asks(ctx, session)
			}
		},
	},
	fault{
		name:  "the key is logged when a purchase fails",
		found: "the log contains neither the secret nor the key",
		plant: func(s *smallShop) {
			s.open = func(ctx context.Context, id string) error {
				err := s.opens(ctx, id)
				if err != nil {
					s.log.printf("order %s: %v, with %+v", id, err, struct{ URL, Key string }{s.url, s.key})
				}
				return err
			}
		},
	},
	fault{
		name:   "the body of each webhook is logged",
		source: "https://github.com/Adyen/adyen-sapcommercecloud/pull/620",
		found:  "the log contains no webhook body",
		plant:  logsBody(func(s *smallShop, _ *http.Request, body []byte, _ bool) { s.log.printf("webhook: %s", body) }),
	},
	fault{
		name:   "the body of a rejected webhook is logged",
		source: "https://github.com/chobbledotcom/tickets/pull/638",
		found:  "the log contains no webhook body",
		plant: logsBody(func(s *smallShop, _ *http.Request, body []byte, signed bool) {
			if !signed {
				s.log.printf("forged webhook: %s", body)
			}
		}),
	},
	fault{
		name:   "the signature and the first 500 characters of each body are logged",
		source: "https://github.com/profullstack/media-streamer/issues/176",
		found:  "the log contains no webhook body",
		plant: logsBody(func(s *smallShop, r *http.Request, body []byte, _ bool) {
			s.log.printf("webhook: %v %.500s", allSignatures(r), body)
		}),
	},
	fault{
		name:   "the first characters of the secret are logged with a wrong signature",
		source: "https://github.com/airqo-platform/AirQo-api/pull/6619",
		found:  "the log contains neither the secret nor the key",
		plant: logsBody(func(s *smallShop, _ *http.Request, _ []byte, signed bool) {
			if !signed {
				s.log.printf("wrong signature, the secret begins with %.20s", s.secret)
			}
		}),
	},
	fault{
		name:  "the correct signature for a forged webhook is logged",
		found: "the log contains no signature for a forged webhook",
		plant: logsBody(func(s *smallShop, _ *http.Request, body []byte, signed bool) {
			if !signed {
				s.log.printf("wrong signature, expected %s", s.sign(body))
			}
		}),
	},
	fault{
		name:  "the response to a forged webhook contains the correct signature",
		found: "the response to a forged webhook reveals nothing",
		plant: func(s *smallShop) {
			s.serve = func(w http.ResponseWriter, r *http.Request) {
				body, err := readAll(w, r)
				if err == nil && !s.signed(r, body) {
					http.Error(w, "expected signature "+s.sign(body), http.StatusUnauthorized)
					return
				}
				r.Body = io.NopCloser(bytes.NewReader(body))
				s.webhook(w, r)
			}
		},
	},
	fault{
		name:  "the return URL contains the webhook secret as a token",
		found: "a session's URLs and metadata contain no secrets",
		plant: func(s *smallShop) {
			s.sends(func(_ *order, p *ecomtrade24.SessionParams) { p.ReturnURL += "&token=" + url.QueryEscape(s.secret) })
		},
	},
	fault{
		name:  "the metadata contains the API key",
		found: "a session's URLs and metadata contain no secrets",
		plant: func(s *smallShop) {
			s.sends(func(_ *order, p *ecomtrade24.SessionParams) { p.Metadata = map[string]string{"authorization": s.key} })
		},
	},
	fault{
		name:  "a GET of the webhook endpoint shows the settings",
		found: "no response of the webhook endpoint contains secrets",
		plant: func(s *smallShop) {
			s.serve = func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					fmt.Fprintf(w, "ready: url %s, secret %s", s.url, s.secret)
					return
				}
				s.webhook(w, r)
			}
		},
	},
	fault{
		name:  "the error page of an unknown order shows the settings",
		found: "no response of the webhook endpoint contains secrets",
		plant: func(s *smallShop) {
			s.respond = func(w http.ResponseWriter, m message, err error) {
				w.WriteHeader(statusOf(err))
				if errors.Is(err, errUnknownOrder) {
					fmt.Fprintf(w, "no order for %v, with secret %s", m, s.secret)
				}
			}
		},
	},
	fault{
		name:  "the response to each lookup is logged",
		found: "the log contains no lookup response",
		plant: logsLookup(func(bool) bool { return true }),
	},
	fault{
		name:  "the response to a lookup is logged if it cannot be read",
		found: "the log contains no lookup response",
		plant: logsLookup(func(readable bool) bool { return !readable }),
	},
	fault{
		name: "the return page contains the gateway's key",
		source: "https://wp-security.org/vulnerability-database/" +
			"security-advisory-depay-access-control-vulnerabilitycve202412265",
		found: "the return page shows no secrets",
		plant: func(s *smallShop) {
			s.thanks = func(w http.ResponseWriter, r *http.Request) {
				s.page(w, r, "Thank you!")
				fmt.Fprintf(w, "<script>var gateway = {url: %q, key: %q}</script>", s.url, s.key)
			}
		},
	},
)

// logsLookup logs the body of a lookup's response.
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

// logsBody is called with each webhook that arrives.
func logsBody(log func(s *smallShop, r *http.Request, body []byte, signed bool)) func(*smallShop) {
	return func(s *smallShop) {
		s.signed = func(r *http.Request, body []byte) bool {
			signed := s.anySigned(r, body)
			log(s, r, body, signed)
			return signed
		}
	}
}
