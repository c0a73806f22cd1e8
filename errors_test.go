package ecomtrade24_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

var sentinels = map[string]error{
	"unauthorized":   ecomtrade24.ErrUnauthorized,
	"rate limited":   ecomtrade24.ErrRateLimited,
	"not found":      ecomtrade24.ErrNotFound,
	"invalid domain": ecomtrade24.ErrInvalidDomain,
	"unavailable":    ecomtrade24.ErrUnavailable,
	"email required": ecomtrade24.ErrCustomerEmailRequired,
	"no wallet":      ecomtrade24.ErrNoPayoutWallet,
}

const warning = "<br />\n<b>Warning</b>: x<br />\n"

// apiErrors lists rejections and the APIError that each one causes.
var apiErrors = map[string]struct {
	status  int
	body    string
	code    ecomtrade24.ErrorCode
	message string
	is      string // the only sentinel that matches; empty if none does
}{
	"a code in a 4xx":                                 {422, `{"ok":false,"error":"missing_amount","message":"Say how much"}`, "missing_amount", "Say how much", ""},
	"ok:false in a 200":                               {200, `{"ok":false,"error":"invalid_domain","message":"No"}`, "invalid_domain", "No", "invalid domain"},
	"ok:0 in a 200":                                   {200, `{"ok":0,"error":"rate_limited"}`, "rate_limited", "", "rate limited"},
	"a body with only ok:false":                       {200, `{"ok":false}`, "", "", ""},
	"an ok that is neither true nor false":            {200, `{"ok":"well"}`, "", "", ""},
	"an error without ok":                             {200, `{"error":"unauthorized"}`, "unauthorized", "", "unauthorized"},
	"error is true; the code is in the code field":    {200, `{"error":true,"code":"x"}`, "x", "", ""},
	"the code in the code field":                      {400, `{"code":"valid_customer_email_required"}`, "valid_customer_email_required", "", "email required"},
	"the code in the detail field":                    {400, `{"ok":false,"detail":"missing_merchant_payout_wallet"}`, "missing_merchant_payout_wallet", "", "no wallet"},
	"error is an object with the code":                {400, `{"ok":false,"error":{"code":"invalid_domain","message":"No"}}`, "invalid_domain", "No", "invalid domain"},
	"error is an object and message is outside of it": {400, `{"error":{"code":"a","message":"inner"},"message":"outer"}`, "a", "outer", ""},
	"401":                                  {401, `{"ok":false}`, "", "", "unauthorized"},
	"401 with an unknown code":             {401, `{"ok":false,"error":"invalid_key"}`, "invalid_key", "", "unauthorized"},
	"403":                                  {403, ``, "", "", "unauthorized"},
	"403 without a code":                   {403, `{"ok":false,"message":"No"}`, "", "No", "unauthorized"},
	"403 with the code domain_not_allowed": {403, `{"ok":false,"error":"domain_not_allowed"}`, "domain_not_allowed", "", "invalid domain"},
	// the rejection is not about the key
	"403 with an unknown code":                                {403, `{"ok":false,"error":"merchant_suspended"}`, "merchant_suspended", "", ""},
	"401 with the code domain_not_allowed":                    {401, `{"ok":false,"error":"domain_not_allowed"}`, "domain_not_allowed", "", "invalid domain"},
	"404 with the code unauthorized":                          {404, `{"ok":false,"error":"unauthorized"}`, "unauthorized", "", "unauthorized"},
	"500 with the code rate_limited":                          {500, `{"ok":false,"error":"rate_limited"}`, "rate_limited", "", "rate limited"},
	"a CDN's challenge":                                       {403, "<!DOCTYPE html><title>Just a moment...</title>", "", "", ""},
	"a CDN's XML":                                             {403, `<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>`, "", "", ""},
	"a proxy's own 401":                                       {401, "<html>401 Authorization Required", "", "", ""},
	"a proxy's own 404":                                       {404, "<html>404 Not Found", "", "", ""},
	"a CDN's rate limit":                                      {429, "<html>", "", "", "rate limited"},
	"a CDN's challenge page in a 503":                         {503, "<!doctype html>", "", "", "unavailable"},
	"a proxy requires a password":                             {407, "", "", "", ""},
	"a CDN's text":                                            {403, "error code: 1020", "", "", ""},
	"a proxy's text":                                          {403, "RBAC: access denied", "", "", ""},
	"an HTML page after a byte order mark":                    {403, "\ufeff<!DOCTYPE html>", "", "", ""},
	"an empty list in a 403":                                  {403, "[]", "", "", "unauthorized"}, // PHP's empty object
	"plain text from PHP in a 403":                            {403, "PHP Warning: x", "", "", "unauthorized"},
	"error is a sentence; the code is in the code field":      {403, `{"error":"Domain not allowed","code":"domain_not_allowed"}`, "domain_not_allowed", "Domain not allowed", "invalid domain"},
	"error is a number; the code is in the code field":        {403, `{"error":1,"code":"domain_not_allowed"}`, "domain_not_allowed", "", "invalid domain"},
	"error is the word error; the code is in the code field":  {403, `{"error":"error","code":"domain_not_allowed"}`, "domain_not_allowed", "", "invalid domain"},
	"code is an HTTP status; the code is in the detail field": {403, `{"code":403,"detail":"domain_not_allowed"}`, "domain_not_allowed", "", "invalid domain"},
	"a code in capitals":                                      {403, `{"error":" DOMAIN_NOT_ALLOWED "}`, "domain_not_allowed", "", "invalid domain"},
	"an HTTP status instead of a code":                        {403, `{"code":403,"message":"Forbidden"}`, "", "Forbidden", "unauthorized"},
	"a sentence instead of a code":                            {403, `{"error":"Invalid API key"}`, "", "Invalid API key", "unauthorized"},
	"a PHP warning as HTML in a 403":                          {403, warning, "", "", "unauthorized"},
	"404":                                                     {404, `{"ok":false,"error":"unknown_session"}`, "unknown_session", "", "not found"},
	"429":                                                     {429, ``, "", "", "rate limited"},
	"500":                                                     {500, `{"ok":false,"error":"boom"}`, "boom", "", "unavailable"},
	"502 HTML":                                                {502, "<html><h1>502 Bad Gateway</h1>", "", "", "unavailable"},
	"503 empty":                                               {503, "", "", "", "unavailable"},
	"504 HTML":                                                {504, "<html>", "", "", "unavailable"},
	"a redirect":                                              {302, "", "", "", ""},
	"a permanent redirect":                                    {308, "", "", "", ""},
	"not modified":                                            {304, "", "", "", ""},
	// the code is not read from broken JSON
	"a warning before the JSON": {500, warning + `{"ok":false,"error":"hidden"}`, "", "", "unavailable"},
	"ok:0 in a 201":             {201, `{"ok":"0","error":"x"}`, "x", "", ""},
}

