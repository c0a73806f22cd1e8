// Package storefront contains only tests. They check that examples/storefront can be copied out of this repository, and
// the documentation's links to code.
package storefront
