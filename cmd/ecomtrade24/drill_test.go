package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A correct shop in any language fails no scenario.
func TestDrill_correctShops(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		shop foreign
		gaps []string // gaps of this shop, without the gaps that all shops have
	}{
		"node":   {nodeShop(), nil},
		"php":    {phpShop(), []string{"Order returns no invoice number", "Order returns no side effects"}},
		"python": {pythonShop(), nil},
		"byhand": {byhandShop(t), []string{
			"Order returns no invoice number", "Order returns no side effects", "needs --totals and --total",
			"the return URL names its order in the path",
			"this shop sells nothing while cards are the only method of its plan",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, output := row.shop.drills(t, "")
			assert.Zero(t, code, output)
			assert.Regexp(t, `(?m)^total +\d+ +0 +\d+$`, output)
			var gaps []string
			for _, found := range regexp.MustCompile(`(?m)^  \d+ scenarios?: (.+)$`).FindAllStringSubmatch(output, -1) {
				gaps = append(gaps, regexp.MustCompile(`such as \w+`).ReplaceAllString(found[1], "such as ID"))
			}
			assert.ElementsMatch(t, append(row.gaps,
				"needs shoptest, which can make single statements fail",
				"needs --domain",
				"the shop's order IDs, such as ID, cannot be changed this way",
				"an order's return URL cannot be guessed from another order's URL"), gaps)
		})
	}
}

// With -update this test drills a shop that ignores the currency, and writes the output to docs/pictures. The browser
// tests take a picture of that output.
func TestDrill_picture(t *testing.T) {
	t.Parallel()
	if !*update {
		t.Skip("only with -update")
	}
	var settings strings.Builder
	shop := phpShop()
	for flag := range slices.Chunk(shop.args[:len(shop.args)-len(storage)], 2) {
		fmt.Fprintf(&settings, "@%s = %s\n", strings.TrimPrefix(flag[0], "--"), flag[1])
	}
	file := filepath.Join(t.TempDir(), "shop.http")
	require.NoError(t, os.WriteFile(file, []byte(settings.String()), 0o600))
	shop.args = []string{"--file", file}
	_, output := shop.drills(t, "currency", "--only", "money")
	_, found, _ := strings.Cut(output, "\n\nmoney\n")
	require.Contains(t, found, "FAILED", output)
	found = regexp.MustCompile(`--shop=.*?--file=\S+/`).ReplaceAllString(found, "--file=")
	text := "$ ecomtrade24 drill --file=shop.http --only=money\n\nmoney\n" + found
	require.NoError(t, os.WriteFile("../../docs/pictures/examination.txt", []byte(text), 0o600))
}

// The drill finds each fault planted into a shop.
func TestDrill_faults(t *testing.T) {
	t.Parallel()
	node, php, python := nodeShop(), phpShop(), pythonShop()
	loud := node
	loud.loud = true
	for _, row := range []struct {
		shop         foreign
		fault, found string
	}{
		{node, "parsed", "the signature is verified over the raw body"},
		{node, "chunk", "a slowly sent webhook is accepted"},
		{node, "float", "an amount with an exponent does not mark the order paid"},
		{node, "status", "a payment followed by a webhook with status expired ships once"},
		{node, "twice", "a repeated webhook ships nothing more"},
		{node, "swallowed", "a webhook that could not be stored is not acknowledged"},
		{node, "return", "the return page of an unpaid order does not say paid"},
		{node, "await", "the Reconcile hook finds a payment whose webhook was lost"},
		{node, "bigint", "a session ID above 2^53 is looked up"},
		{loud, "log", "the log contains no webhook body"},
		{php, "optional", "an unsigned webhook is rejected"},
		{php, "header", "a signature in X-Webhook-Signature is accepted"},
		{php, "loose", "an amount with an exponent does not mark the order paid"},
		{php, "currency", "a payment in another currency does not mark the order paid"},
		{php, "test", "a test webhook does not mark a real order paid"},
		{php, "race", "a payment delivered sixteen times in parallel ships once"},
		{php, "query", "a status in the query string is ignored"},
		{php, "xss", "the return page escapes text from its query string"},
		{php, "unknown", "a webhook for an unknown order causes no server error"},
		{php, "cancel", "visiting the cancel URL does not block a payment"},
		{python, "zip", "a truncated signature is rejected"},
		{python, "exponent", "an amount with an exponent does not mark the order paid"},
		{python, "expired", "a payment after a webhook with status expired marks the order paid"},
		{python, "sql", "an order ID with an SQL injection does not match"},
		{python, "case", "an order ID in another letter case does not match"},
		{python, "seen", "a webhook that could not be stored is not acknowledged"},
		{python, "lock", "a call that gets no response from the gateway blocks only its own buyer"},
		{python, "fold", "a webhook with status paid plus a no-break space does not mark the order paid"},
		{python, "again", "the Pay again button opens no session while a payment is processing"},
		{python, "points", "a repeated webhook ships nothing more"},
	} {
		t.Run(filepath.Base(row.shop.program)+"/"+row.fault, func(t *testing.T) {
			t.Parallel()
			row.shop.fails(t, row.fault, row.found)
		})
	}
}