func TestAPIError(t *testing.T) {
	t.Parallel()
	for name, row := range apiErrors {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := talk(t, says(row.status, row.body, "Location", "/base/elsewhere?secret=1"))
			m, err := g.client(t).Me(t.Context())
			assert.Nil(t, m)
			api := as[*ecomtrade24.APIError](t, err)
			foreign := strings.Trim(row.body, " \ufeff") != "" && !strings.ContainsAny(row.body[:1], "{[") &&
				!strings.HasPrefix(row.body, "<br") && !strings.HasPrefix(row.body, "PHP")
			want := &ecomtrade24.APIError{
				StatusCode: row.status, Code: row.code, Message: row.message, FromProxy: foreign, Op: "me", Body: row.body,
			}
			assert.Empty(t, cmp.Diff(want, api, cmpopts.IgnoreFields(ecomtrade24.APIError{}, "Header")))
			assert.Equal(t, foreign, strings.Contains(err.Error(), "a proxy or CDN, and not the gateway, answered"))
			for name, sentinel := range sentinels {
				assert.Equal(t, name == row.is, errors.Is(err, sentinel), name)
			}
			require.ErrorContains(t, err, "ecomtrade24: me: ")
			require.ErrorContains(t, err, strconv.Itoa(row.status))
			assert.NotContains(t, err.Error(), "secret", "no query")
			assert.Len(t, g.seen(), 1, "redirects are not followed")
		})
	}
}

