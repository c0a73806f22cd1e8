package visitor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/neterr"
)

const maxPage = 4 << 20

// Visitor is one buyer with one browser. It stays in the shop: it does not follow a redirect to another host.
type Visitor struct {
	shop   *url.URL
	client *http.Client
}

// New returns a visitor of the shop, without cookies. Each request may take up to timeout.
func New(shop *url.URL, transport http.RoundTripper, timeout time.Duration) *Visitor {
	jar, _ := cookiejar.New(nil) // never fails with nil options
	v := &Visitor{shop: shop, client: &http.Client{Transport: transport, Jar: jar, Timeout: timeout}}
	v.client.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if r.URL.Host != shop.Host || len(via) > 10 {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return v
}

// Page is the last page of a visit.
type Page struct {
	Request  string // the last request, as METHOD PATH
	Status   int
	Location string // target of a redirect that was not followed
	HTML     bool
	Body     []byte
}

// Visit sends the steps one after the other and returns the last page. It stops with an error if the shop rejects a
// step. In each step it replaces {order} with the order's ID, {field:NAME} with the value of a form field of the
// previous page, {json:PATH} with a value of the previous JSON, and {cookie:NAME} with a cookie's value.
func (v *Visitor) Visit(ctx context.Context, steps []Request, order string) (*Page, error) {
	page := &Page{}
	for _, step := range steps {
		r, err := v.request(ctx, step, order, page)
		if err != nil {
			return nil, err
		}
		if page, err = v.do(r); err != nil {
			return nil, err
		}
		if page.Status >= 400 {
			return page, rejected(r, page)
		}
	}
	return page, nil
}

// rejected returns the error for a step that the shop rejected.
func rejected(r *http.Request, page *Page) error {
	hint := ""
	if r.Method == http.MethodPost && (page.Status == http.StatusForbidden || page.Status == 419 || page.Status == 422) {
		hint = "; if the form has a CSRF token, open its page in an earlier step and send the token as {field:NAME}"
	}
	return fmt.Errorf("%s responds %d %s%s", page.Request, page.Status, http.StatusText(page.Status), hint)
}

// Open opens a page at the shop's own host, even if r names another host. It follows redirects within the shop.
func (v *Visitor) Open(r *http.Request) (*Page, error) {
	r.URL.Scheme, r.URL.Host, r.Host = v.shop.Scheme, v.shop.Host, ""
	return v.do(r) // r now goes to the shop's host
}

func (v *Visitor) do(r *http.Request) (*Page, error) {
	name := r.Method + " " + r.URL.Path
	resp, err := v.client.Do(r) //nolint:gosec // the request goes only to the shop that the user named
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, neterr.WithoutURL(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	page := &Page{
		Request: name, Status: resp.StatusCode, Body: body,
		HTML: strings.Contains(resp.Header.Get("Content-Type"), "html"),
	}
	if resp.StatusCode >= 300 && resp.StatusCode <= 399 {
		page.Location = resp.Header.Get("Location")
	}
	return page, nil
}

// request builds a step's request and replaces placeholders.
func (v *Visitor) request(ctx context.Context, step Request, order string, before *Page) (*http.Request, error) {
	f := filler{visitor: v, order: order, before: before}
	form := strings.Contains(step.Header.Get("Content-Type"), "urlencoded")
	to, err := v.shop.Parse(f.fill(step.Path, url.PathEscape))
	if err != nil {
		return nil, errors.New("the path of a request is not valid")
	}
	if to.Host != v.shop.Host {
		to.Scheme, to.Host = v.shop.Scheme, v.shop.Host // the shop may use its public host name in URLs
	}
	escape := func(s string) string { return s }
	if form {
		escape = url.QueryEscape
	}
	r, err := http.NewRequestWithContext(ctx, step.Method, to.String(), strings.NewReader(f.fill(step.Body, escape)))
	if err != nil {
		return nil, err
	}
	for name, values := range step.Header {
		for _, value := range values {
			r.Header.Add(name, f.fill(value, func(s string) string { return s }))
		}
	}
	if r.Header.Get("Accept") == "" {
		r.Header.Set("Accept", "text/html,application/json;q=0.9,*/*;q=0.8")
	}
	if r.Method != http.MethodGet && r.Header.Get("Origin") == "" {
		r.Header.Set("Origin", v.shop.Scheme+"://"+v.shop.Host) // browsers send Origin too
	}
	return r, f.err
}

// filler replaces placeholders in braces.
type filler struct {
	visitor *Visitor
	order   string
	before  *Page
	err     error
}

var braces = regexp.MustCompile(`\{(order|(field|json|cookie):([^{}]+))\}`)

func (f *filler) fill(text string, escape func(string) string) string {
	return braces.ReplaceAllStringFunc(text, func(found string) string {
		part := braces.FindStringSubmatch(found)
		var value string
		ok := true
		switch part[2] {
		case "field":
			value, ok = f.before.field(part[3])
		case "json":
			value, ok = f.before.value(part[3])
		case "cookie":
			value, ok = f.visitor.cookie(part[3])
		default:
			value = f.order
		}
		if !ok && f.err == nil {
			f.err = fmt.Errorf("the previous steps have no %s %q", part[2], part[3])
		}
		return escape(value)
	})
}

func (v *Visitor) cookie(name string) (string, bool) {
	for _, c := range v.client.Jar.Cookies(v.shop) {
		if c.Name == name {
			value, err := url.QueryUnescape(c.Value) // decodes the value, like scripts that copy a cookie into a header
			return value, err == nil
		}
	}
	return "", false
}
