package webhook

import (
	"context"

	"github.com/ecomtrade24/ecomtrade24-go/internal/callback"
)

// Note adds a word to the delivery that ctx belongs to: it stands in the attribute changes of the Handler's line in the
// log, and in Result.Notes for its observer. Use a few fixed words without commas, such as "wrong_amount", and nothing
// of the event. A word that is noted twice stands there once. The inbox notes the Kind of each Change that it commits,
// and what a Func notes counts only if its transaction is committed. The inbox's observer gets the words too, also
// those of a lookup. In a Func under HandleTx it adds to the changes that HandleTx returns. Elsewhere outside of a
// delivery Note does nothing. It is safe for concurrent use.
func Note(ctx context.Context, word string) { callback.AddWords(ctx, word) }
