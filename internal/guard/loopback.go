package guard

import (
	"net/netip"
	"strings"
)

// Loopback reports whether host can only be this machine: a loopback address or the name localhost. It trusts no name
// server.
func Loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	local := strings.ToLower(host) == "localhost" // EqualFold would take a long s for an s
	return err == nil && addr.Unmap().IsLoopback() || local
}
