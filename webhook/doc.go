// Package webhook verifies and decodes what the gateway posts to the merchant: signature first, decoding second.
package webhook
