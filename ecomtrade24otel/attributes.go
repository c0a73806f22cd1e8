package ecomtrade24otel

import (
	"context"
	"errors"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const (
	operationKey = attribute.Key("ecomtrade24.operation")
	outcomeKey   = attribute.Key("ecomtrade24.outcome")
	reasonKey    = attribute.Key("ecomtrade24.reason")
	attemptsKey  = attribute.Key("ecomtrade24.attempts")
	changesKey   = attribute.Key("ecomtrade24.changes") // words passed to webhook.Note; for an inbox event, also its Kind
	kindKey      = attribute.Key("ecomtrade24.change.kind")
	waitedKey    = attribute.Key("ecomtrade24.waited") // in seconds
	unknownKey   = attribute.Key("ecomtrade24.outcome_unknown")
	sessionKey   = attribute.Key("ecomtrade24.session.id")
	orderKey     = attribute.Key("ecomtrade24.order.id")
	statusKey    = attribute.Key("ecomtrade24.payment.status")
)

// about returns the attributes that identify an event, the same as in the logs. None of them contains personal data.
func about(ev *ecomtrade24.Event) []attribute.KeyValue {
	if ev == nil {
		return nil
	}
	return []attribute.KeyValue{
		sessionKey.String(ev.SessionID), orderKey.String(ev.OrderID), statusKey.String(string(ev.Status)),
	}
}

// errorType returns the status of the gateway's response, or else a word for the kind of the client's error.
func errorType(err error) attribute.KeyValue {
	var api *ecomtrade24.APIError
	var decode *ecomtrade24.DecodeError
	switch {
	case errors.As(err, &api):
		return semconv.ErrorTypeKey.String(strconv.Itoa(api.StatusCode))
	case errors.As(err, &decode):
		return semconv.ErrorTypeKey.String("decode")
	case errors.Is(err, context.DeadlineExceeded):
		return semconv.ErrorTypeKey.String("timeout")
	case errors.Is(err, context.Canceled):
		return semconv.ErrorTypeKey.String("canceled")
	default:
		return semconv.ErrorTypeKey.String("transport")
	}
}
