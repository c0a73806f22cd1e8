package main

import (
	"github.com/gofiber/fiber/v3"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// fiberShop mounts the webhook in an app that does not use net/http. BodyRaw is what was sent; Body undoes a
// Content-Encoding, and a struct bound from it and encoded again has different bytes. Fiber reuses its buffers for the
// next request, and Deliver keeps nothing of them. c.Context() does not end when the sender hangs up, as it should be.
func fiberShop(hook *webhook.Handler) *fiber.App {
	shop := fiber.New(fiber.Config{BodyLimit: 64 << 10})
	shop.Post("/webhook", func(c fiber.Ctx) error {
		c.Status(hook.Deliver(c.Context(), c.GetReqHeaders(), c.BodyRaw()))
		return nil
	})
	return shop
}
