package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/gofiber/fiber/v3"
	"github.com/labstack/echo/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// The shops avoid this pitfall: a hook behind middleware that binds bodies rejects every genuine delivery until you
// move the hook. No order is wrongly marked paid.
func TestHookBehindABinder_rejectsGenuineDeliveries(t *testing.T) {
	t.Parallel()
	for framework, build := range map[string]func(hook http.Handler) http.Handler{
		"chi": func(hook http.Handler) http.Handler {
			shop := chi.NewRouter()
			shop.Use(chiBind)
			shop.Handle("/webhook", hook)
			return shop
		},
		"gin": func(hook http.Handler) http.Handler {
			shop := gin.New()
			shop.Use(ginBind)
			shop.Any("/webhook", gin.WrapH(hook))
			return shop
		},
		"echo": func(hook http.Handler) http.Handler {
			shop := echo.New()
			shop.Use(echoBind)
			shop.Any("/webhook", echo.WrapHandler(hook))
			return shop
		},
	} {
		t.Run(framework, func(t *testing.T) {
			t.Parallel()
			m := &merchant{}
			assert.Equal(t, http.StatusUnauthorized, post(t, serveHTTP(t, build(m.hook(t)))+"/webhook", paid))
			assert.Empty(t, m.events)
		})
	}
}

// The binding middleware still works for the shop's own API.
func TestShops_bindTheirOwnAPI(t *testing.T) {
	t.Parallel()
	for framework, shop := range map[string]http.Handler{
		"chi":  chiShop(http.NotFoundHandler()),
		"gin":  ginShop(http.NotFoundHandler()),
		"echo": echoShop(http.NotFoundHandler()),
	} {
		t.Run(framework, func(t *testing.T) {
			t.Parallel()
			url := serveHTTP(t, shop) + "/api/echo"
			resp, err := http.Post(url, "application/json", strings.NewReader(`{"a":"b"}`))
			require.NoError(t, err)
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			assert.JSONEq(t, `{"a":"b"}`, string(body))
			assert.Equal(t, http.StatusBadRequest, send(t, request(t, http.MethodPost, url, "not JSON", "")).StatusCode)
		})
	}
}

// Fiber reuses a request's buffer for the next request. The test keeps a slice of the buffer with each event, and
// checks that the slices change and the events do not.
func TestFiber_eventOutlivesTheBuffer(t *testing.T) {
	t.Parallel()
	var events []*ecomtrade24.Event
	var buffers [][]byte
	shop := fiber.New()
	shop.Use(func(c fiber.Ctx) error {
		buffers = append(buffers, c.BodyRaw())
		return c.Next()
	})
	shop.Use("/", fiberShop(hook(t, secret, func(_ context.Context, ev *ecomtrade24.Event) error {
		events = append(events, ev)
		return nil
	})))
	url := serveFiber(t, shop) + "/webhook"

	const count = 50
	body := func(i int) string { // all bodies have the same length
		return fmt.Sprintf(`{"event":"type.%03d","session_id":"S%03d","order_id":"O%03d","status":"s%03d",`+
			`"txid":"T%03d","meta":{"k%03d":"v"}}`, i, i, i, i, i, i)
	}
	for i := range count {
		require.Equal(t, http.StatusOK, post(t, url, body(i)))
	}

	overwritten := 0
	for i, ev := range events {
		assert.Equal(t, body(i), string(ev.Raw))
		assert.Equal(t, fmt.Sprintf("type.%03d S%03d O%03d s%03d T%03d map[k%03d:v]", i, i, i, i, i, i),
			fmt.Sprint(ev.Type, " ", ev.SessionID, " ", ev.OrderID, " ", ev.Status, " ", ev.TxID, " ", ev.Metadata))
		if string(buffers[i]) != body(i) {
			overwritten++
		}
	}
	require.Len(t, events, count)
	assert.Positive(t, overwritten, "no buffer was overwritten, so the test proves nothing")
}

// With a Content-Encoding, fiber's Body differs from the signed bytes; BodyRaw does not.
func TestFiber_contentEncodingChangesNothing(t *testing.T) {
	t.Parallel()
	m := &merchant{}
	url := shops["fiber"](t, m.hook(t)) + "/webhook"
	r := request(t, http.MethodPost, url, paid, webhook.Sign(secret, []byte(paid)))
	r.Header.Set("Content-Encoding", "gzip") // the body is not gzip, so Body would return an error text
	assert.Equal(t, http.StatusOK, send(t, r).StatusCode)
	require.Len(t, m.events, 1)
}
