package guard

import (
	"net/netip"
	"strings"
)

// Loopback reports whether host is certainly this machine: a loopback address or the name localhost. It does no DNS
// lookup.
func Loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	local := strings.ToLower(host) == "localhost" // strings.EqualFold would treat a long s (ſ) as an s
	return err == nil && addr.Unmap().IsLoopback() || local
}
