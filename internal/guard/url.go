package guard

import "net/url"

// URL returns an address without its possibly secret parts: user name and password, query and fragment.
func URL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "?"
	}
	return u.Scheme + "://" + u.Host + u.EscapedPath()
}
