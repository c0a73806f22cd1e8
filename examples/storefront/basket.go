package main

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// mostOfOne is the maximum quantity of one product in a basket.
const mostOfOne = 20

// line is a product and its quantity.
type line struct {
	Product, Title string
	Price          ecomtrade24.Amount // price of one item
	Quantity       int
}

// Total is the price of the line.
func (l line) Total() ecomtrade24.Amount { return total([]line{l}) }

// total adds the prices in cents, so the sum is exact. It returns "" if the sum is not a valid amount.
func total(lines []line) ecomtrade24.Amount {
	var cents int64
	for _, l := range lines {
		each, err := l.Price.Minor(currency)
		if err != nil {
			return ""
		}
		cents += each * int64(l.Quantity)
	}
	sum, err := ecomtrade24.AmountFromMinor(cents, currency)
	if err != nil {
		return ""
	}
	return sum
}

// readBasket reads the basket from the buyer's cookie: products and quantities, never prices. It skips products that
// are not in the catalogue.
func readBasket(r *http.Request) []line {
	cookie, err := r.Cookie("basket")
	if err != nil {
		return nil
	}
	wanted, err := url.ParseQuery(cookie.Value)
	if err != nil {
		return nil
	}
	var lines []line
	for _, p := range catalogue() {
		if n, err := strconv.Atoi(wanted.Get(p.ID)); err == nil && n > 0 {
			lines = append(lines, line{p.ID, p.Title, p.Price, min(n, mostOfOne)})
		}
	}
	return lines
}

func (s *shop) writeBasket(w http.ResponseWriter, lines []line) {
	wanted := url.Values{}
	for _, l := range lines {
		wanted.Set(l.Product, strconv.Itoa(l.Quantity))
	}
	lasts := 7 * 24 * 3600
	if len(lines) == 0 {
		lasts = -1 // delete the cookie
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure if the shop uses HTTPS
		Name: "basket", Value: wanted.Encode(), Path: "/", MaxAge: lasts,
		HttpOnly: true, Secure: s.isPublic(), SameSite: http.SameSiteLaxMode,
	})
}

// changeBasket sets the quantity of one product, or adds one to it.
func (s *shop) changeBasket(w http.ResponseWriter, r *http.Request) {
	p, ok := findProduct(r.PostFormValue("product"))
	if !ok {
		s.showMessage(w, r, http.StatusNotFound, noProduct)
		return
	}
	lines := readBasket(r)
	i := slices.IndexFunc(lines, func(l line) bool { return l.Product == p.ID })
	if i < 0 {
		i = len(lines)
		lines = append(lines, line{Product: p.ID})
	}
	lines[i].Quantity = wantedQuantity(r, lines[i].Quantity)
	s.writeBasket(w, slices.DeleteFunc(lines, func(l line) bool { return l.Quantity == 0 }))
	http.Redirect(w, r, "/basket", http.StatusSeeOther)
}

// wantedQuantity returns the form's quantity or, if the form has none, one more than the current quantity.
func wantedQuantity(r *http.Request, now int) int {
	if r.PostFormValue("remove") != "" {
		return 0
	}
	n, err := strconv.Atoi(r.PostFormValue("quantity"))
	if err != nil || n < 0 {
		n = now + 1
	}
	return min(n, mostOfOne)
}
