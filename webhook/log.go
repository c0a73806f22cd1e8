package webhook

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// log writes one line for each delivery. The line identifies the order for the merchant and contains no personal data.
func (h *Handler) log(ctx context.Context, d *handling) {
	outcome, level := outcomeOf(d.status, d.err)
	if !h.logger.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 9)
	attrs = append(attrs, slog.String("outcome", string(outcome)), slog.Int("response", d.status),
		slog.Duration("duration", time.Since(d.start)))
	if ev := d.event; ev != nil {
		attrs = append(attrs, slog.String("event", string(ev.Type)), slog.String("session", ev.SessionID),
			slog.String("order", ev.OrderID), slog.String("status", string(ev.Status)))
	}
	if len(d.notes) > 0 {
		attrs = append(attrs, slog.String("changes", strings.Join(d.notes, ",")))
	}
	if d.err != nil {
		attrs = append(attrs, slog.String("error", d.err.Error()))
	}
	h.logger.LogAttrs(ctx, level, "webhook: delivery", attrs...)
}

func outcomeOf(status int, err error) (Outcome, slog.Level) {
	switch {
	case err == nil:
		return OutcomeHandled, slog.LevelInfo
	case status == http.StatusOK:
		return OutcomeDiscarded, slog.LevelWarn
	case status == http.StatusInternalServerError:
		return OutcomeFailed, slog.LevelError
	case status == http.StatusServiceUnavailable:
		return OutcomeInterrupted, slog.LevelWarn
	default:
		return OutcomeRejected, slog.LevelWarn
	}
}

// result returns the observer's Result.
func (d *handling) result() Result {
	outcome, _ := outcomeOf(d.status, d.err)
	result := Result{Outcome: outcome, Notes: d.notes, Err: d.err}
	if outcome == OutcomeRejected {
		result.Reason = reasonOf(d.err)
	}
	return result
}

// reasonOf returns the reason why a delivery was rejected, as one of a few fixed words. It returns "" if no word is
// defined for err.
func reasonOf(err error) string {
	for reason, cause := range map[string]error{
		"no_signature": ErrNoSignature, "bad_signature": ErrBadSignature, "malformed": ErrMalformed, "method": errMethod,
		"too_large": errTooLarge, "cut_short": errCutShort, "stale": errStale,
	} {
		if errors.Is(err, cause) {
			return reason
		}
	}
	return ""
}
