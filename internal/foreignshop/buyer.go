package foreignshop

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// Buyer is a person with a browser, reduced to what a checkout needs.
type Buyer struct{}

// The parts of a page that a buyer uses.
var (
	form   = regexp.MustCompile(`(?s)<form method="post" action="([^"]+)">(.*?)</form>`)
	hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)
	chosen = regexp.MustCompile(`name="([^"]+)" value="([^"]*)" checked>`)
	button = regexp.MustCompile(`<button id="pay" name="([^"]+)" value="([^"]*)"`)
)

// Pay opens the checkout exactly as the gateway returned it, presses its button, and returns the page's text and where
// the buyer is sent.
func (b Buyer) Pay(ctx context.Context, checkoutURL string) (page, back string, err error) {
	status, _, page, err := b.visit(ctx, http.MethodGet, checkoutURL, nil)
	if err != nil {
		return page, "", err
	}
	if status != http.StatusOK {
		return page, "", fmt.Errorf("the checkout answered %d", status)
	}
	found := form.FindStringSubmatch(page)
	if found == nil {
		return page, "", errors.New("the checkout has no form")
	}
	here, err := url.Parse(checkoutURL)
	if err != nil {
		return page, "", err
	}
	target, err := here.Parse(html.UnescapeString(found[1]))
	if err != nil {
		return page, "", err
	}
	fields := url.Values{}
	for _, part := range []*regexp.Regexp{hidden, chosen, button} {
		for _, field := range part.FindAllStringSubmatch(found[2], -1) {
			fields.Add(html.UnescapeString(field[1]), html.UnescapeString(field[2]))
		}
	}
	status, back, _, err = b.visit(ctx, http.MethodPost, target.String(), fields)
	if err != nil {
		return page, "", err
	}
	if status != http.StatusSeeOther {
		return page, "", fmt.Errorf("the payment answered %d", status)
	}
	return page, back, nil
}

// visit sends one request and returns the response. It does not follow a redirect, since the shop has no such page, but
// returns its location.
func (b Buyer) visit(
	ctx context.Context, method, where string, fields url.Values,
) (status int, location, text string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, where, strings.NewReader(fields.Encode()))
	if err != nil {
		return 0, "", "", err
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := browser.Do(req)
	if err != nil {
		return 0, "", "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header.Get("Location"), string(body), err
}
