// Package ledger is what the inboxes share, whatever their driver: the rule by which news is told from repetition
// (Read, Decide), the SQL that keeps what was said (Statements), and the way of an event through a transaction
// (Engine).
package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/ecomtrade24/ecomtrade24-go"
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

const (
	rankFinal = 20 // from here on a status is the session's last, but for paid
	rankPaid  = 30
)

// Message is what one webhook or status says, in the form in which it is kept: two texts that mean the same are equal,
// and none is too long for an index. An empty text was not given.
type Message struct {
	Kind                           string // Progress, Paid (PaidAgain is for Decide to tell), Incomplete, Unknown or Test
	Order, Session                 string
	Rank                           int
	TxID, Amount, Currency, Status string
	Key                            string // the event's
}

// Read returns what an event says.
func Read(ev *ecomtrade24.Event) Message {
	m := Message{
		Order: kept(ev.OrderID, longestOrder), Session: kept(ev.SessionID, longestText), Rank: ev.Status.Rank(),
		TxID: kept(ev.TxID, longestText), Amount: kept(plain(string(ev.Amount)), longestText),
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

// Pays is 1 for a message that makes its order a paid one, if it is not, and 0 for the others.
func (m Message) Pays() int {
	if m.Kind == Paid {
		return 1
	}
	return 0
}

// The longest texts that are kept as they are, in bytes.
const (
	longestOrder = 400
	longestText  = 191
)

// kept returns text itself if every database can index it, and otherwise one that stands for it: its beginning and its
// hash. That is longer than any text that is kept as it is, so it stands for nothing else.
func kept(text string, longest int) string {
	if len(text) <= longest && utf8.ValidString(text) && !strings.Contains(text, "\x00") {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	beginning := strings.ToValidUTF8(strings.ReplaceAll(text[:min(len(text), longest)], "\x00", "?"), "?")
	for len(beginning) < longest {
		beginning += "?"
	}
	return beginning + hex.EncodeToString(sum[:])
}

// plain is an amount without the zeros that carry no value, and any other text as it is.
func plain(amount string) string {
	if !ecomtrade24.Amount(amount).Valid() {
		return amount
	}
	whole, fraction, _ := strings.Cut(amount, ".")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if fraction = strings.TrimRight(fraction, "0"); fraction == "" {
		return whole
	}
	return whole + "." + fraction
}

// upper changes ASCII letters only: strings.ToUpper would make an S of U+017F.
func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

// fact names the row of a message within its order and session.
func (m Message) fact(letter string) string {
	status := ""
	if m.Rank == 0 {
		status = m.Status
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q", m.Kind, status, m.TxID, m.Amount, m.Currency))
	return letter + hex.EncodeToString(sum[:16])
}

// expected returns the ids of an expected session as they are kept.
func expected(sessionID, orderID string) (session, order string, err error) {
	switch {
	case sessionID == "" || orderID == "":
		return "", "", errors.New("the session's id and the order's must not be empty")
	case kept(sessionID, longestText) != sessionID:
		return "", "", fmt.Errorf("the session's id is no text of at most %d bytes", longestText)
	}
	return sessionID, kept(orderID, longestOrder), nil
}
