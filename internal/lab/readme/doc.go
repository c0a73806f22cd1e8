// Package readme holds the shop of the README, which runs here on SQLite.
package readme
