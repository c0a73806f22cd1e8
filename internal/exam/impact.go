package exam

import "cmp"

// Impact is what a fault costs. A smaller one is worse.
type Impact int

// The impacts, worst first.
const (
	ShipsUnpaid Impact = iota
	ShipsTwice
	TakesBack
	LosesPayment
	HidesPayment
	ChargesTwice
	Miscounts
	StopsShop
	Leaks
	Misleads
	Retries
)

// String is the impact in a sentence.
func (i Impact) String() string {
	return [...]string{
		"Goods ship without payment.",
		"Goods ship twice for one payment.",
		"A paid order becomes unpaid.",
		"A buyer pays and gets nothing.",
		"Money arrives and nobody in the shop notices.",
		"A buyer can pay twice for one order.",
		"What follows from a payment is wrong: stock, balances, receipts or invoice numbers.",
		"The shop stops selling, or stops receiving payments.",
		"Secrets or a buyer's data become visible to others.",
		"A buyer sees something untrue about the payment.",
		"The gateway keeps retrying a webhook that the shop can never accept.",
	}[i]
}

// Title is the failure's impact, or that the scenario could not be played.
func (f *Failure) Title() string {
	if f.Unfit {
		return "Could not be examined:"
	}
	return f.Impact.String()
}

// Worst compares two failures: the worse one comes first.
func Worst(a, b *Failure) int {
	if a.Unfit != b.Unfit {
		if a.Unfit {
			return -1
		}
		return 1
	}
	return cmp.Compare(a.Impact, b.Impact)
}
