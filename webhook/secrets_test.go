package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

const (
	bodyMarker  = "BODYMARKER"
	markedEvent = `{"event":"payment.completed","session_id":7,"order_id":"A","status":"paid",` +
		`"email":"` + bodyMarker + `","txid":"` + bodyMarker +
		`","meta":{"note":"` + bodyMarker + `"},"unknown":"` + bodyMarker + `"}`
)

// markers returns texts that no log and no error may contain: both secrets (as text, as bytes and as hex), their
// signatures, and the content of a body.
func markers(bodies ...string) []string {
	found := []string{bodyMarker}
	for _, key := range []string{secret, "whsec_previous"} {
		found = append(found, key, fmt.Sprintf("%x", key), strings.Trim(fmt.Sprintf("%d", []byte(key)), "[]"))
		for _, body := range bodies {
			found = append(found, strings.TrimPrefix(webhook.Sign(key, []byte(body)), "sha256="))
		}
	}
	return found
}

func assertClean(t *testing.T, text string, bodies ...string) {
	t.Helper()
	for _, marker := range markers(bodies...) {
		assert.NotContains(t, text, marker)
	}
}

func TestSecrets_inNoLog(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var answers strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	malformed := strings.Replace(markedEvent, `"status":"paid"`, `"status":{"a":"`+bodyMarker+`"}`, 1)
	broken := markedEvent[:len(markedEvent)-1]
	requests := func() []*http.Request {
		forged := delivery(markedEvent)
		forged.Header.Set("X-Signature", webhook.Sign("whsec_previous", []byte(markedEvent)))
		cut := iotest.ErrReader(io.ErrUnexpectedEOF)
		failing := delivery(markedEvent)
		failing.Body = io.NopCloser(io.MultiReader(strings.NewReader(markedEvent[:80]), cut))
		gone := delivery(markedEvent).WithContext(ended)
		gone.Body = io.NopCloser(io.MultiReader(strings.NewReader(markedEvent[:80]), cut))
		get := delivery(markedEvent)
		get.Method = http.MethodGet
		return []*http.Request{
			delivery(markedEvent), delivery(malformed), delivery(broken), forged, failing, get,
			delivery(strings.Repeat(bodyMarker, 7000)), gone,
		}
	}
	functions := []func(context.Context, *ecomtrade24.Event) error{
		handled,
		fails(errors.New("down")),
		fails(webhook.Discard(errors.New("no such order"))),
		panics("boom"),
		func(_ context.Context, ev *ecomtrade24.Event) error { panic(ev) },
		func(_ context.Context, ev *ecomtrade24.Event) error { panic(*ev) },
		func(_ context.Context, ev *ecomtrade24.Event) error { panic(ev.Raw) },
	}
	for _, handle := range functions {
		h := webhook.NewHandler(verifier(t), handle, webhook.WithLogger(logger))
		for _, r := range requests() {
			resp := answer(h, r)
			require.NoError(t, resp.Write(&answers))
		}
		h.Deliver(ended, signed(markedEvent), []byte(markedEvent))
	}
	require.Equal(t, len(functions)*(len(requests())+1), strings.Count(log.String(), "msg="), "one line for each delivery")
	require.Contains(t, log.String(), "*ecomtrade24.Event", "the log must name only the type of a panic's value")
	assertClean(t, log.String()+answers.String(), markedEvent, malformed, broken)
}

func TestSecrets_inNoError(t *testing.T) {
	t.Parallel()
	v := verifier(t, webhook.WithPreviousSecrets("whsec_previous"))
	malformed := strings.Replace(markedEvent, `"status":"paid"`, `"status":["`+bodyMarker+`"]`, 1)
	for _, body := range []string{
		malformed, markedEvent[:50], "<html>" + bodyMarker, `"` + bodyMarker + `"`, `{"a":"` + bodyMarker + `"}`,
	} {
		_, err := v.Parse(signed(body), []byte(body))
		require.ErrorIs(t, err, webhook.ErrMalformed)
		assertClean(t, fmt.Sprintf("%v %+v %#v", err, err, err), body)

		_, err = v.Parse(signed(body), []byte(body+" "))
		require.ErrorIs(t, err, webhook.ErrBadSignature)
		assertClean(t, fmt.Sprintf("%v %+v %#v", err, err, err), body)
	}
}

func TestSecrets_inNoPrintedValue(t *testing.T) {
	t.Parallel()
	v := verifier(t, webhook.WithPreviousSecrets("whsec_previous"))
	h := webhook.NewHandler(v, handled)
	answer(h, delivery(markedEvent)) // fills the pools
	asJSON, err := json.Marshal(map[string]any{"verifier": v, "text": v.String()})
	require.NoError(t, err)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("", "verifier", v, "handler", h)
	printed := bytes.NewBuffer(asJSON)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(printed, verb+verb, v, h)
		fmt.Fprintf(printed, verb, struct{ v *webhook.Verifier }{v}) // fmt does not call String for a nested field
	}
	assertClean(t, printed.String()+log.String(), markedEvent)
	assert.Equal(t, "webhook.Verifier webhook.Verifier webhook.Verifier", fmt.Sprintf("%v %+v %#v", v, v, v))
}
