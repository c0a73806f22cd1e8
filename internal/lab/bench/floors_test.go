package bench_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// floors lists work that no library can avoid, and the ten lines that a merchant would write by hand. Most floors do
// only part of the work: they only verify, or only decode.
var floors = []peer{
	{"sha256", gatewayEvent, deliverSHA256},
	{"hmac-reset", gatewayEvent, deliverHMAC},
	{"json-valid", gatewayEvent, deliverValid},
	{"wire", gatewayEvent, deliverWire},
	{"json", gatewayEvent, deliverJSON},
	{"hmac-new+json", gatewayEvent, deliverByHand},
	{"hmac+copies", gatewayEvent, deliverCopies},
}

// sink receives results that nothing reads, so that the compiler cannot remove the work.
var sink [sha256.Size]byte

func deliverSHA256(testing.TB, []byte) delivery {
	return delivery{verify: func(body []byte) error {
		sink = sha256.Sum256(body)
		return nil
	}}
}

// deliverHMAC computes only the MAC, and reuses the padded key. It reads no header and compares nothing.
func deliverHMAC(testing.TB, []byte) delivery {
	mac := hmac.New(sha256.New, []byte(secret))
	return delivery{verify: func(body []byte) error {
		mac.Reset()
		mac.Write(body)
		mac.Sum(sink[:0])
		return nil
	}}
}

// deliverValid runs only json.Valid, the first step of every decoder of untrusted bytes.
func deliverValid(testing.TB, []byte) delivery {
	return delivery{decode: func(body []byte) (string, error) {
		if !json.Valid(body) {
			return "", errors.New("not valid")
		}
		return orderID, nil
	}}
}

// deliverWire runs only the SDK's reader: it validates the JSON, reads it, and copies the metadata to a map.
func deliverWire(testing.TB, []byte) delivery {
	return delivery{decode: func(body []byte) (string, error) {
		o, _, err := wire.ParseStorable(make(wire.Object, 0, 16), body)
		if err != nil {
			return "", err
		}
		if len(o.Member("meta").Map()) == 0 {
			return "", errors.New("no metadata")
		}
		id, _ := o.Member("order_id").Text()
		return id, nil
	}}
}

// deliverJSON decodes without verifying.
func deliverJSON(testing.TB, []byte) delivery {
	return delivery{decode: plainDecode}
}

// kept holds the result of deliverCopies, so that the compiler cannot remove it.
var kept *ecomtrade24.Event

// deliverCopies does the work that Parse cannot avoid, without reading JSON. It computes the MAC. It copies the body
// twice: for Raw, and for the strings, which cannot share bytes that a caller may change. It creates an Event with its
// time and a filled map of the right size.
func deliverCopies(tb testing.TB, body []byte) delivery {
	tb.Helper()
	var ev plainEvent
	require.NoError(tb, json.Unmarshal(body, &ev))
	var keys, values [][2]int // start and end offsets
	for key, value := range ev.Metadata {
		at := bytes.Index(body, []byte(`"`+key+`":"`)) + 1
		keys = append(keys, [2]int{at, at + len(key)})
		at += len(key) + len(`":"`)
		values = append(values, [2]int{at, at + len(value)})
	}
	sentAt := bytes.Index(body, []byte("2026-"))
	mac := hmac.New(sha256.New, []byte(secret))
	return delivery{decode: func(body []byte) (string, error) {
		mac.Reset()
		mac.Write(body)
		mac.Sum(sink[:0])
		kept = &ecomtrade24.Event{Raw: bytes.Clone(body)}
		text := string(body)
		kept.Metadata = make(map[string]string, len(keys))
		for i, key := range keys {
			kept.Metadata[text[key[0]:key[1]]] = text[values[i][0]:values[i][1]]
		}
		at, err := time.Parse(time.RFC3339, text[sentAt:sentAt+len(time.RFC3339)])
		kept.SentAt = at.UTC()
		return orderID, err
	}}
}

func deliverByHand(_ testing.TB, body []byte) delivery {
	signature := webhook.Sign(secret, body)[len("sha256="):]
	return delivery{decode: thenPlain(func(body []byte) error {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		got, err := hex.DecodeString(signature)
		if err == nil && subtle.ConstantTimeCompare(got, mac.Sum(nil)) == 0 {
			err = errors.New("bad signature")
		}
		return err
	})}
}
