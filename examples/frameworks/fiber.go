package main

import (
	"github.com/gofiber/fiber/v3"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// fiberShop mounts the webhook in an app that does not use net/http. BodyRaw returns the bytes that were sent. The
// method Body would decode a body that has a Content-Encoding, and re-encoding a struct that was bound from the body
// would change the bytes. Fiber reuses its buffers for the next request; Deliver keeps none of them. As Deliver
// requires, c.Context() does not end when the sender hangs up.
func fiberShop(hook *webhook.Handler) *fiber.App {
	shop := fiber.New(fiber.Config{BodyLimit: 64 << 10})
	shop.Post("/webhook", func(c fiber.Ctx) error {
		c.Status(hook.Deliver(c.Context(), c.GetReqHeaders(), c.BodyRaw()))
		return nil
	})
	return shop
}
