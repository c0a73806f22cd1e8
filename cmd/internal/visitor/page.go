package visitor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Pattern says what to look for in a page. The zero value finds nothing.
type Pattern struct {
	text  string
	path  string
	value *string // expected value; nil if the pattern has no value
	match *regexp.Regexp
}

// ParsePattern reads text:WORDS, json:PATH, json:PATH=VALUE or match:REGEXP.
func ParsePattern(s string) (Pattern, error) {
	kind, rest, _ := strings.Cut(s, ":")
	switch {
	case rest == "":
	case kind == "text":
		return Pattern{text: strings.Join(strings.Fields(rest), " ")}, nil
	case kind == "json":
		path, value, compared := strings.Cut(rest, "=")
		p := Pattern{path: path}
		if compared {
			p.value = &value
		}
		return p, nil
	case kind == "match":
		match, err := regexp.Compile(rest)
		if err != nil {
			return Pattern{}, errors.New("match:REGEXP needs a valid regular expression")
		}
		return Pattern{match: match}, nil
	}
	return Pattern{}, errors.New("it must be one of text:WORDS, json:PATH, json:PATH=VALUE and match:REGEXP")
}

// In reports whether the page matches. For json:PATH, the value must be true, a number above zero, or a nonempty
// string.
func (p Pattern) In(page *Page) bool {
	n, err := p.Count(page)
	return err == nil && n > 0
}

// Count returns the number at the path or in the first group of the expression, or else the number of matches.
func (p Pattern) Count(page *Page) (int, error) {
	switch {
	case p.text != "":
		return strings.Count(page.text(), p.text), nil
	case p.match != nil && p.match.NumSubexp() > 0:
		found := p.match.FindSubmatch(page.Body)
		if found == nil {
			return 0, nil
		}
		return number(string(found[1]))
	case p.match != nil:
		return len(p.match.FindAll(page.Body, -1)), nil
	}
	value, ok := page.value(p.path)
	switch {
	case p.value != nil && ok && value == *p.value:
		return 1, nil
	case p.value != nil || !ok || value == "" || value == "false":
		return 0, nil
	case value == "true":
		return 1, nil
	}
	if _, err := json.Number(value).Float64(); err == nil {
		return number(value)
	}
	return 1, nil
}

func number(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%.20q is not a count", s)
	}
	return n, nil
}

// Text returns the value at the path or, for an expression, the match of its first group, or else the entire match.
// Without a match, it returns "".
func (p Pattern) Text(page *Page) string {
	if p.match != nil {
		if found := p.match.FindSubmatch(page.Body); len(found) > 1 {
			return string(found[1])
		}
		return string(p.match.Find(page.Body))
	}
	value, _ := page.value(p.path)
	return value
}

// text returns the visible text of an HTML page, with single spaces. It returns any other page unchanged.
func (p *Page) text() string {
	if !p.HTML {
		return string(p.Body)
	}
	var b strings.Builder
	tokens := html.NewTokenizer(bytes.NewReader(p.Body))
	hidden := 0
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return strings.Join(strings.Fields(b.String()), " ")
		case html.StartTagToken:
			if unread(tokens) {
				hidden++
			}
			b.WriteByte(' ')
		case html.EndTagToken:
			if unread(tokens) && hidden > 0 {
				hidden--
			}
			b.WriteByte(' ')
		case html.TextToken:
			if hidden == 0 {
				b.Write(tokens.Text())
			}
		default:
		}
	}
}

func unread(tokens *html.Tokenizer) bool {
	name, _ := tokens.TagName()
	tag := atom.Lookup(name)
	return tag == atom.Script || tag == atom.Style || tag == atom.Template
}

// field returns the value of an input element, or the content of a meta element, in which some frameworks put the CSRF
// token.
func (p *Page) field(name string) (string, bool) {
	root, err := html.Parse(bytes.NewReader(p.Body))
	if err != nil {
		return "", false
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || attribute(n, "name") != name {
			continue
		}
		switch n.DataAtom {
		case atom.Input:
			return attribute(n, "value"), true
		case atom.Meta:
			return attribute(n, "content"), true
		default:
		}
	}
	return "", false
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// value returns the JSON value at a path of names and indexes, as text. For an object or an array, it returns the
// number of members.
func (p *Page) value(path string) (string, bool) {
	decoder := json.NewDecoder(bytes.NewReader(p.Body))
	decoder.UseNumber()
	var at any
	if decoder.Decode(&at) != nil {
		return "", false
	}
	for _, step := range strings.Split(path, ".") {
		switch v := at.(type) {
		case map[string]any:
			next, ok := v[step]
			if !ok {
				return "", false
			}
			at = next
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				return "", false
			}
			at = v[i]
		default:
			return "", false
		}
	}
	switch v := at.(type) {
	case nil:
		return "", true
	case map[string]any:
		return strconv.Itoa(len(v)), true
	case []any:
		return strconv.Itoa(len(v)), true
	default:
		return fmt.Sprint(v), true
	}
}
