package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// crashTable returns the outcomes in Markdown.
func crashTable(outcomes []*outcome) string {
	var b strings.Builder
	b.WriteString("| handler | database | orders | deliveries | lookups | `kill -9` | orders affected |\n")
	b.WriteString("|---|---|--:|--:|--:|--:|---|\n")
	for _, o := range outcomes {
		name, kills := "**"+o.variant.name+"**", strconv.Itoa(o.kills)
		if o.variant.wrong != "" {
			name = "control: " + o.variant.wrong
		}
		if o.crashes {
			kills += " and the server once"
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %s | %v |\n",
			name, o.backend.name, o.orders, o.deliveries, o.lookups, kills, o.counts)
	}
	return b.String()
}

// publish writes a table into the page, or only prints it if a database was left out.
func publish(backends []*backend, mark, table string) error {
	if len(backends) <= len(servers()) {
		fmt.Printf("%s\n%s was not changed: its table needs results from every database.\n", table, page)
		return nil
	}
	return rewrite(page, mark, table)
}

// rewrite puts a table between its two marks in a page.
func rewrite(page, mark, table string) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(text), "<!-- "+mark+" -->\n")
	_, after, ended := strings.Cut(rest, "<!-- end of "+mark+" -->\n")
	if !found || !ended {
		return fmt.Errorf("%s has no marks for %s", page, mark)
	}
	text = fmt.Appendf(nil, "%s<!-- %s -->\n%s<!-- end of %s -->\n%s", before, mark, table, mark, after)
	return os.WriteFile(page, text, 0o600)
}