// Every known code matches one sentinel, and the text says what to do.
func TestErrorCode(t *testing.T) {
	t.Parallel()
	rows := map[ecomtrade24.ErrorCode]struct {
		sentinel error
		advice   string
	}{
		ecomtrade24.CodeInvalidDomain:         {ecomtrade24.ErrInvalidDomain, "approved domain"},
		ecomtrade24.CodeDomainNotAllowed:      {ecomtrade24.ErrInvalidDomain, "approved domain"},
		ecomtrade24.CodeCustomerEmailRequired: {ecomtrade24.ErrCustomerEmailRequired, "fill in CustomerEmail"},
		ecomtrade24.CodeNoPayoutWallet:        {ecomtrade24.ErrNoPayoutWallet, "set a payout wallet"},
		ecomtrade24.CodeRateLimited:           {ecomtrade24.ErrRateLimited, "slow down"},
		ecomtrade24.CodeUnauthorized:          {ecomtrade24.ErrUnauthorized, "check the API key"},
	}
	for code, row := range rows {
		err := &ecomtrade24.APIError{StatusCode: http.StatusBadRequest, Op: "me", Code: code}
		require.ErrorIs(t, err, row.sentinel, code)
		matches := 0
		for _, sentinel := range sentinels {
			if errors.Is(err, sentinel) {
				matches++
			}
		}
		assert.Equal(t, 1, matches, code)
		assert.Contains(t, err.Error(), " 400 "+string(code)+": ")
		assert.Contains(t, err.Error(), row.advice)
	}
}

// errors.As finds a field's error in the ValidationError, and the field's error can be printed alone.
func TestValidationError_Unwrap(t *testing.T) {
	t.Parallel()
	g := talk(t, says(200, sessionJSON))
	_, err := g.client(t).CreateSession(t.Context(), ecomtrade24.SessionParams{Domain: "https://shop.example"})
	all := as[*ecomtrade24.ValidationError](t, err)
	require.Len(t, all.Fields, 4)
	first := as[*ecomtrade24.FieldError](t, err)
	require.EqualError(t, first,
		`ecomtrade24: Domain (domain) must be a bare host name such as "shop.example", without scheme, port or path`)
	for i := range all.Fields {
		require.ErrorIs(t, err, &all.Fields[i])
		require.ErrorContains(t, err, strings.TrimPrefix(all.Fields[i].Error(), "ecomtrade24: "))
	}
	assert.Empty(t, g.seen())
}

// The error for a 404 mentions the session ID only after a status lookup, since no other call sends an ID.
func TestAPIError_notFound(t *testing.T) {
	t.Parallel()
	for op, advice := range map[string]string{
		"status":         ": check the session id, the base URL and WithDeployment",
		"me":             ": check the base URL and its path",
		"create session": ": check the base URL and its path",
	} {
		err := &ecomtrade24.APIError{StatusCode: http.StatusNotFound, Op: op}
		require.EqualError(t, err, "ecomtrade24: "+op+": the gateway answered 404"+advice)
	}
}

