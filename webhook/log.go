package webhook

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// log writes the one line of a delivery. It names what a merchant needs to look up the order, and nothing personal.
func (h *Handler) log(ctx context.Context, ev *ecomtrade24.Event, status int, err error, took time.Duration) {
	outcome, level := outcomeOf(status, err)
	if !h.logger.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 8)
	attrs = append(attrs, slog.String("outcome", outcome), slog.Int("answer", status), slog.Duration("duration", took))
	if ev != nil {
		attrs = append(attrs, slog.String("event", string(ev.Type)), slog.String("session", ev.SessionID),
			slog.String("order", ev.OrderID), slog.String("status", string(ev.Status)))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	h.logger.LogAttrs(ctx, level, "webhook: delivery", attrs...)
}

func outcomeOf(status int, err error) (string, slog.Level) {
	switch {
	case err == nil:
		return "handled", slog.LevelInfo
	case status == http.StatusOK:
		return "discarded", slog.LevelWarn
	case status == http.StatusInternalServerError:
		return "failed", slog.LevelError
	case status == http.StatusServiceUnavailable:
		return "interrupted", slog.LevelWarn
	default:
		return "refused", slog.LevelWarn
	}
}

// resultOf returns what an observer is told.
func resultOf(ev *ecomtrade24.Event, status int, err error) ecomtrade24.Result {
	outcome, _ := outcomeOf(status, err)
	result := ecomtrade24.Result{Outcome: outcome, Err: err}
	if outcome == "refused" {
		result.Reason = reasonOf(err)
	}
	if ev != nil {
		result.SessionID = ev.SessionID
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
