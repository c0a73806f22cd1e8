package webhook

import (
	"context"

	"github.com/ecomtrade24/ecomtrade24-go/internal/callback"
)

// Note adds a word to the delivery in ctx. The word appears as one of the changes in the Handler's log line, and in the
// observer's Result.Notes. Use a few fixed words without commas, such as "wrong_amount", and no text from the event. A
// repeated word appears once. Note is safe for concurrent use.
//
// The inbox notes the Kind of each Change that it commits. Words from a Func count only if its transaction commits. The
// inbox's observer gets a Func's words too, even if a lookup found the change. Under HandleTx, Note adds to the changes
// that HandleTx returns. Anywhere else Note does nothing.
func Note(ctx context.Context, word string) { callback.AddWords(ctx, word) }
