package main

import (
	"slices"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// currency is the currency of all prices.
const currency = "USD"

// product is one thing that the shop sells. Its picture is static/ID.svg.
type product struct {
	ID, Title, About string
	Price            ecomtrade24.Amount
}

// catalogue returns the shop's products. Nothing that a buyer sends changes the prices.
func catalogue() []product {
	return []product{
		{"teapot", "Teapot", "900 ml, and its spout does not drip.", "49.95"},
		{"mug", "Mug", "300 ml, with a handle for three fingers.", "14.50"},
		{"bowl", "Bowl", "For soup, noodles or a large breakfast.", "18.00"},
		{"plate", "Plate", "27 cm, flat, with a rim that holds the sauce.", "16.00"},
		{"vase", "Vase", "Tall and narrow, for three stems.", "39.00"},
		{"jug", "Jug", "One litre of water, milk or lemonade.", "34.50"},
	}
}

func findProduct(id string) (product, bool) {
	all := catalogue()
	i := slices.IndexFunc(all, func(p product) bool { return p.ID == id })
	if i < 0 {
		return product{}, false
	}
	return all[i], true
}
