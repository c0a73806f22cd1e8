// Package visitor acts like a buyer's browser in a shop: it sends requests, keeps cookies, follows redirects and reads
// pages.
package visitor

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Request is one step of a visit. Its path, header and body may contain placeholders: see Visitor.Visit.
type Request struct {
	Method, Path string // the path begins with a slash, or is an absolute URL
	Header       http.Header
	Body         string
}

// SyntaxError is a mistake in a request, a pattern or a file of requests, with its position.
type SyntaxError struct {
	Line, Column int // counted from 1; Line is 0 without a file
	Problem      string
}

// Error states the position and quotes no text, since a header may contain a secret.
func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return e.Problem
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Problem)
}

// wrongAt returns a *SyntaxError for the byte at offset.
func wrongAt(offset int, problem string) error {
	return &SyntaxError{Column: offset + 1, Problem: problem}
}

// ParseRequest reads METHOD PATH [NAME=VALUE...]. Each NAME=VALUE is a form field without white space. Every error is a
// *SyntaxError.
func ParseRequest(text string) (Request, error) {
	fields, at := split(text)
	if len(fields) < 2 {
		return Request{}, wrongAt(0, "a request is METHOD PATH [NAME=VALUE...], such as POST /buy email=buyer@example.com")
	}
	r, err := newRequest(fields, at)
	if err != nil || len(fields) == 2 {
		return r, err
	}
	form := make([]string, 0, len(fields)-2)
	for i, field := range fields[2:] {
		name, value, found := strings.Cut(field, "=")
		if !found || name == "" {
			return Request{}, wrongAt(at[i+2], "only form fields can follow the path of a request, each as NAME=VALUE")
		}
		form = append(form, escape(name)+"="+escape(value))
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Body = strings.Join(form, "&")
	return r, nil
}

// split returns the words of a line and each word's offset.
func split(text string) (words []string, at []int) {
	for i := 0; i < len(text); {
		word, _, _ := strings.Cut(strings.ReplaceAll(text[i:], "\t", " "), " ")
		if word != "" {
			words, at = append(words, word), append(at, i)
		}
		i += len(word) + 1
	}
	return words, at
}

// escape is like url.QueryEscape, but keeps the placeholders that Visit replaces.
func escape(s string) string {
	return strings.NewReplacer("%7B", "{", "%7D", "}", "%3A", ":").Replace(url.QueryEscape(s))
}

func newRequest(words []string, at []int) (Request, error) {
	r := Request{Method: words[0], Path: words[1], Header: http.Header{}}
	if strings.Trim(r.Method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return Request{}, wrongAt(at[0], "a request begins with its method in capital letters, such as GET or POST")
	}
	if p := r.Path; !strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "http://") && !strings.HasPrefix(p, "https://") {
		return Request{}, wrongAt(at[1], "a request's path begins with a slash")
	}
	return r, nil
}

// File is a file of requests in the format of .http files: ### NAME begins a request, @NAME = VALUE is a setting, and #
// begins a comment. Requests with the same name are steps, sent one after the other.
type File struct {
	Settings []Setting
	Steps    []Step
}

// Setting is a line @NAME = VALUE.
type Setting struct {
	Name, Value  string
	Line, Column int // position of the value
}

// Step is a request with its name.
type Step struct {
	Request

	Name string
	Line int // line of the name
}

// ParseFile reads a file. Every error is a *SyntaxError.
func ParseFile(text string) (*File, error) {
	f := &File{}
	var part part
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		name, begins := strings.CutPrefix(line, "###")
		var err error
		switch {
		case begins:
			if err = part.end(f); err == nil {
				part, err = begin(name, i+1)
			}
		case part.inBody:
			part.body = append(part.body, line)
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "@"):
			err = f.set(line, i+1)
		case part.name == "" && strings.TrimSpace(line) != "":
			err = wrongAt(0, "a request begins with a line such as ### buy")
		case part.name != "":
			err = part.take(line)
		}
		if err != nil {
			return nil, inLine(err, i+1)
		}
	}
	return f, part.end(f)
}

// inLine sets the line number of a *SyntaxError if it is missing.
func inLine(err error, line int) error {
	var wrong *SyntaxError
	if errors.As(err, &wrong) && wrong.Line == 0 {
		wrong.Line = line
	}
	return err
}

func (f *File) set(line string, number int) error {
	name, value, found := strings.Cut(line[1:], "=")
	column := len(line) - len(strings.TrimLeft(value, " \t")) + 1
	if name = strings.TrimSpace(name); !found || name == "" {
		return wrongAt(0, "a setting is @NAME = VALUE")
	}
	f.Settings = append(f.Settings, Setting{name, strings.TrimSpace(value), number, column})
	return nil
}

// part is the request that is being read.
type part struct {
	name    string
	line    int // line of the name
	request *Request
	inBody  bool
	body    []string
}

// begin reads the name of a request and ignores a description after a colon.
func begin(title string, line int) (part, error) {
	name, _, _ := strings.Cut(title, ":")
	if name = strings.TrimSpace(name); name == "" {
		return part{}, wrongAt(len("###"), "### must be followed by the request's name, such as ### buy")
	}
	return part{name: name, line: line}, nil
}

// take reads a line before the body.
func (p *part) take(line string) error {
	if p.request == nil {
		return p.begins(line)
	}
	if line == "" {
		p.inBody = true
		return nil
	}
	name, value, found := strings.Cut(line, ":")
	if !found {
		return wrongAt(0, "a header is NAME: VALUE, and an empty line separates it from the body")
	}
	p.request.Header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	return nil
}

// begins parses and stores the request line: METHOD PATH.
func (p *part) begins(line string) error {
	words, at := split(line)
	switch {
	case len(words) == 0:
		return nil
	case len(words) == 1:
		return wrongAt(at[0], "a request is METHOD PATH")
	}
	r, err := newRequest(words, at)
	if err == nil && len(words) > 2 && words[2] != "HTTP/1.1" {
		r, err = ParseRequest(line)
	}
	p.request = &r
	return err
}

// end adds the completed request to the file.
func (p *part) end(f *File) error {
	switch {
	case p.name == "":
		return nil
	case p.request == nil:
		return &SyntaxError{p.line, 1, "### " + p.name + " has no request"}
	}
	if body := strings.TrimRight(strings.Join(p.body, "\n"), "\n"); body != "" {
		p.request.Body = body
	}
	f.Steps = append(f.Steps, Step{*p.request, p.name, p.line})
	return nil
}
