package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Why a delivery is refused. None says more, so that a forger learns nothing.
var (
	// ErrNoSignature: none of the three headers holds a value.
	ErrNoSignature = errors.New("webhook: no signature header")
	// ErrBadSignature: there are signatures, and none is this body's under any of the secrets.
	ErrBadSignature = errors.New("webhook: bad signature")
	// ErrMalformed: the signature is right, but the body is not one JSON object with a status and a session or order id.
	ErrMalformed = errors.New("webhook: malformed event")
)

// Verifier checks signatures under one secret, or several while one is rotated. It is safe for concurrent use, and
// printing it shows no secret.
type Verifier struct {
	secrets []*sync.Pool // of *state; the secret lives in the pools' closures only
}

// VerifierOption changes a default of NewVerifier.
type VerifierOption func(*Verifier) error

// WithPreviousSecrets accepts signatures under older secrets too, while a secret is rotated. An empty one is an error.
func WithPreviousSecrets(secrets ...string) VerifierOption {
	return func(v *Verifier) error {
		for _, secret := range secrets {
			if err := v.add(secret); err != nil {
				return fmt.Errorf("previous secret: %w", err)
			}
		}
		return nil
	}
}

// NewVerifier returns a Verifier for the merchant's webhook secret. An empty secret, or one with white space around
// it, is an error: anybody can sign with the first, and the second is a copying mistake that would refuse every
// delivery.
func NewVerifier(secret string, opts ...VerifierOption) (*Verifier, error) {
	v := &Verifier{}
	if err := v.add(secret); err != nil {
		return nil, fmt.Errorf("webhook: new verifier: %w", err)
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("webhook: new verifier: an option is nil")
		}
		if err := opt(v); err != nil {
			return nil, fmt.Errorf("webhook: new verifier: %w", err)
		}
	}
	return v, nil
}

func (v *Verifier) add(secret string) error {
	switch {
	case strings.TrimSpace(secret) == "":
		return errors.New("the secret is empty: is its environment variable set?")
	case strings.TrimSpace(secret) != secret:
		return errors.New("the secret has white space around it: trim it")
	}
	key := []byte(secret)
	v.secrets = append(v.secrets, &sync.Pool{New: func() any { return &state{mac: hmac.New(sha256.New, key)} }})
	return nil
}

// String names the type and nothing else.
func (v *Verifier) String() string { return "webhook.Verifier" }

// GoString is String, for %#v.
func (v *Verifier) GoString() string { return v.String() }

// Verify returns nil if one of the signatures in h is body's, else ErrNoSignature or ErrBadSignature. body must be
// the raw bytes of the request, before any decoding. All values of the three headers count, up to eight; with or
// without the prefix "sha256=", in either case of hex, with or without white space around. It allocates nothing.
func (v *Verifier) Verify(h http.Header, body []byte) error {
	err := ErrNoSignature
	for _, pool := range v.secrets {
		s := pool.Get().(*state)
		err = s.verify(h, body)
		pool.Put(s)
		if err == nil {
			return nil
		}
	}
	return err
}

// Parse verifies, and only then decodes. Errors: ErrNoSignature, ErrBadSignature, or ErrMalformed with the reason.
// body is copied, so the event stays valid when the buffer is used again.
func (v *Verifier) Parse(h http.Header, body []byte) (*ecomtrade24.Event, error) {
	if err := v.Verify(h, body); err != nil {
		return nil, err
	}
	var ev ecomtrade24.Event
	if err := ev.UnmarshalJSON(body); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return &ev, nil
}

// Sign returns the value of a signature header for body: "sha256=" and lower-case hex. Verify takes it; a gateway in
// production sends the hex digits alone. It is for tests and tools.
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return prefix + hex.EncodeToString(mac.Sum(nil))
}
