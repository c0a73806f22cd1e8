package browser_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

var (
	chromium context.Context // the run's only browser; nil if no browser is installed
	programs string          // the folder of the built shops
)

func TestMain(m *testing.M) {
	code, err := runWithBrowser(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// runWithBrowser builds the shops and starts one browser for all tests. The browser resolves only 127.0.0.1.
func runWithBrowser(m *testing.M) (int, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return m.Run(), nil // each test reports that the browser is missing
	}
	dir, err := os.MkdirTemp("", "browser")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	programs = filepath.Join(dir, "bin") + string(filepath.Separator)
	for _, folder := range []string{"../../../examples/shop", "../../../examples/storefront"} {
		build := exec.Command("go", "build", "-o", programs, ".")
		build.Dir, build.Stderr = folder, os.Stderr
		if err := build.Run(); err != nil {
			return 1, fmt.Errorf("cannot build %s: %w", folder, err)
		}
	}
	defer postgres.Remove()

	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(filepath.Join(dir, "profile")), chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Env("TMPDIR="+dir), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
	)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	ctx, stop := chromedp.NewContext(allocator)
	defer stop()
	if err := chromedp.Do(ctx); err != nil {
		return 1, fmt.Errorf("cannot start %s: %w", path, err)
	}
	chromium = ctx
	code := m.Run()
	return code, chromedp.Cancel(ctx) // closes the browser normally, so that it leaves no files in dir
}

// tab is a page in its own browser profile.
type tab struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // chromedp keeps the page in this context
}

// newTab opens a tab. If no browser is installed, newTab skips the test, but fails it in CI.
func newTab(t *testing.T) *tab {
	t.Helper()
	if chromium == nil {
		const missing = "chromium is not installed: apt-get install chromium"
		if os.Getenv("CI") == "true" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	ctx, closeTab := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute) // on a busy machine a test has taken more than a minute
	t.Cleanup(cancel)
	return &tab{t, ctx}
}

// open opens url and waits until the page has loaded.
func (b *tab) open(url string) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, chromedp.Navigate(url)), url)
}

// click waits for the element, clicks it, and waits until the next page has loaded.
func (b *tab) click(selector string) {
	b.t.Helper()
	_, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
	require.NoError(b.t, err, selector)
}

// press clicks an element that does not open another page.
func (b *tab) press(selector string) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible)), selector)
}

func (b *tab) write(selector, text string) {
	b.t.Helper()
	keys := chromedp.SendKeys(chromedp.CSS(selector), text, chromedp.NodeVisible)
	require.NoError(b.t, chromedp.Do(b.ctx, keys), selector)
}

// text returns the element's visible text.
func (b *tab) text(selector string) string {
	b.t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS(selector), chromedp.NodeVisible))
	require.NoError(b.t, err, selector)
	return strings.TrimSpace(text)
}

func (b *tab) location() string {
	b.t.Helper()
	location, err := chromedp.Run(b.ctx, chromedp.Location())
	require.NoError(b.t, err)
	return location
}
