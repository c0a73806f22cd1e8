package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Verify and Parse return these errors; use errors.Is. They reveal no detail that helps a forger.
var (
	// ErrNoSignature means that none of the three signature headers has a value.
	ErrNoSignature = errors.New("webhook: no signature header")
	// ErrBadSignature means that no signature matches the body under any of the secrets.
	ErrBadSignature = errors.New("webhook: bad signature")
	// ErrMalformed means that the signature is right, but the body is not one JSON object with a status and a session
	// or order ID.
	ErrMalformed = errors.New("webhook: malformed event")
)

// Verifier checks signatures under one secret, or several during a rotation. It is safe for concurrent use. Printing it
// shows no secret. The zero value has no secret and rejects everything: call NewVerifier.
type Verifier struct {
	secrets  []*sync.Pool // pools of *state; only their closures hold the secret
	observer Observer
}

// VerifierOption changes a default of NewVerifier. A nil VerifierOption, a nil observer and an empty previous secret
// mean the default.
type VerifierOption func(*Verifier) error

// WithPreviousSecrets also accepts signatures under older secrets, for a rotation. Empty secrets are ignored, so an
// environment variable can stay unset between rotations. NewVerifier checks nonempty older secrets as it checks the
// current one.
func WithPreviousSecrets(secrets ...string) VerifierOption {
	return func(v *Verifier) error {
		for _, secret := range secrets {
			if secret == "" {
				continue
			}
			if err := v.add(secret); err != nil {
				return fmt.Errorf("previous secret: %w", err)
			}
		}
		return nil
	}
}

// WithParseObserver calls o for each call of Parse. The outcome is verified or rejected. Use this option in a program
// without a Handler, such as a worker that takes deliveries from a queue. A Handler never calls this observer. The
// default is no observer.
func WithParseObserver(o Observer) VerifierOption {
	return func(v *Verifier) error {
		v.observer = o
		return nil
	}
}

// NewVerifier returns a Verifier for the merchant's webhook secret. It rejects an empty secret, since anyone could sign
// with it. It also rejects a secret with which every delivery would fail: one with surrounding white space or quotation
// marks, an invisible character, a placeholder such as ${SECRET}, or, with GODEBUG=fips140=only, fewer than 14 bytes.
// The error says what to do and does not repeat the secret.
func NewVerifier(secret string, opts ...VerifierOption) (*Verifier, error) {
	v := &Verifier{}
	if err := v.add(secret); err != nil {
		return nil, fmt.Errorf("webhook: new verifier: %w", err)
	}
	for _, opt := range opts {
		if opt == nil {
			continue
		}
		if err := opt(v); err != nil {
			return nil, fmt.Errorf("webhook: new verifier: %w", err)
		}
	}
	return v, nil
}

func (v *Verifier) add(secret string) error {
	if err := checkSecret(secret); err != nil {
		return err
	}
	key := []byte(secret)
	v.secrets = append(v.secrets, &sync.Pool{New: func() any { return &state{mac: hmac.New(sha256.New, key)} }})
	return nil
}

// String returns only the type's name, so that no secret is printed.
func (v *Verifier) String() string { return "webhook.Verifier" }

// GoString returns the same as String, so that %#v prints no secret either.
func (v *Verifier) GoString() string { return v.String() }

// Verify returns nil if a signature in h matches body, and otherwise ErrNoSignature or ErrBadSignature. The body must
// be the raw bytes of the request, before any decoding. Verify allocates nothing.
//
// It reads at most eight values from the headers X-Signature, X-Ecomtrade24-Signature and X-Webhook-Signature. One
// header may hold several values, separated by commas. A signature is the body's HMAC-SHA256 in upper- or lower-case
// hex. It may have the prefix "sha256=" and surrounding white space.
func (v *Verifier) Verify(h http.Header, body []byte) error {
	found, err := findSignatures(h)
	if err != nil {
		return err
	}
	return v.verify(found, body)
}

func (v *Verifier) verify(found signatures, body []byte) error {
	for _, pool := range v.secrets {
		s := pool.Get().(*state)
		err := s.verify(found, body)
		pool.Put(s)
		if err == nil {
			return nil
		}
	}
	return ErrBadSignature
}

// Parse verifies body as Verify does and only then decodes it. Errors: ErrNoSignature, ErrBadSignature, or an error
// that wraps ErrMalformed and the reason. Parse copies body, so you may reuse the buffer.
func (v *Verifier) Parse(h http.Header, body []byte) (*ecomtrade24.Event, error) {
	start := time.Now()
	found, err := findSignatures(h)
	var ev *ecomtrade24.Event
	if err == nil {
		ev, err = v.parse(found, body)
	}
	if v.observer == nil {
		return ev, err
	}
	_, end := v.observer(context.Background(), Delivery{Start: start, Event: ev})
	r := Result{Outcome: OutcomeVerified, Err: err}
	if err != nil {
		r.Outcome, r.Reason = OutcomeRejected, reasonOf(err)
	}
	end(r)
	return ev, err
}

func (v *Verifier) parse(found signatures, body []byte) (*ecomtrade24.Event, error) {
	if err := v.verify(found, body); err != nil {
		return nil, err
	}
	var ev ecomtrade24.Event
	if err := ev.UnmarshalJSON(body); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return &ev, nil
}

// Sign returns the value of a signature header for body: "sha256=" and the lower-case hex of its HMAC-SHA256 under
// secret. It is for tests and tools. In production the gateway sends the hex digits without the prefix. Verify accepts
// both.
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return prefix + hex.EncodeToString(mac.Sum(nil))
}
