package webhook_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// Each benchmark runs beside its floor, the least work that could do, so that benchstat compares the two of one run:
//
//	go test -run '^$' -bench . -count 10 ./webhook | benchstat -col /by -

// benchSizes are, in bytes, a usual delivery, a large one and the largest that a Handler accepts by default.
var benchSizes = []int{350, 4 << 10, 64 << 10}

// benchBody is a paid event of exactly size bytes: the smallest has no metadata, the others are filled with it.
func benchBody(size int) []byte {
	const head = `{"event":"payment.completed","session_id":12345,"order_id":"ORDER-10001","status":"paid",` +
		`"amount":"49.95","currency":"USD","email":"buyer@example.com",` +
		`"txid":"0x7d3c1f0e5b9a48262f6e1c0d9b8a7f6e5d4c","merchant_id":175,"shop_domain":"shop.example",` +
		`"sent_at":"2026-05-23T16:43:11+00:00","provider":"ecomtrade24","test":false`
	body := []byte(head)
	if size > 350 {
		body = append(body, `,"meta":{"note":""`...)
		for i := 0; len(body) < size-220; i++ {
			body = fmt.Appendf(body, `,"note_%d":"%s"`, i, strings.Repeat("x", 80))
		}
		body = append(body, '}')
	}
	const tail = `,"extra":""}`
	room := size - len(body) - len(tail)
	return append(body, tail[:len(tail)-2]+strings.Repeat("x", room)+tail[len(tail)-2:]...)
}

// besideFloor runs floor and sdk for each size.
func besideFloor(b *testing.B, floor, sdk func(b *testing.B, body []byte)) {
	b.Helper()
	for _, size := range benchSizes {
		body := benchBody(size)
		b.Run("size="+strconv.Itoa(size)+"/by=floor", func(b *testing.B) { floor(b, body) })
		b.Run("size="+strconv.Itoa(size)+"/by=sdk", func(b *testing.B) { sdk(b, body) })
	}
}

// usualHeader is the header of a delivery that came through a proxy.
func usualHeader(body []byte) http.Header {
	return http.Header{
		"Accept": {"*/*"}, "Content-Length": {strconv.Itoa(len(body))}, "Content-Type": {"application/json"},
		"User-Agent": {"EcomTrade24-Gateway"}, "X-Forwarded-For": {"192.0.2.1"}, "X-Forwarded-Proto": {"https"},
		"X-Signature": {webhook.Sign(secret, body)},
	}
}

// BenchmarkVerify's floor is the hash alone, with its padded key kept; nothing is looked up or compared.
func BenchmarkVerify(b *testing.B) { besideFloor(b, rawHMAC, verify) }

func rawHMAC(b *testing.B, body []byte) {
	b.Helper()
	mac := hmac.New(sha256.New, []byte(secret))
	sum := make([]byte, 0, sha256.Size)
	b.ReportAllocs()
	for b.Loop() {
		mac.Reset()
		mac.Write(body)
		sum = mac.Sum(sum[:0])
	}
}

func verify(b *testing.B, body []byte) {
	b.Helper()
	v, header := verifier(b), usualHeader(body)
	b.ReportAllocs()
	for b.Loop() {
		if err := v.Verify(header, body); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParse's floor is what a merchant writes in ten lines: a new HMAC, json.Unmarshal, and the body kept.
func BenchmarkParse(b *testing.B) { besideFloor(b, naive, parse) }

// naiveEvent holds what an Event holds, for encoding/json to fill.
type naiveEvent struct {
	Type          string            `json:"event"`
	SessionID     json.Number       `json:"session_id"`
	OrderID       string            `json:"order_id"`
	Status        string            `json:"status"`
	Amount        string            `json:"amount"`
	Currency      string            `json:"currency"`
	CustomerEmail string            `json:"email"`
	TxID          string            `json:"txid"`
	Test          bool              `json:"test"`
	Metadata      map[string]string `json:"meta"`
	MerchantID    json.Number       `json:"merchant_id"`
	ShopDomain    string            `json:"shop_domain"`
	SentAt        time.Time         `json:"sent_at"`
	Raw           json.RawMessage   `json:"-"`
}

func naive(b *testing.B, body []byte) {
	b.Helper()
	header := usualHeader(body)
	b.ReportAllocs()
	for b.Loop() {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		got, err := hex.DecodeString(strings.TrimPrefix(header.Get("X-Signature"), "sha256="))
		if err != nil || !hmac.Equal(got, mac.Sum(nil)) {
			b.Fatal("bad signature")
		}
		ev := &naiveEvent{Raw: bytes.Clone(body)}
		if err := json.Unmarshal(body, ev); err != nil {
			b.Fatal(err)
		}
	}
}

func parse(b *testing.B, body []byte) {
	b.Helper()
	v, header := verifier(b), usualHeader(body)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Parse(header, body); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHandler's floor is a handler that reads the body and drops it, over the same loopback: as many keep-alive
// clients as processors post without a pause.
func BenchmarkHandler(b *testing.B) {
	reads := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	defer reads.Close()
	sdk := httptest.NewServer(webhook.NewHandler(verifier(b), handled))
	defer sdk.Close()
	besideFloor(b, post(reads), post(sdk))
}

func post(server *httptest.Server) func(b *testing.B, body []byte) {
	return func(b *testing.B, body []byte) {
		b.Helper()
		header := usualHeader(body)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				r, err := http.NewRequest(http.MethodPost, server.URL, bytes.NewReader(body))
				if err != nil {
					b.Error(err)
					return
				}
				r.Header = header
				resp, err := server.Client().Do(r)
				if err != nil || resp.StatusCode != http.StatusOK {
					b.Error(resp, err)
					return
				}
				resp.Body.Close()
			}
		})
	}
}
