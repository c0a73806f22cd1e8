package webhook

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// log writes the one line of a delivery. It names what a merchant needs to look up the order, and nothing personal.
func (h *Handler) log(ctx context.Context, d *delivery) {
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
	if len(d.changes) > 0 {
		attrs = append(attrs, slog.String("changes", strings.Join(d.changes, ",")))
	}
	if d.err != nil {
		attrs = append(attrs, slog.String("error", d.err.Error()))
	}
	h.logger.LogAttrs(ctx, level, "webhook: delivery", attrs...)
}

func outcomeOf(status int, err error) (ecomtrade24.Outcome, slog.Level) {
	switch {
	case err == nil:
		return ecomtrade24.OutcomeHandled, slog.LevelInfo
	case status == http.StatusOK:
		return ecomtrade24.OutcomeDiscarded, slog.LevelWarn
	case status == http.StatusInternalServerError:
		return ecomtrade24.OutcomeFailed, slog.LevelError
	case status == http.StatusServiceUnavailable:
		return ecomtrade24.OutcomeInterrupted, slog.LevelWarn
	default:
		return ecomtrade24.OutcomeRefused, slog.LevelWarn
	}
}

// result is what an observer is told.
func (d *delivery) result() ecomtrade24.Result {
	outcome, _ := outcomeOf(d.status, d.err)
	result := ecomtrade24.Result{Outcome: outcome, Changes: d.changes, Err: d.err}
	if outcome == ecomtrade24.OutcomeRefused {
		result.Reason = reasonOf(d.err)
	}
	if d.event != nil {
		result.SessionID = d.event.SessionID
	}
	return result
}

// reasonOf returns why a delivery was refused, as one of a few fixed words, or "" if there is none for err.
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
