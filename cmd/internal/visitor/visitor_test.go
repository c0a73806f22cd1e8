package visitor_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/cmd/internal/visitor"
)

func TestPattern(t *testing.T) {
	t.Parallel()
	page := &visitor.Page{HTML: true, Body: []byte(`<style>Paid{}</style><script>"Paid"</script><h1>Not
		<b>paid</b></h1><p>Paid &amp; sent</p><i data-n="3">Paid</i>`)}
	object := &visitor.Page{Body: []byte(`
		{"a":{"b":[{"state":"paid","n":2,"yes":true,"no":false,"none":null,"of":[1,2,3],"minus":-1,"half":0.5}]}}`)}
	for _, row := range []struct {
		pattern string
		page    *visitor.Page
		count   int
	}{
		{"text:Paid", page, 2},
		{"text:Not  paid", page, 1},
		{"text:Paid & sent", page, 1},
		{"text:Refunded", page, 0},
		{`match:data-n="(\d+)"`, page, 3},
		{`match:data-x="(\d+)"`, page, 0},
		{"match:[Pp]aid", page, 5},
		{"json:a.b.0.state=paid", object, 1},
		{"json:a.b.0.state=open", object, 0},
		{"json:a.b.0.state", object, 1},
		{"json:a.b.0.n", object, 2},
		{"json:a.b.0.of", object, 3},
		{"json:a.b.0.yes", object, 1},
		{"json:a.b.0.no", object, 0},
		{"json:a.b.0.none", object, 0},
		{"json:a.b.1.n", object, 0},
		{"json:a.b.x", object, 0},
		{"json:a.b.0.state.x", object, 0},
		{"json:a", page, 0},
	} {
		p, err := visitor.ParsePattern(row.pattern)
		require.NoError(t, err, row.pattern)
		n, err := p.Count(row.page)
		require.NoError(t, err, row.pattern)
		assert.Equal(t, row.count, n, row.pattern)
		assert.Equal(t, row.count > 0, p.In(row.page), row.pattern)
	}
	for pattern, page := range map[string]*visitor.Page{
		"match:(P)aid": page, "json:a.b.0.minus": object, "json:a.b.0.half": object,
	} {
		p, err := visitor.ParsePattern(pattern)
		require.NoError(t, err, pattern)
		_, err = p.Count(page)
		require.ErrorContains(t, err, "is not a count", pattern)
		assert.False(t, p.In(page), pattern)
	}
}

// A visitor keeps cookies, follows redirects within the shop, and takes values from one page to the next.
func TestVisitor(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /basket", func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "a mug", r.PostFormValue("item"))
		http.SetCookie(w, &http.Cookie{Name: "token", Value: "c%3D1", Path: "/"})
		http.Redirect(w, r, "/checkout", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /checkout", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<meta name="m" content="meta"><form><input name="csrf" value="a&amp;b"></form>`)
	})
	mux.HandleFunc("POST /checkout", func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "a&b", r.PostFormValue("csrf"))
		assert.Equal(t, "c=1", r.Header.Get("X-Token"))
		assert.Equal(t, "meta", r.URL.Query().Get("m"))
		fmt.Fprint(w, `{"next":{"id":7}}`)
	})
	mux.HandleFunc("POST /pay/7/O%2F1", func(w http.ResponseWriter, r *http.Request) {
		assert.NotEmpty(t, r.Header.Get("Origin"))
		http.Redirect(w, r, "https://pay.example/pay.php?session=1", http.StatusSeeOther)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	base, err := url.Parse(server.URL)
	require.NoError(t, err)
	file, err := visitor.ParseFile(`
# a comment
@shop = x

### buy: a basket
POST /basket item=a+mug

### buy
POST /checkout?m={field:m} HTTP/1.1
Content-Type: application/x-www-form-urlencoded
X-Token: {cookie:token}

csrf={field:csrf}

### buy
POST https://public.example/pay/{json:next.id}/{order}
`)
	require.NoError(t, err)
	assert.Equal(t, []visitor.Setting{{Name: "shop", Value: "x", Line: 3, Column: 9}}, file.Settings)
	var steps []visitor.Request
	for _, step := range file.Steps {
		assert.Equal(t, "buy", step.Name)
		steps = append(steps, step.Request)
	}
	steps[0].Body = "item=a+mug"
	v := visitor.New(base, http.DefaultTransport, time.Minute)
	page, err := v.Visit(t.Context(), steps, "O/1")
	require.NoError(t, err)
	assert.Equal(t, "https://pay.example/pay.php?session=1", page.Location)

	_, err = v.Visit(t.Context(), steps[1:2], "O/1")
	require.ErrorContains(t, err, `the previous steps have no field "m"`)
}

// A rejected step ends the visit. The error mentions a missing CSRF token.
func TestVisitor_rejected(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /buy", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	server := httptest.NewServer(mux)
	defer server.Close()
	base, err := url.Parse(server.URL)
	require.NoError(t, err)
	for text, want := range map[string]string{
		"GET /nowhere": "GET /nowhere responds 404 Not Found",
		"POST /buy": "POST /buy responds 403 Forbidden; if the form has a CSRF token, open its page in an earlier step " +
			"and send the token as {field:NAME}",
	} {
		r, err := visitor.ParseRequest(text)
		require.NoError(t, err)
		_, err = visitor.New(base, http.DefaultTransport, time.Minute).Visit(t.Context(), []visitor.Request{r}, "")
		require.EqualError(t, err, want)
	}
}
