// Package storefront contains only tests. They check that examples/storefront can be copied out of this repository, and
// that the documentation's links to code are valid.
package storefront
