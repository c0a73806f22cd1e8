package inbox

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// fact is what one message says of an order. The inbox keeps each distinct fact once and derives everything else from
// the set of them, so that it does not matter in which order they came. Only a paid fact has more than a rank and a
// session; an empty field was not given.
type fact struct {
	rank          int
	session, txID string
	amount        ecomtrade24.Amount
	currency      string // in ASCII capitals
}

const paidRank = 30

func newFact(p *ecomtrade24.Payment) fact {
	f := fact{rank: p.Status.Rank(), session: p.SessionID}
	if f.rank == paidRank {
		f.txID, f.amount, f.currency = p.TxID, p.Amount, upper(p.Currency)
	}
	return f
}

// upper folds ASCII only: U+017F must not become an S.
func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

// key names the fact within its order. It is a hash, since MySQL has no index over texts of any length.
func (f fact) key() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %q %q %q %q", f.rank, f.session, f.txID, f.amount, f.currency))
	return hex.EncodeToString(sum[:])
}

// equal tells whether both say the same.
func (f fact) equal(g fact) bool {
	return f.rank == g.rank && f.session == g.session && f.txID == g.txID && f.sameSum(g)
}

func (f fact) sameSum(g fact) bool {
	return f.session == g.session && f.currency == g.currency && f.amount.Equal(g.amount)
}

// complete tells whether it is a payment that a merchant can judge: for Settles a session may be required too.
func (f fact) complete() bool { return f.session != "" && f.amount != "" && f.currency != "" }

// agrees tells whether nothing in f contradicts g, so that both may speak of one payment.
func (f fact) agrees(g fact) bool {
	return either(f.session, g.session) && either(f.txID, g.txID) && either(f.currency, g.currency) &&
		(f.amount == "" || g.amount == "" || f.amount.Equal(g.amount))
}

// within tells whether f says nothing that the payment p does not say too.
func (f fact) within(p fact) bool { return f.agrees(p) && (f.txID == "" || f.txID == p.txID) }

func either(a, b string) bool { return a == "" || b == "" || a == b }
