package shoptest_test

import (
	"html"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// idFaults are about what a shop does to an order ID before it looks for the order.
var idFaults = ofKind(
	"order IDs",
	cutAt(":"), cutAt("_"), cutAt("/"), cutAt("|"), cutAt("#"), cutAt("~"),
	fault{
		name:  "the shop compares only the last part of an order ID with slashes",
		found: "an order ID with a separator does not match",
		plant: reading(path.Base),
	},
	fault{
		name:  "order IDs are percent-decoded",
		found: "a percent-encoded order ID does not match",
		plant: reading(func(asked string) string {
			id, _ := url.QueryUnescape(asked)
			return id
		}),
	},
	fault{
		name:  "entities in an order ID are decoded",
		found: "an HTML-encoded order ID does not match",
		plant: reading(html.UnescapeString),
	},
	fault{
		name:  "backslashes are removed from an order ID, as stripslashes does",
		found: "an order ID with a backslash does not match",
		plant: without(`\`),
	},
	fault{
		name:  "the shop ignores dashes in an order ID",
		found: "an order ID without its punctuation does not match",
		plant: finds(func(id, asked string) bool {
			return strings.ReplaceAll(id, "-", "") == strings.ReplaceAll(asked, "-", "")
		}),
	},
	fault{
		name:  "the shop treats ? in an order ID as a wildcard, like GLOB",
		found: "an order ID with a ? wildcard does not match",
		plant: finds(func(id, asked string) bool {
			matches, err := path.Match(strings.NewReplacer("*", `\*`, "[", `\[`, `\`, `\\`).Replace(asked), id)
			return err == nil && matches
		}),
	},
	fault{
		name:  "a byte order mark is removed from an order ID",
		found: "an order ID with tags or invisible characters does not match",
		plant: without("\ufeff"),
	},
	fault{
		name:  "zero-width spaces are removed from an order ID",
		found: "an order ID with tags or invisible characters does not match",
		plant: without("\u200b"),
	},
	fault{
		name:  "tabs are trimmed from an order ID",
		found: "an order ID with tags or invisible characters does not match",
		plant: reading(func(asked string) string { return strings.Trim(asked, "\t") }),
	},
	fault{
		name:  "tags are removed from an order ID, as strip_tags does",
		found: "an order ID with tags or invisible characters does not match",
		plant: reading(func(asked string) string { return tag.ReplaceAllString(asked, "") }),
	},
	fault{
		name:  "# before an order ID is removed",
		found: "an order ID with tags or invisible characters does not match",
		plant: without("#"),
	},
)

var tag = regexp.MustCompile(`<[^>]*>`)

// cutAt ignores what follows a separator.
func cutAt(separator string) fault {
	return fault{
		name:  "the shop ignores everything after " + separator + " in an order ID",
		found: "an order ID with a separator does not match",
		plant: reading(func(asked string) string {
			id, _, _ := strings.Cut(asked, separator)
			return id
		}),
	}
}

// without removes something from order IDs.
func without(what string) func(*smallShop) {
	return reading(func(asked string) string { return strings.ReplaceAll(asked, what, "") })
}

// reading reads an order ID in a way of its own.
func reading(read func(asked string) string) func(*smallShop) {
	return finds(func(id, asked string) bool { return id == read(asked) })
}
