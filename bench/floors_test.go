package bench_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"testing"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// What no library can beat, and what a merchant writes in ten lines. A floor has only the half that it is a floor of.
var floors = []peer{
	{"sha256", deliverSHA256},
	{"hmac-reset", deliverHMAC},
	{"json-valid", deliverValid},
	{"json", deliverJSON},
	{"hmac-new+json", deliverByHand},
}

// sink keeps the compiler from leaving out work whose result nobody reads.
var sink [sha256.Size]byte

func deliverSHA256(tb testing.TB, size int) delivery {
	tb.Helper()
	return delivery{body: fill(tb, gatewayEvent, size), verify: func(body []byte) error {
		sink = sha256.Sum256(body)
		return nil
	}}
}

// deliverHMAC is the MAC alone, its padded key kept, with nothing looked up and nothing compared.
func deliverHMAC(tb testing.TB, size int) delivery {
	tb.Helper()
	mac := hmac.New(sha256.New, []byte(secret))
	return delivery{body: fill(tb, gatewayEvent, size), verify: func(body []byte) error {
		mac.Reset()
		mac.Write(body)
		mac.Sum(sink[:0])
		return nil
	}}
}

// deliverValid is the standard library's check that a body is JSON, which every decoder of foreign bytes begins with.
func deliverValid(tb testing.TB, size int) delivery {
	tb.Helper()
	return delivery{body: fill(tb, gatewayEvent, size), decode: func(body []byte) (string, error) {
		if !json.Valid(body) {
			return "", errors.New("not valid")
		}
		return orderID, nil
	}}
}

// deliverJSON decodes without having verified anything.
func deliverJSON(tb testing.TB, size int) delivery {
	tb.Helper()
	return delivery{body: fill(tb, gatewayEvent, size), decode: plainDecode}
}

func deliverByHand(tb testing.TB, size int) delivery {
	tb.Helper()
	body := fill(tb, gatewayEvent, size)
	signature := webhook.Sign(secret, body)[len("sha256="):]
	return delivery{body: body, decode: thenPlain(func(body []byte) error {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		got, err := hex.DecodeString(signature)
		if err == nil && subtle.ConstantTimeCompare(got, mac.Sum(nil)) == 0 {
			err = errors.New("bad signature")
		}
		return err
	})}
}
