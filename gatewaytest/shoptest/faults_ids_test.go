package shoptest_test

import (
	"html"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// idFaults are bugs in which the shop changes an order ID before it looks for the order.
var idFaults = []fault{
	cutAt(":"), cutAt("_"), cutAt("/"), cutAt("|"), cutAt("#"), cutAt("~"),
	bug("the shop compares only the part of an order ID after its last slash",
		"an order ID with a separator does not match", reading(path.Base)),
	bug("the shop percent-decodes order IDs",
		"a percent-encoded order ID does not match", reading(func(asked string) string {
			id, _ := url.QueryUnescape(asked)
			return id
		})),
	bug("the shop decodes HTML entities in an order ID",
		"an HTML-encoded order ID does not match", reading(html.UnescapeString)),
	bug("the shop removes backslashes from an order ID, like stripslashes",
		"an order ID with a backslash does not match", without(`\`)),
	bug("the shop ignores dashes in an order ID",
		"an order ID without its punctuation does not match", finds(func(id, asked string) bool {
			return strings.ReplaceAll(id, "-", "") == strings.ReplaceAll(asked, "-", "")
		})),
	bug("the shop treats ? in an order ID as a wildcard, like GLOB",
		"an order ID with a ? wildcard does not match", finds(func(id, asked string) bool {
			matches, err := path.Match(strings.NewReplacer("*", `\*`, "[", `\[`, `\`, `\\`).Replace(asked), id)
			return err == nil && matches
		})),
	bug("the shop removes a byte order mark from an order ID",
		"an order ID with tags or invisible characters does not match", without("\ufeff")),
	bug("the shop removes zero-width spaces from an order ID",
		"an order ID with tags or invisible characters does not match", without("\u200b")),
	bug("the shop trims tabs from an order ID",
		"an order ID with tags or invisible characters does not match",
		reading(func(asked string) string { return strings.Trim(asked, "\t") })),
	bug("the shop removes tags from an order ID, like strip_tags",
		"an order ID with tags or invisible characters does not match",
		reading(func(asked string) string { return tag.ReplaceAllString(asked, "") })),
	bug("the shop removes a # before an order ID",
		"an order ID with tags or invisible characters does not match", without("#")),
}

var tag = regexp.MustCompile(`<[^>]*>`)

// cutAt returns a fault: the shop cuts order IDs at a separator.
func cutAt(separator string) fault {
	return bug("the shop ignores everything after "+separator+" in an order ID",
		"an order ID with a separator does not match", reading(func(asked string) string {
			id, _, _ := strings.Cut(asked, separator)
			return id
		}))
}

// without returns a bug: the shop removes the given text from order IDs.
func without(what string) func(*smallShop) {
	return reading(func(asked string) string { return strings.ReplaceAll(asked, what, "") })
}

// reading returns a bug: the shop applies the function read to order IDs before it compares them.
func reading(read func(asked string) string) func(*smallShop) {
	return finds(func(id, asked string) bool { return id == read(asked) })
}
