package shoptest_test

import (
	"html"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// idFaults are about what a shop does to an order ID before it looks for the order.
var idFaults = []fault{
	cutAt(":"), cutAt("_"), cutAt("/"), cutAt("|"), cutAt("#"), cutAt("~"),
	bug("the shop compares only the last part of an order ID with slashes",
		"an order ID with a separator does not match", reading(path.Base)),
	bug("order IDs are percent-decoded", "a percent-encoded order ID does not match", reading(func(asked string) string {
		id, _ := url.QueryUnescape(asked)
		return id
	})),
	bug("entities in an order ID are decoded", "an HTML-encoded order ID does not match", reading(html.UnescapeString)),
	bug("backslashes are removed from an order ID, as stripslashes does",
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
	bug("a byte order mark is removed from an order ID",
		"an order ID with tags or invisible characters does not match", without("\ufeff")),
	bug("zero-width spaces are removed from an order ID",
		"an order ID with tags or invisible characters does not match", without("\u200b")),
	bug("tabs are trimmed from an order ID",
		"an order ID with tags or invisible characters does not match",
		reading(func(asked string) string { return strings.Trim(asked, "\t") })),
	bug("tags are removed from an order ID, as strip_tags does",
		"an order ID with tags or invisible characters does not match",
		reading(func(asked string) string { return tag.ReplaceAllString(asked, "") })),
	bug("# before an order ID is removed", "an order ID with tags or invisible characters does not match", without("#")),
}

var tag = regexp.MustCompile(`<[^>]*>`)

// cutAt ignores what follows a separator.
func cutAt(separator string) fault {
	return bug("the shop ignores everything after "+separator+" in an order ID",
		"an order ID with a separator does not match", reading(func(asked string) string {
			id, _, _ := strings.Cut(asked, separator)
			return id
		}))
}

// without removes something from order IDs.
func without(what string) func(*smallShop) {
	return reading(func(asked string) string { return strings.ReplaceAll(asked, what, "") })
}

// reading reads an order ID in a way of its own.
func reading(read func(asked string) string) func(*smallShop) {
	return finds(func(id, asked string) bool { return id == read(asked) })
}