// The drill finds each fault planted into the Go shop.
func TestDrill_byhandFaults(t *testing.T) {
	t.Parallel()
	const (
		settles = "Amount: price, Currency: currency})\n\tif o == nil ||"
		hook    = "webhook.NewHandler(verifier, s.apply)"
		apply   = "return s.change(func(orders map[string]*order) { orders[event.OrderID]"
	)
	for name, row := range map[string]struct {
		found string
		fault []string // pairs of old and new source
	}{
		"amount":   {"a payment of 0.01 does not mark the order paid", []string{settles, strings.Replace(settles, "price", "p.Amount", 1)}},
		"currency": {"a payment in another currency does not mark the order paid", []string{settles, strings.Replace(settles, "currency", "p.Currency", 1)}},
		"letters":  {"the currency usd matches USD", []string{settles, settles + ` p.Paid() && p.Currency != currency ||`}},
		"expired": {"a payment followed by a webhook with status expired ships once", []string{
			settles, strings.Replace(settles, "\n", "\n\tif o != nil && p.Status.Final() { o.Paid = false }\n", 1),
		}},
		"prefix": {"a signature with the prefix sha256= is accepted", []string{hook, `http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.Header.Get("X-Signature"), "=") {
				http.Error(w, "no hex digits", http.StatusUnauthorized)
				return
			}
			` + hook + `.ServeHTTP(w, r)
		})`}},
		"read": {"a slowly sent webhook is accepted", []string{`import (`, `import ("bytes"; "io"`, hook, `http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body := make([]byte, 64<<10)
			n, _ := r.Body.Read(body)
			r.Body = io.NopCloser(bytes.NewReader(body[:n]))
			` + hook + `.ServeHTTP(w, r)
		})`}},
		"early": {"a webhook that could not be stored is not acknowledged", []string{
			hook, `webhook.NewHandler(verifier, func(_ context.Context, event *ecomtrade24.Event) error {
				go s.apply(context.Background(), event)
				return nil
			})`,
		}},
		"race": {"a payment delivered sixteen times in parallel ships once", []string{apply, `
			orders, _ := s.load()
			open := orders[event.OrderID] != nil && !orders[event.OrderID].Paid
			time.Sleep(time.Second)
			return s.change(func(orders map[string]*order) {
				if open {
					orders[event.OrderID].Paid = false
				}
				orders[event.OrderID]`}},
		"memory":   {"a restart loses no payment", []string{`"/orders.json"`, `fmt.Sprint("/orders", os.Getpid())`}},
		"payments": {"an order with two paid sessions ships once", []string{`err == nil && !o.Paid:`, `err == nil && (!o.Paid || o.SessionID != p.SessionID):`}},
		"other":    {"a lookup response for another order does not mark the order paid", []string{`status.OrderID == id`, `id != ""`}},
		"session":  {"the Reconcile hook finds a payment whose webhook was lost", []string{`SessionID: session.ID, Status:`, `Status:`}},
		"redirect": {"the return page does not redirect to another site", []string{`w http.ResponseWriter, _ *http.Request, o *order) error {`, `w http.ResponseWriter, r *http.Request, o *order) error {
			if next := r.URL.Query().Get("next"); next != "" {
				http.Redirect(w, r, next, http.StatusSeeOther)
			}`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			byhandShop(t, row.fault...).fails(t, name, row.found)
		})
	}
}

// Example shops are for reading, so each has at most 200 lines.
func TestShops_short(t *testing.T) {
	t.Parallel()
	const shops = "testdata/shops/"
	for _, pattern := range []string{
		shops + "shop.mjs", shops + "shop.php", shops + "shop.py", shops + "byhand/*", "../../examples/frameworks/chipgx/*",
	} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		lines := 0
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			lines += bytes.Count(content, []byte("\n"))
		}
		assert.Positive(t, lines, pattern)
		assert.LessOrEqual(t, lines, 200, pattern)
	}
}

// A drill stops if the shop cannot be examined. The JSON and JUnit reports agree.
func TestDrill_reports(t *testing.T) {
	t.Parallel()
	stranger := nodeShop()
	stranger.secret = "another"
	code, output := stranger.drills(t, "")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, output, "responds 401 to a correctly signed webhook: check that the shop has this gateway's secret")
	assert.Contains(t, output, "The shop cannot be examined, so nothing else was played.")

	code, output = nodeShop().drills(t, "", "--html", filepath.Join(t.TempDir(), "none", "report.html"))
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, output, "--html: no such file or directory: name a writable file")
	assert.NotContains(t, output, "The drill runs")

	file := filepath.Join(t.TempDir(), "drill.xml")
	code, output = nodeShop().drills(t, "twice",
		"--only", "duplicates/a repeated webhook", "--only", "domain", "--json", "--junit", file)
	assert.Equal(t, exitFailed, code)
	var last struct{ Passed, Failed, Skipped int }
	lines := strings.Split(strings.TrimSpace(output), "\n")
	for _, line := range lines {
		require.True(t, json.Valid([]byte(line)), line)
	}
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &last))
	assert.Positive(t, last.Failed)
	assert.Equal(t, 1, last.Skipped)
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	var suites junitSuites
	require.NoError(t, xml.Unmarshal(content, &suites))
	failures, skips := 0, 0
	for _, suite := range suites.Suites {
		failures += suite.Failures
		skips += suite.Skipped
	}
	assert.Equal(t, last.Failed, failures)
	assert.Equal(t, last.Skipped, skips)
}
