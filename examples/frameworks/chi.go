package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/go-chi/chi/v5"
)

// chiShop mounts the webhook beside the shop's API. Put middleware that reads bodies into the group that needs it: a
// body can be read only once, so the hook could not verify it afterwards.
func chiShop(hook http.Handler) http.Handler {
	shop := chi.NewRouter()
	shop.Handle("/webhook", hook) // for every method: the hook itself rejects all but POST with 405
	shop.Route("/api", func(api chi.Router) {
		api.Use(chiBind)
		api.Post("/echo", func(w http.ResponseWriter, r *http.Request) {
			_ = json.NewEncoder(w).Encode(r.Context().Value(boundKey{}))
		})
	})
	return shop
}

// boundKey is the context key for the body that chiBind decoded.
type boundKey struct{}

func chiBind(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var bound map[string]any
		if err := json.NewDecoder(r.Body).Decode(&bound); err != nil {
			http.Error(w, "not JSON", http.StatusBadRequest)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), boundKey{}, bound)))
	})
}
