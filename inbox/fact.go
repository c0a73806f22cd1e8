package inbox

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// fact is what one message says about an order. The inbox keeps each distinct fact once and derives everything else
// from the set of them, so the order in which they come does not matter. Only a paid fact has more than a rank and a
// session. An empty field was not given.
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

// key identifies the fact within its order. It is a hash because MySQL cannot index texts of any length.
func (f fact) key() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %q %q %q %q", f.rank, f.session, f.txID, f.amount, f.currency))
	return hex.EncodeToString(sum[:])
}

// equal tells whether both say the same.
func (f fact) equal(g fact) bool {
	return f.rank == g.rank && f.session == g.session && f.txID == g.txID && f.sameSum(g)
}

// sameSum tells whether both are the same amount and currency in the same session, whatever their transactions.
func (f fact) sameSum(g fact) bool {
	return f.session == g.session && f.currency == g.currency && f.amount.Equal(g.amount)
}

// complete tells whether a merchant can judge the payment with Settles, which may ask for the session too.
func (f fact) complete() bool { return f.session != "" && f.amount != "" && f.currency != "" }

// agrees tells whether nothing in f contradicts g, so that both can be about one payment.
func (f fact) agrees(g fact) bool {
	return compatible(f.session, g.session) && compatible(f.txID, g.txID) && compatible(f.currency, g.currency) &&
		(f.amount == "" || g.amount == "" || f.amount.Equal(g.amount))
}

// within tells whether f can be about the payment p and names no transaction that p does not have.
func (f fact) within(p fact) bool { return f.agrees(p) && (f.txID == "" || f.txID == p.txID) }

// compatible tells whether two texts are equal, or one of them was not given.
func compatible(a, b string) bool { return a == "" || b == "" || a == b }
