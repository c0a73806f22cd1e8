package guard

import (
	"net/netip"
	"strings"
)

// Loopback reports whether host is certainly this machine: a loopback address or the name localhost. It does no DNS
// lookup.
func Loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	local := strings.ToLower(host) == "localhost" // EqualFold would accept a long s for an s
	return err == nil && addr.Unmap().IsLoopback() || local
}
