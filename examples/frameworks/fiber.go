package main

import (
	"context"
	"errors"

	"github.com/gofiber/fiber/v3"
	recoverer "github.com/gofiber/fiber/v3/middleware/recover"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// fiberShop mounts the webhook in an app that does not use net/http. BodyRaw is what was sent; Body undoes a
// Content-Encoding, and a struct bound from it and encoded again has different bytes. Fiber reuses its buffers for the
// next request. Parse copies what it keeps, so the event may go to a queue or a goroutine.
func fiberShop(v *webhook.Verifier, handle func(context.Context, *ecomtrade24.Event) error) *fiber.App {
	shop := fiber.New(fiber.Config{BodyLimit: 64 << 10})
	shop.Use(recoverer.New()) // a panic would end the process, and the other deliveries with it
	shop.Post("/webhook", func(c fiber.Ctx) error {
		ev, err := v.Parse(c.GetReqHeaders(), c.BodyRaw())
		switch {
		case errors.Is(err, webhook.ErrMalformed):
			return c.SendStatus(fiber.StatusBadRequest)
		case err != nil:
			return c.SendStatus(fiber.StatusUnauthorized)
		}
		if err := handle(c.Context(), ev); err != nil {
			return c.SendStatus(fiber.StatusInternalServerError) // the gateway delivers again
		}
		return c.SendStatus(fiber.StatusOK)
	})
	return shop
}
