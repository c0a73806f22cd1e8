package main

import (
	"net/http"

	"github.com/labstack/echo/v5"
)

// echoShop mounts the webhook beside the shop's API. Bind empties the body, so put the middleware that binds into the
// group that needs it. Middleware in Use runs before every route, including the webhook.
func echoShop(hook http.Handler) http.Handler {
	shop := echo.New()
	shop.Any("/webhook", echo.WrapHandler(hook)) // every method: the hook responds with 405 itself
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
