package wire

// Status is a payment's status and its rank, which ecomtrade24.PaymentStatus.Rank explains.
type Status struct {
	Name string
	Rank int
}

// The lowest ranks of final and paid statuses.
const (
	RankFinal = 20 // this rank and above: the payment is over
	RankPaid  = 30 // this rank and above: package ledger counts the session as paid
)

// Statuses has every known status. A new status needs a line here and a constant in package ecomtrade24.
//
//nolint:gochecknoglobals // a constant in all but name
var Statuses = []Status{
	{"test", 0},
	{"pending", 10},
	{"processing", 11},
	{"review", 12},
	{"declined", RankFinal},
	{"failed", RankFinal},
	{"expired", RankFinal},
	{"cancelled", RankFinal},
	{"paid", RankPaid},
}

// StatusRank returns the rank of a status, and reports whether the status is known.
func StatusRank(name string) (rank int, known bool) {
	for _, s := range Statuses {
		if s.Name == name {
			return s.Rank, true
		}
	}
	return 0, false
}
