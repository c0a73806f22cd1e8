package guard

import "net/url"

// URL is an address without what may be secret in it: the user's name and password, the query and the fragment.
func URL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "?"
	}
	return u.Scheme + "://" + u.Host + u.EscapedPath()
}
