package main

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// ginShop mounts the webhook beside the shop's API. ShouldBindJSON and similar methods empty the body, so put binding
// middleware into the group that needs it. Middleware passed to Use runs before the webhook too.
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
