// Package visitor does in a shop what a buyer does with a browser: it sends requests, keeps cookies, follows redirects
// and reads pages.
package visitor

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Request is one step of a visit. Its path, header and body may hold what Visitor.Visit replaces.
type Request struct {
	Method, Path string // the path begins with a slash, or is an absolute URL
	Header       http.Header
	Body         string
}

// ParseRequest reads METHOD PATH [NAME=VALUE...]: the values are the fields of a form, and hold no white space.
func ParseRequest(text string) (Request, error) {
	fields := strings.Fields(text)
	if len(fields) < 2 {
		return Request{}, errors.New("a request is METHOD PATH [NAME=VALUE...], such as POST /buy email=buyer@example.com")
	}
	r, err := newRequest(fields[0], fields[1])
	if err != nil || len(fields) == 2 {
		return r, err
	}
	form := make([]string, 0, len(fields)-2)
	for _, field := range fields[2:] {
		name, value, found := strings.Cut(field, "=")
		if !found || name == "" {
			return Request{}, errors.New("what follows the path of a request are the fields of a form, each NAME=VALUE")
		}
		form = append(form, escape(name)+"="+escape(value))
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Body = strings.Join(form, "&")
	return r, nil
}

// escape is url.QueryEscape, except for the braces that Visit replaces.
func escape(s string) string {
	return strings.NewReplacer("%7B", "{", "%7D", "}", "%3A", ":").Replace(url.QueryEscape(s))
}

func newRequest(method, path string) (Request, error) {
	r := Request{Method: method, Path: path, Header: http.Header{}}
	if method == "" || strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return Request{}, errors.New("a request begins with its method in capital letters, such as GET or POST")
	}
	if !strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "http://") && !strings.HasPrefix(path, "https://") {
		return Request{}, errors.New("a request's path begins with a slash")
	}
	return r, nil
}

// File is a file of requests, in the form of .http files: ### NAME begins a request, @NAME = VALUE is a setting, and #
// a comment. Requests of one name are steps, one after the other.
type File struct {
	Settings map[string]string
	Steps    map[string][]Request
}

// ParseFile reads a file. Its errors name lines and quote none, since a header may hold a secret.
func ParseFile(text string) (*File, error) {
	f := &File{Settings: map[string]string{}, Steps: map[string][]Request{}}
	var part part
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		name, begins := strings.CutPrefix(line, "###")
		var err error
		switch {
		case begins:
			if err = part.end(f); err == nil {
				part, err = begin(name)
			}
		case part.inBody:
			part.body = append(part.body, line)
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "@"):
			err = f.set(line)
		case part.name == "" && strings.TrimSpace(line) != "":
			err = errors.New("a request begins with a line such as ### buy")
		case part.name != "":
			err = part.take(line)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return f, part.end(f)
}

func (f *File) set(line string) error {
	name, value, found := strings.Cut(line[1:], "=")
	if name = strings.TrimSpace(name); !found || name == "" {
		return errors.New("a setting is @NAME = VALUE")
	}
	f.Settings[name] = strings.TrimSpace(value)
	return nil
}

// part is the request that is being read.
type part struct {
	name    string
	request *Request
	inBody  bool
	body    []string
}

// begin reads the name of a request, and leaves out what is said of it after a colon.
func begin(title string) (part, error) {
	name, _, _ := strings.Cut(title, ":")
	if name = strings.TrimSpace(name); name == "" {
		return part{}, errors.New("### is followed by what the request is for, such as ### buy")
	}
	return part{name: name}, nil
}

// take reads a line before the body.
func (p *part) take(line string) error {
	if p.request == nil {
		if strings.TrimSpace(line) == "" {
			return nil
		}
		fields := strings.Fields(line)
		if len(fields) < 2 {
			return errors.New("a request is METHOD PATH")
		}
		r, err := newRequest(fields[0], fields[1])
		if err == nil && len(fields) > 2 && fields[2] != "HTTP/1.1" {
			r, err = ParseRequest(line)
		}
		p.request = &r
		return err
	}
	if line == "" {
		p.inBody = true
		return nil
	}
	name, value, found := strings.Cut(line, ":")
	if !found {
		return errors.New("a header is NAME: VALUE, and an empty line stands before the body")
	}
	p.request.Header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	return nil
}

// end puts the request into the file.
func (p *part) end(f *File) error {
	switch {
	case p.name == "":
		return nil
	case p.request == nil:
		return fmt.Errorf("### %s has no request", p.name)
	}
	if body := strings.TrimRight(strings.Join(p.body, "\n"), "\n"); body != "" {
		p.request.Body = body
	}
	f.Steps[p.name] = append(f.Steps[p.name], *p.request)
	return nil
}
