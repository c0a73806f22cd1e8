package main

import (
	"bufio"
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// newMailer returns a mailer for a server that accepts one mail or rejects its recipient. The channel mail receives the
// lines that the mailer sent.
func newMailer(t *testing.T, recipient string) (m *mailer, mail chan string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	mail = make(chan string, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		mail <- converse(conn, recipient)
	}()
	s := &shop{settings: settings{smtpURL: "smtp://" + listener.Addr().String(), mailFrom: "shop@shop.example"}}
	require.NoError(t, s.openMail())
	return &s.mail, mail
}

func converse(conn net.Conn, recipient string) string {
	var said strings.Builder
	data := false
	fmt.Fprint(conn, "220 here\r\n")
	for lines := bufio.NewScanner(conn); lines.Scan() && lines.Text() != "QUIT"; {
		line := lines.Text()
		said.WriteString(line + "\n")
		switch {
		case data && line != ".":
		case line == "DATA":
			data = true
			fmt.Fprint(conn, "354 go on\r\n")
		case strings.HasPrefix(line, "RCPT"):
			fmt.Fprint(conn, recipient+"\r\n")
		default:
			data = false
			fmt.Fprint(conn, "250 yes\r\n")
		}
	}
	fmt.Fprint(conn, "221 bye\r\n")
	return said.String()
}

func receiptOf(to string) letter {
	s := &shop{settings: settings{domain: "shop.example", publicURL: "https://shop.example"}}
	lines := []line{{"mug", "Mug", "14.50", 2}}
	return s.receipt(order{ID: "ORDER-1", Email: to, Amount: "29.00", Currency: "USD", Lines: lines})
}

func TestMailer_smtp(t *testing.T) {
	t.Parallel()
	m, mail := newMailer(t, "250 yes")
	require.NoError(t, m.send(t.Context(), receiptOf(buyer)))
	said := <-mail
	for _, want := range []string{"RCPT TO:<" + buyer + ">", "Message-ID: <ORDER-1.receipt@shop.example>", "29.00 USD"} {
		assert.Contains(t, said, want)
	}
}

// An error is stored with the job and logged, so it must not name the buyer.
func TestMailer_errorsOmitTheBuyer(t *testing.T) {
	t.Parallel()
	m, mail := newMailer(t, "550 no mailbox of "+buyer)
	err := m.send(t.Context(), receiptOf(buyer))
	require.ErrorContains(t, err, "not sent")
	assert.NotContains(t, err.Error(), buyer)
	<-mail
	err = m.send(t.Context(), receiptOf("not an address of "+buyer))
	require.Error(t, err)
	assert.NotContains(t, err.Error(), buyer)
}

// Receipts that cannot be sent appear in the metrics, and /admin can send them again.
func TestReceipts_late(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, map[string]string{"SMTP_URL": "smtp://127.0.0.1:1"}, func(s *store) {
		order, session := s.order()
		s.gateway.Pay(session)
		figures := func() string { return s.asAdmin(http.MethodGet, "/metrics", nil).text }
		require.Contains(s.t, figures(), "storefront_receipts_given_up 0\n")
		s.eventually("late", func() bool { return strings.Contains(figures(), "storefront_receipts_late 1\n") })
		shown := s.asAdmin(http.MethodGet, "/admin", nil).text
		assert.Contains(s.t, shown, "not sent yet; the shop tries again")
		assert.Contains(s.t, shown, order)
		again := regexp.MustCompile(`"/admin/receipts/\d+"`).FindString(shown)
		require.NotEmpty(s.t, again)
		assert.Equal(s.t, "/admin", s.asAdmin(http.MethodPost, strings.Trim(again, `"`), nil).location)
		assert.Equal(s.t, http.StatusNotFound, s.asAdmin(http.MethodPost, "/admin/receipts/0", nil).status)
	})
}

func TestReceipts_givenUp(t *testing.T) {
	t.Parallel()
	s, _, _ := quietShop(t)
	require.NoError(t, s.inTx(t.Context(), func(tx *sql.Tx) error {
		_, err := s.markPaid(t.Context(), tx, "ORDER-1")
		return err
	}))
	_, err := s.db.ExecContext(t.Context(), `UPDATE river_job SET state = 'discarded', finalized_at = CURRENT_TIMESTAMP`)
	require.NoError(t, err)
	assert.InDelta(t, 1, s.countReceipts("discarded"), 0)
	late, err := s.lateReceipts(t.Context())
	require.NoError(t, err)
	require.Len(t, late, 1)
	assert.True(t, late[0].GivenUp)
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
	r.SetPathValue("id", strconv.FormatInt(late[0].JobID, 10))
	s.sendAgain(w, r)
	assert.Equal(t, http.StatusSeeOther, w.Code)
	assert.InDelta(t, 0, s.countReceipts("discarded"), 0)
	w = httptest.NewRecorder()
	s.sendAgain(w, r)
	assert.Equal(t, http.StatusNotFound, w.Code, "the receipt is queued again, and is not sent twice")
}

func TestOpenMail_refuses(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"mail.example", "http://user:password@mail.example", "smtp://", "smtp://user:password@:25", "::",
	} {
		err := (&shop{settings: settings{smtpURL: url}}).openMail()
		require.ErrorContains(t, err, "SMTP_URL must look like", url)
		assert.NotContains(t, strings.ReplaceAll(err.Error(), "smtp://user:password@host", ""), "password")
	}
}
