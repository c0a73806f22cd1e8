// Package readme contains the README's shop, which runs here on SQLite.
package readme
