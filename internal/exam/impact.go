package exam

import "cmp"

// Impact ranks what a failure costs the merchant. A smaller value is worse.
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

// String returns the impact as a sentence.
func (i Impact) String() string {
	return [...]string{
		"The shop ships goods without payment.",
		"The shop ships twice for one payment.",
		"A paid order becomes unpaid.",
		"A buyer pays and gets nothing.",
		"Money arrives and the shop does not notice.",
		"A buyer can pay twice for one order.",
		"Stock, balances, receipts or invoice numbers are wrong.",
		"The shop stops selling, or stops receiving payments.",
		"Other people can see secrets or a buyer's data.",
		"A buyer sees wrong information about the payment.",
		"The gateway keeps retrying a webhook that the shop can never accept.",
	}[i]
}

// Title returns the failure's impact, or says that the scenario could not be played.
func (f *Failure) Title() string {
	if f.Unfit {
		return "Could not be examined:"
	}
	return f.Impact.String()
}

// Worst compares two failures for sorting, the worse one first.
func Worst(a, b *Failure) int {
	if a.Unfit != b.Unfit {
		if a.Unfit {
			return -1
		}
		return 1
	}
	return cmp.Compare(a.Impact, b.Impact)
}
