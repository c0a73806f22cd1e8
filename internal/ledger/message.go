// Package ledger is the code that all inboxes share, for any driver. Read and Decide find what is new in a message.
// Statements is the SQL. Engine.Handle applies an event in a transaction. Engine.Reconcile and Engine.Ask look up
// sessions to recover lost webhooks.
package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
)

// The kinds of change, as package inbox documents them.
const (
	Progress   = "progress"
	Paid       = "paid"
	PaidAgain  = "paid_again"
	Incomplete = "incomplete"
	Unknown    = "unknown"
	Test       = "test"
)

// The ranks at which a session's schedule changes: rankEnded for a session that ended but can still be paid, and
// rankPaid.
//
//nolint:gochecknoglobals // constants in all but name
var (
	rankEnded = ecomtrade24.StatusExpired.Rank()
	rankPaid  = ecomtrade24.StatusPaid.Rank()
)

// RankEnded returns the rank of an ended session as text, for the Expect statement of a Dialect.
func RankEnded() string { return strconv.Itoa(rankEnded) }

// Message holds the content of one webhook or status lookup, normalized for storage: texts with the same meaning are
// equal, and every text fits into an index. An empty text means "not set".
type Message struct {
	Kind                           string // Progress, Paid, Incomplete, Unknown or Test; only Decide returns PaidAgain
	Order, Session                 string
	Rank                           int
	TxID, Amount, Currency, Status string
	Key                            string // the event's Key
}

// Read returns an event's Message.
func Read(ev *ecomtrade24.Event) Message {
	session := ev.SessionID
	if wire.Flaw(session) != "" {
		session = "" // a lookup would not find this ID, and other messages may have the session's proper ID
	}
	m := Message{
		Order: kept(ev.OrderID, longestOrder), Session: kept(session, longestText), Rank: ev.Status.Rank(),
		TxID: kept(ev.TxID, longestText), Amount: kept(string(ev.Amount.Canonical()), longestText),
		Currency: kept(upper(ev.Currency), longestText), Status: string(ev.Status), Key: ev.Key(),
	}
	switch {
	case ev.Test || ev.Status == ecomtrade24.StatusTest:
		m.Kind, m.Rank = Test, 0
	case m.Rank == 0 || ev.OrderID == "":
		m.Kind, m.Rank = Unknown, 0
	case m.Rank < rankPaid:
		m.Kind = Progress
	case m.Session == "" || m.Amount == "" || m.Currency == "":
		m.Kind = Incomplete
	default:
		m.Kind = Paid
	}
	return m
}

// Pays returns 1 if the message marks its order paid, and 0 otherwise.
func (m Message) Pays() int {
	if m.Kind == Paid {
		return 1
	}
	return 0
}

// Ends reports whether the message ends a session without a payment.
func (m Message) Ends() bool { return m.Kind == Progress && m.Rank >= rankEnded }

// Schedules reports whether the message restarts a session's schedule.
func (m Message) Schedules() bool { return m.Ends() || m.Kind == Incomplete }

// The longest texts that are stored unchanged, in bytes.
const (
	longestOrder = 400
	longestText  = 191
)

// kept returns text unchanged if every database can index it. Otherwise it returns the beginning and the hash of the
// text. This replacement is longer than any text that is stored unchanged, so it never equals one.
func kept(text string, longest int) string {
	if len(text) <= longest && utf8.ValidString(text) && !strings.Contains(text, "\x00") {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	beginning := strings.ToValidUTF8(strings.ReplaceAll(text[:min(len(text), longest)], "\x00", "?"), "?")
	beginning += strings.Repeat("?", longest-len(beginning))
	return beginning + hex.EncodeToString(sum[:])
}

// upper changes ASCII letters only: strings.ToUpper would turn U+017F into S.
func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

// fact returns the message's Fact for a row of this kind. Fact identifies the row within its order and session.
func (m Message) fact(kind string) string {
	status := ""
	if m.Rank == 0 {
		status = m.Status
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q", m.Kind, status, m.TxID, m.Amount, m.Currency))
	return kind + hex.EncodeToString(sum[:16])
}

// expected returns the IDs of an expected session as they are stored.
func expected(sessionID, orderID string) (session, order string, err error) {
	switch {
	case sessionID == "" || orderID == "":
		return "", "", errors.New("the session ID and the order ID must not be empty")
	case wire.Flaw(sessionID) != "":
		return "", "", errors.New("the session ID " + wire.Flaw(sessionID))
	case len(sessionID) > longestText:
		return "", "", fmt.Errorf("the session ID must have at most %d bytes", longestText)
	}
	return sessionID, kept(orderID, longestOrder), nil
}
