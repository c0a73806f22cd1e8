// Package loopback tells which hosts can only be this machine.
package loopback

import (
	"net/netip"
	"strings"
)

// Host reports whether host is a literal loopback address or the name localhost. It trusts no name server.
func Host(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() || strings.ToLower(host) == "localhost" // and not EqualFold, to which a long s is an s
}
