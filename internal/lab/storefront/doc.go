// Package storefront checks what holds of examples/storefront only in this repository: its folder can be copied out of
// it, and the documents point at code that is there. It holds nothing to import.
package storefront
