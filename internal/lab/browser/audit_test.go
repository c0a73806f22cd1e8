package browser_test

import (
	_ "embed"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

//go:embed audit.js
var auditJS string

// audit returns the problems of the page at url on three screens: a phone in light colors, a desktop in dark colors,
// and the narrowest screen that WCAG requires, also in dark colors. If url is empty, audit reloads the open page.
func (b *tab) audit(url string) []string {
	b.t.Helper()
	focused := emulation.SetFocusEmulationEnabledParams{Enabled: true}
	_, err := chromedp.Call(b.ctx, emulation.SetFocusEmulationEnabled, focused)
	require.NoError(b.t, err)
	var problems []string
	for _, screen := range []struct {
		scheme        string
		width, height int64
	}{{"dark", 320, 640}, {"light", 390, 844}, {"dark", 1280, 800}} {
		b.prefer(screen.scheme)
		require.NoError(b.t, chromedp.Do(b.ctx, chromedp.EmulateViewport(screen.width, screen.height)))
		if url == "" {
			require.NoError(b.t, chromedp.Do(b.ctx, chromedp.Reload()))
		} else {
			b.open(url)
		}
		evaluate[bool](b, auditJS+"; for (const e of document.querySelectorAll('details')) e.open = true; true")
		for _, problem := range append(evaluate[[]string](b, "audit.page()"), b.auditFocus()...) {
			problems = append(problems, screen.scheme+": "+problem)
		}
	}
	return problems
}

// prefer sets the preferred color scheme: light or dark.
func (b *tab) prefer(scheme string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	require.NoError(b.t, err)
}

// auditFocus moves the focus through the page with the Tab key, and returns problems with the focus. It begins at the
// page's start, even if a field has autofocus.
func (b *tab) auditFocus() []string {
	b.t.Helper()
	var problems []string
	evaluate[bool](b, `document.body.tabIndex = -1; document.body.focus();
		document.body.removeAttribute("tabindex"); true`)
	missing := evaluate[[]string](b, "audit.stops()")
	for range len(missing) {
		require.NoError(b.t, chromedp.Do(b.ctx, chromedp.KeyEvent(kb.Tab)))
		focus := evaluate[*struct{ Stop, Problem string }](b, "audit.focus()")
		if focus == nil {
			break // the focus has left the page
		}
		missing = slices.DeleteFunc(missing, func(stop string) bool { return stop == focus.Stop })
		if focus.Problem != "" {
			problems = append(problems, focus.Problem)
		}
	}
	for _, stop := range missing {
		problems = append(problems, "Tab does not reach "+stop)
	}
	return problems
}

func evaluate[T any](b *tab, script string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script))
	require.NoError(b.t, err)
	return value
}

// The audit finds each kind of problem.
func TestAudit(t *testing.T) {
	t.Parallel()
	page := func(html string) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("<!doctype html>" + html))
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	const head = `<html lang="en"><meta name="viewport" content="width=device-width">
		<title>A page</title><link rel="icon" href="data:,">
		<style>:focus-visible { outline: 3px solid #00c } a, button { display: block; min-height: 30px }</style>
		<h1>A page</h1>`
	b := newTab(t)
	assert.Empty(t, b.audit(page(head+`<a href="/">Back</a><button>Buy</button>`)))
	for name, row := range map[string]struct{ html, want string }{ //nolint:paralleltest // all rows share one tab
		"no language": {`<title>A page</title><h1>A page</h1>`, "the page has no language"},
		"no title":    {`<html lang="en"><h1>A page</h1>`, "the page has no title"},
		"no h1":       {`<html lang="en"><title>A page</title>`, "the page does not have exactly one h1"},
		"script":      {head + `<script>1</script>`, "the page has a script in it"},
		"nameless":    {head + `<button style="width: 40px"></button>`, "<button>  has no name"},
		"small":       {head + `<button style="min-height: 0; height: 9px">Buy</button>`, "too small to hit"},
		"wide": {
			head + `<p style="width: 400px">wide</p>`,
			"the page scrolls sideways: it needs 408 of 320 pixels because of <p> wide",
		},
		"pale": {head + `<p style="color: #999">pale</p>`, "<p> pale has a contrast of 2.85"},
		"pale under a translucent layer": {
			head + `<div style="background: rgb(0 0 0 / 50%)"><p style="color: #444">pale</p></div>`,
			"<p> pale has a contrast of 2.43",
		},
		"unreachable":     {head + `<button tabindex="-1">Buy</button>`, "Tab does not reach 0 <button> Buy"},
		"invisible focus": {head + `<button style="outline: none">Buy</button>`, "<button> Buy shows no focus"},
		"pale focus": {
			head + `<button style="outline-color: #eee">Buy</button>`,
			"<button> Buy has a focus ring with a contrast of 1.16",
		},
		"input without a label": {head + `<input style="height: 40px; width: 40px">`, "<input>  has no name"},
	} {
		t.Run(name, func(t *testing.T) {
			problems := (&tab{t, b.ctx}).audit(page(row.html))
			require.NotEmpty(t, problems)
			assert.Contains(t, problems[0], row.want)
		})
	}
}
