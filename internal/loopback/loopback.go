// Package loopback tells which hosts can only be this machine.
package loopback

import (
	"net/netip"
	"strings"
)

// Host reports whether host is a literal loopback address or the name localhost. It trusts no name server.
func Host(host string) bool {
	addr, err := netip.ParseAddr(host)
	local := strings.ToLower(host) == "localhost" // EqualFold would take a long s for an s
	return err == nil && addr.Unmap().IsLoopback() || local
}
