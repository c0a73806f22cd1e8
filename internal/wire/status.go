package wire

// StatusRanks has every known status of a payment with its rank: see ecomtrade24.PaymentStatus.Rank. A new status needs
// its line here and its constant in package ecomtrade24. Package ledger counts the rank of paid, and any above it, as a
// payment.
//
//nolint:gochecknoglobals // a constant in all but name
var StatusRanks = map[string]int{
	"test":       0,
	"pending":    10,
	"processing": 11,
	"review":     12,
	"failed":     RankFinal,
	"declined":   RankFinal,
	"expired":    RankFinal,
	"cancelled":  RankFinal,
	"paid":       30,
}

// RankFinal and any rank above it mean that the payment is over.
const RankFinal = 20
