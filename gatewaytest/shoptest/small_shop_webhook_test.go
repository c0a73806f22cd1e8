package shoptest_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
)

var (
	errMethod       = errors.New("not a POST")
	errUnread       = errors.New("the body did not arrive")
	errForged       = errors.New("the signature is wrong")
	errMalformed    = errors.New("the body is not a JSON object")
	errTest         = errors.New("a test")
	errUnknownOrder = errors.New("no such order")
)

func (s *smallShop) beginWebhook() {
	s.serve = s.webhook
	s.read = readAll
	s.signed = s.anySigned
	s.signatures = allSignatures
	s.verify = func(signature string, body []byte) bool {
		return hmac.Equal([]byte(strings.ToLower(signature)), []byte(s.sign(body)))
	}
	s.decode = decodeJSON
	s.handle = func(ctx context.Context, m message) error { return s.work(ctx, m) }
	s.respond = func(w http.ResponseWriter, _ message, err error) { w.WriteHeader(statusOf(err)) }

	s.work = s.commits
	s.apply = s.applies
	s.isTest = func(m message) bool { return m.yes("test") || m.text("status") == "test" }
	s.orderID = func(m message) string { return m.text("order_id") }
	s.find = func(t *tables, m message) *order { return t.get(s.orderID(m)) }
	s.overtaken = func(*order, message) bool { return false }
	s.isPaid = func(m message) bool { return m.text("status") == "paid" }
	s.settles = settlesExactly
	s.mismatch = func(o *order, _ message) { o.review = true }
	s.claim = s.claims
	s.ship = ships
}

func (s *smallShop) webhook(w http.ResponseWriter, r *http.Request) {
	m, err := s.accept(w, r)
	if err == nil {
		err = s.handle(r.Context(), m)
	}
	if err != nil {
		s.log.printf("webhook: %v", err)
	} else {
		s.log.printf("webhook: order %.64q is %.64q", m.text("order_id"), m.text("status"))
	}
	s.respond(w, m, err)
}

// accept reads and verifies a webhook, and only then decodes it.
func (s *smallShop) accept(w http.ResponseWriter, r *http.Request) (message, error) {
	if r.Method != http.MethodPost {
		return nil, errMethod
	}
	body, err := s.read(w, r)
	if err != nil {
		return nil, errUnread
	}
	if !s.signed(r, body) {
		return nil, errForged
	}
	return s.decode(r, body)
}

func statusOf(err error) int {
	switch {
	case err == nil, errors.Is(err, errTest), errors.Is(err, errUnknownOrder):
		return http.StatusOK
	case errors.Is(err, errForged):
		return http.StatusUnauthorized
	case errors.Is(err, errMethod):
		return http.StatusMethodNotAllowed
	case errors.Is(err, errUnread), errors.Is(err, errMalformed):
		return http.StatusBadRequest
	}
	return http.StatusInternalServerError
}

const maxBody = 1 << 20

func readAll(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	return io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
}

// anySigned reports whether any of the request's signatures is correct.
func (s *smallShop) anySigned(r *http.Request, body []byte) bool {
	for _, signature := range s.signatures(r) {
		if s.verify(signature, body) {
			return true
		}
	}
	return false
}

var signatureHeaders = []string{"X-Signature", "X-Ecomtrade24-Signature", "X-Webhook-Signature"}

func allSignatures(r *http.Request) []string { return signaturesIn(r, signatureHeaders...) }

// signaturesIn returns the signatures in these headers and removes their prefixes.
func signaturesIn(r *http.Request, headers ...string) (signatures []string) {
	for _, name := range headers {
		for _, value := range r.Header.Values(name) {
			signatures = append(signatures, strings.TrimPrefix(value, "sha256="))
		}
	}
	return signatures
}

// sign returns a body's correct signature.
func (s *smallShop) sign(body []byte) string {
	mac := hmac.New(sha256.New, []byte(s.secret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// commits does all of a message's work in one transaction.
func (s *smallShop) commits(_ context.Context, m message) error {
	return s.disk.tx(func(t *tables) error { return s.apply(t, m) })
}

// applies updates an order according to a message.
func (s *smallShop) applies(t *tables, m message) error {
	if s.isTest(m) {
		return errTest
	}
	o := s.find(t, m)
	if o == nil {
		return errUnknownOrder
	}
	if s.overtaken(o, m) {
		return nil
	}
	if err := t.exec(); err != nil {
		return err
	}
	o.hears(m)
	if !s.isPaid(m) {
		return nil
	}
	if !s.settles(o, m) {
		s.mismatch(o, m)
		return nil
	}
	return s.claim(t, o, m)
}

func settlesExactly(o *order, m message) bool {
	return amountSettles(o, m) && currencySettles(o, m) && ourDomain(m)
}

func amountSettles(o *order, m message) bool { return sameAmount(m.text("amount"), o.amount) }

func currencySettles(o *order, m message) bool { return sameWord(m.text("currency"), o.currency) }

func ourDomain(m message) bool {
	domain := m.text("shop_domain")
	return domain == "" || sameWord(domain, "shop.example")
}

// claims records a payment, unless it was already recorded.
func (s *smallShop) claims(t *tables, o *order, m message) error {
	if o.knows(m.payment()) {
		return nil
	}
	o.payments = append(o.payments, m.payment())
	if o.paid {
		o.review = true // this is a second payment for the order
		return nil
	}
	o.paid = true
	return s.ship(t, o)
}

// ships sends the goods and applies the payment's other effects.
func ships(t *tables, o *order) error {
	if err := t.exec(); err != nil {
		return err
	}
	o.fulfilled++
	o.effect("receipts")
	o.effect("points")
	t.stock--
	t.invoices++
	o.invoice = strconv.Itoa(t.invoices)
	return nil
}

func (o *order) effect(name string) {
	if o.effects == nil {
		o.effects = map[string]int{}
	}
	o.effects[name]++
}
