package main

import (
	"net/http"

	"github.com/labstack/echo/v5"
)

// echoShop mounts the webhook beside the shop's API. Bind empties the body, so put binding middleware into the group
// that needs it. Middleware that you pass to Use runs before every route, including the webhook.
func echoShop(hook http.Handler) http.Handler {
	shop := echo.New()
	shop.Any("/webhook", echo.WrapHandler(hook)) // for every method: the hook itself rejects all but POST with 405
	api := shop.Group("/api", echoBind)
	api.POST("/echo", func(c *echo.Context) error { return c.JSON(http.StatusOK, c.Get("bound")) })
	return shop
}

func echoBind(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		var bound map[string]any
		if err := c.Bind(&bound); err != nil {
			return c.NoContent(http.StatusBadRequest)
		}
		c.Set("bound", bound)
		return next(c)
	}
}
