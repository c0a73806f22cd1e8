package bench_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/PaddleHQ/paddle-go-sdk/v4"
	"github.com/PaddleHQ/paddle-go-sdk/v4/pkg/paddlenotification"
	"github.com/google/go-github/v89/github"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/webhooks"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85"
	stripehook "github.com/stripe/stripe-go/v85/webhook"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// delivery holds one library's functions for a body that is signed in the library's scheme.
type delivery struct {
	verify func(body []byte) error
	decode func(body []byte) (orderID string, err error) // verifies, then decodes
}

// peer is a library that verifies webhooks with HMAC-SHA256, in its own scheme.
type peer struct {
	name, template string // template is the body's template
	deliver        func(tb testing.TB, body []byte) delivery
}

var peers = []peer{
	{"ecomtrade24", gatewayEvent, deliverSDK},
	{"stripe-go", stripeEvent(stripe.APIVersion), deliverStripe},
	{"openai-go", openAIEvent, deliverOpenAI},
	{"standard-webhooks", gatewayEvent, deliverStandard},
	{"go-github", gatewayEvent, deliverGitHub},
	{"paddle-go-sdk", paddleEvent, deliverPaddle},
}

func deliverSDK(tb testing.TB, body []byte) delivery {
	tb.Helper()
	header := http.Header{
		"Accept": {"*/*"}, "Content-Length": {strconv.Itoa(len(body))}, "Content-Type": {"application/json"},
		"User-Agent": {"EcomTrade24-Gateway"}, "X-Forwarded-For": {"192.0.2.1"},
		"X-Signature": {webhook.Sign(secret, body)},
	}
	v, err := webhook.NewVerifier(secret)
	require.NoError(tb, err)
	return delivery{
		verify: func(body []byte) error { return v.Verify(header, body) },
		decode: func(body []byte) (string, error) {
			ev, err := v.Parse(header, body)
			if err != nil {
				return "", err
			}
			return ev.OrderID, nil
		},
	}
}

func deliverStripe(tb testing.TB, body []byte) delivery {
	tb.Helper()
	header := stripehook.GenerateTestSignedPayload(&stripehook.UnsignedPayload{Payload: body, Secret: secret}).Header
	return delivery{
		verify: func(body []byte) error { return stripehook.ValidatePayload(body, header, secret) },
		decode: func(body []byte) (string, error) {
			ev, err := stripehook.ConstructEvent(body, header, secret)
			if err != nil {
				return "", err
			}
			return ev.GetObjectValue("client_reference_id"), nil
		},
	}
}

// standardHeader signs according to Standard Webhooks, which openai-go follows too.
func standardHeader(tb testing.TB, body []byte) http.Header {
	tb.Helper()
	signer, err := standardwebhooks.NewWebhookRaw([]byte(secret))
	require.NoError(tb, err)
	now := time.Now()
	signature, err := signer.Sign("msg_1", now, body)
	require.NoError(tb, err)
	header := http.Header{}
	header.Set("Webhook-Id", "msg_1")
	header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	header.Set("Webhook-Signature", signature)
	return header
}

func deliverOpenAI(tb testing.TB, body []byte) delivery {
	tb.Helper()
	header := standardHeader(tb, body)
	service := webhooks.NewWebhookService(option.WithWebhookSecret(secret))
	return delivery{
		verify: func(body []byte) error { return service.VerifySignature(body, header) },
		decode: func(body []byte) (string, error) {
			ev, err := service.Unwrap(body, header)
			if err != nil {
				return "", err
			}
			return ev.AsResponseCompleted().Data.ID, nil
		},
	}
}

func deliverStandard(tb testing.TB, body []byte) delivery {
	tb.Helper()
	header := standardHeader(tb, body)
	verifier, err := standardwebhooks.NewWebhookRaw([]byte(secret))
	require.NoError(tb, err)
	verify := func(body []byte) error { return verifier.Verify(body, header) }
	return delivery{verify: verify, decode: thenPlain(verify)}
}

func deliverGitHub(tb testing.TB, body []byte) delivery {
	tb.Helper()
	signature := webhook.Sign(secret, body) // the same scheme with another header
	verify := func(body []byte) error { return github.ValidateSignature(signature, body, []byte(secret)) }
	return delivery{verify: verify, decode: thenPlain(verify)}
}

// thenPlain adds encoding/json to a library that leaves decoding to the caller.
func thenPlain(verify func([]byte) error) func([]byte) (string, error) {
	return func(body []byte) (string, error) {
		if err := verify(body); err != nil {
			return "", err
		}
		return plainDecode(body)
	}
}

// deliverPaddle wraps the body in a request. Paddle's verifier takes a request, reads its body and restores it.
func deliverPaddle(tb testing.TB, body []byte) delivery {
	tb.Helper()
	at := strconv.FormatInt(time.Now().Unix(), 10)
	signature := fmt.Sprintf("ts=%s;h1=%s", at, webhook.Sign(secret, append([]byte(at+":"), body...))[len("sha256="):])
	header := http.Header{"Paddle-Signature": {signature}}
	verifier := paddle.NewWebhookVerifier(secret)
	verify := func(body []byte) error {
		ok, err := verifier.Verify(&http.Request{Header: header, Body: io.NopCloser(bytes.NewReader(body))})
		if err == nil && !ok {
			err = errors.New("bad signature")
		}
		return err
	}
	return delivery{verify: verify, decode: func(body []byte) (string, error) {
		if err := verify(body); err != nil {
			return "", err
		}
		var ev paddlenotification.TransactionPaid
		err := json.Unmarshal(body, &ev)
		return ev.Data.ID, err
	}}
}
