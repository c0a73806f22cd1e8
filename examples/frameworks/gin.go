package main

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// ginShop mounts the webhook beside the shop's API. ShouldBindJSON and similar methods read the body, and nothing is
// left for the webhook, so put binding middleware only into the group that needs it. Middleware that you pass to Use
// also runs before the webhook's handler.
func ginShop(hook http.Handler) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	shop := gin.New()
	shop.Any("/webhook", gin.WrapH(hook)) // for every method: the hook itself rejects all but POST with 405
	api := shop.Group("/api", ginBind)
	api.POST("/echo", func(c *gin.Context) { c.JSON(http.StatusOK, c.MustGet("bound")) })
	return shop
}

func ginBind(c *gin.Context) {
	var bound map[string]any
	if err := c.ShouldBindJSON(&bound); err != nil {
		c.AbortWithStatus(http.StatusBadRequest)
		return
	}
	c.Set("bound", bound)
}