// docs/protocol.md lists the declared codes, each next to its constant.
func TestErrorCode_documented(t *testing.T) {
	t.Parallel()
	source, err := parser.ParseFile(token.NewFileSet(), "errors.go", nil, 0)
	require.NoError(t, err)
	declared := map[string]string{}
	ast.Inspect(source, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "ErrorCode" {
			declared[spec.Names[0].Name] = strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`)
		}
		return true
	})
	require.NotEmpty(t, declared)
	page, err := os.ReadFile("docs/protocol.md")
	require.NoError(t, err)
	documented := map[string]string{}
	rows := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| `(\\w+)` \\|").FindAllStringSubmatch(string(page), -1)
	for _, row := range rows {
		documented[row[2]] = row[1]
	}
	assert.Empty(t, cmp.Diff(declared, documented))
}

// An APIError and a DecodeError keep the headers that a support team needs, and no others.
func TestErrors_keepSupportHeaders(t *testing.T) {
	t.Parallel()
	for status, body := range map[int]string{500: "", 200: "<html>"} {
		_, err := talk(t, says(status, body, "Date", "Sun, 22 Nov 2026 06:15:57 GMT", "Server", "cloudflare",
			"CF-Ray", "8c1a-FRA", "X-Request-ID", "req "+testKey, "X-Correlation-Id", strings.Repeat("x", 300),
			"Set-Cookie", "MARKER", "X-Echo", "MARKER", "Location", "/MARKER")).client(t).Me(t.Context())
		want := http.Header{
			"Date": {"Sun, 22 Nov 2026 06:15:57 GMT"}, "Server": {"cloudflare"}, "Cf-Ray": {"8c1a-FRA"},
			"X-Request-Id": {"req [redacted]"}, "X-Correlation-Id": {strings.Repeat("x", 256)},
		}
		var api *ecomtrade24.APIError
		var decode *ecomtrade24.DecodeError
		if errors.As(err, &api) {
			assert.Empty(t, cmp.Diff(want, api.Header))
		} else if assert.ErrorAs(t, err, &decode) {
			assert.Empty(t, cmp.Diff(want, decode.Header))
		}
		assert.NotContains(t, err.Error(), "8c1a-FRA", "the error text leaves out the headers")
	}
}

// The error for a 403 or 503 with a web page says what may have happened and does not mention the key.
func TestAPIError_fromProxy(t *testing.T) {
	t.Parallel()
	for _, status := range []int{403, 503} {
		_, err := talk(t, says(status, "<html>Attention Required!")).client(t).Me(t.Context())
		require.EqualError(t, err, fmt.Sprintf("ecomtrade24: me: a proxy or CDN, and not the gateway, answered %d"+
			": it may block or challenge this server; let the gateway's support allow its address", status))
	}
}

func TestAPIError_okNull(t *testing.T) {
	t.Parallel()
	_, err := talk(t, says(200, `{"ok":null,"error":null}`)).client(t).Me(t.Context())
	require.NoError(t, err, "null means not set")
}

func TestAPIError_RetryAfter(t *testing.T) {
	t.Parallel()
	g := talk(t, says(429, "", "Retry-After", "120"))
	_, err := g.client(t, withRetries()).CreateSession(t.Context(), params())
	api := as[*ecomtrade24.APIError](t, err)
	assert.Equal(t, 2*time.Minute, api.RetryAfter)
	assert.Len(t, g.seen(), 1, "the caller decides whether to wait that long")
}

func TestDecodeError(t *testing.T) {
	t.Parallel()
	big := `{"ok":true,"x":"` + strings.Repeat("x", 64<<20) + `"}`
	rows := map[string]struct {
		status    int
		body, why string
	}{
		"HTML":                       {200, "<html>hello</html>", "HTML"},
		"a PHP warning before JSON":  {200, "<br />\n<b>Warning</b>: x<br />\n" + sessionJSON, "PHP message"},
		"a PHP notice after JSON":    {200, sessionJSON + "<br />", "broken"},
		"empty":                      {200, "", "empty"},
		"no content":                 {204, "", "empty"},
		"cut":                        {200, sessionJSON[:60], "cut short"},
		"a list":                     {200, "[" + sessionJSON + "]", "not one object"},
		"null":                       {200, "null", "not one object"},
		"64 MiB":                     {200, big, "larger than 1048576 bytes"},
		"no checkout_url":            {200, `{"ok":true,"session_id":1}`, "no checkout_url"},
		"null checkout_url":          {200, `{"ok":true,"session_id":1,"checkout_url":null}`, "no checkout_url"},
		"empty checkout_url":         {200, `{"ok":true,"session_id":1,"checkout_url":""}`, "no checkout_url"},
		"checkout_url as an object":  {200, `{"ok":true,"session_id":1,"checkout_url":{}}`, "checkout_url is an object"},
		"a javascript: checkout_url": {200, `{"ok":true,"session_id":1,"checkout_url":"javascript:alert(1)"}`, "absolute http"},
		"no session_id":              {200, `{"ok":true,"checkout_url":"https://pay.example/1"}`, "no session_id"},
		"session_id of space":        {200, `{"ok":true,"session_id":" ","checkout_url":"https://pay.example/1"}`, "session_id"},
		"session_id with a tab":      {200, `{"ok":true,"session_id":"12345\t","checkout_url":"https://pay.example/1"}`, "session_id"},
		"session_id 0":               {200, `{"ok":true,"session_id":0,"checkout_url":"https://pay.example/1"}`, "no session_id"},
		"session_id \"0\"":           {200, `{"ok":true,"session_id":"0","checkout_url":"https://pay.example/1"}`, "no session_id"},
		"session_id false":           {200, `{"ok":true,"session_id":false,"checkout_url":"https://pay.example/1"}`, "no session_id"},
		"session_id true":            {200, `{"ok":true,"session_id":true,"checkout_url":"https://pay.example/1"}`, "session_id is a boolean"},
		"checkout_url false":         {200, `{"ok":true,"session_id":1,"checkout_url":false}`, "no checkout_url"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := talk(t, says(row.status, row.body)).client(t).CreateSession(t.Context(), params())
			assert.Nil(t, s)
			decode := as[*ecomtrade24.DecodeError](t, err)
			kept := row.body[:min(len(row.body), 2048)]
			want := &ecomtrade24.DecodeError{StatusCode: row.status, Op: "create session", Body: kept}
			assert.Empty(t, cmp.Diff(want, decode, cmpopts.IgnoreFields(ecomtrade24.DecodeError{}, "Err", "Header")))
			require.ErrorContains(t, err, row.why)
			require.ErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown, "the session may exist")
		})
	}
}

// The body is shorter than its Content-Length.
func TestDecodeError_cutConnection(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "500")
		_, _ = io.WriteString(w, paidJSON)
	})
	_, err := newClient(t, url, withoutRetries()).Status(t.Context(), "12345")
	decode := as[*ecomtrade24.DecodeError](t, err)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, paidJSON, decode.Body, "the error keeps the JSON although the response is incomplete")
}

func TestErrors_keepTheFirst2KiB(t *testing.T) {
	t.Parallel()
	_, err := talk(t, says(500, strings.Repeat("y", 5000))).client(t).Me(t.Context())
	api := as[*ecomtrade24.APIError](t, err)
	assert.Equal(t, strings.Repeat("y", 2048), api.Body)
}

func TestValidationError_text(t *testing.T) {
	t.Parallel()
	err := &ecomtrade24.ValidationError{Op: "create session", Fields: []ecomtrade24.FieldError{
		{Field: "domain", Reason: "must x"}, {Field: "amount", Reason: "must y"},
	}}
	assert.Equal(t, "ecomtrade24: create session: nothing was sent: domain must x; amount must y", err.Error())
}

func TestTransportErrors_sayWhatHappened(t *testing.T) {
	t.Parallel()
	for want, cause := range map[string]error{
		"the caller gave up":           context.Canceled,
		"no response in time":          context.DeadlineExceeded,
		"lookup pay.example":           &net.DNSError{Err: "no such host", Name: "pay.example", IsNotFound: true},
		"tls: handshake failure":       tls.AlertError(40),
		"read failed":                  &net.OpError{Op: "read", Err: errors.New("MARKER")},
		"closed before the response":   io.EOF,
		"a reason that is not shown":   errors.New("MARKER"),
		"no response in time: context": &net.OpError{Op: "read", Err: context.DeadlineExceeded},
	} {
		_, err := talk(t, fails(cause)).client(t).Me(t.Context())
		require.ErrorContains(t, err, want)
		require.ErrorIs(t, err, cause, "the error wraps its cause")
		assert.NotContains(t, err.Error(), "MARKER")
	}
}

// FuzzAPIError checks that for any body of a rejection, the APIError's text contains only the operation, the status, a
// plain code and advice.
func FuzzAPIError(f *testing.F) {
	f.Add(422, []byte(`{"ok":false,"error":{"code":"invalid_domain","message":"No"}}`))
	f.Add(200, []byte(`{"ok":false,"error":"a b<c>","code":7,"detail":[]}`))
	f.Add(503, []byte("<html>"))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		status = 300 + (status%300+300)%300
		_, err := talk(t, says(status, string(body))).client(t).Me(t.Context())
		api := as[*ecomtrade24.APIError](t, err)
		require.Equal(t, status, api.StatusCode)
		text := string(bytes.ReplaceAll(body, []byte(testKey), []byte("[redacted]")))
		require.Equal(t, text[:min(len(text), 2048)], api.Body)
		for _, r := range api.Error() {
			require.True(t, r >= ' ' && r <= '~' && !strings.ContainsRune("<>{}\"", r), "%q", api.Error())
		}
	})
}

// The IDs come from the gateway's response, so an error text shows only those that look like IDs.
func TestMethodError_showsOnlyIDs(t *testing.T) {
	t.Parallel()
	methods := []string{"card", "a\nlevel=error msg=forged", "Bearer " + testKey}
	for i := range 30 {
		methods = append(methods, "m"+strconv.Itoa(i))
	}
	text := (&ecomtrade24.MethodError{Available: methods}).Error()
	assert.Equal(t, "ecomtrade24: checkout: Smart Routing needs a method: "+
		"choose one of card, m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, 13 more in Available", text)
}
