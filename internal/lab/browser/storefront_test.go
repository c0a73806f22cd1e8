package browser_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/lab/database"
)

var postgres = database.Shared{Start: database.StartPostgres}

const password = "admin-password-of-the-test"

// newStorefront starts the storefront and returns a buyer's visit.
func newStorefront(t *testing.T, plan ecomtrade24.IntegrationMode, env ...string) *visit {
	t.Helper()
	env = append([]string{"DATA_DIR=" + t.TempDir(), "ADMIN_PASSWORD=" + password, "DRAIN_FOR=0s"}, env...)
	return newVisit(t, "storefront", plan, env...)
}

// onEachDatabase runs the test on both plans, each with SQLite and PostgreSQL.
func onEachDatabase(t *testing.T, story func(v *visit)) {
	t.Helper()
	for _, plan := range plans() {
		for _, kind := range []string{"SQLite", "PostgreSQL"} {
			t.Run(string(plan)+" on "+kind, func(t *testing.T) {
				t.Parallel()
				var env []string
				if kind == "PostgreSQL" {
					env = []string{"DATABASE_URL=" + postgres.New(t)}
				}
				story(newStorefront(t, plan, env...))
			})
		}
	}
}

// fillBasket puts a teapot and two mugs into the basket.
func (v *visit) fillBasket() {
	v.t.Helper()
	for _, product := range []string{"teapot", "mug", "mug"} {
		v.open(v.shop + "/")
		v.click("#add-" + product)
	}
	require.Equal(v.t, "78.95 USD", v.text("#total"))
}

// checkout goes from the filled basket to the gateway's page, and chooses UPI if there is a choice.
func (v *visit) checkout() {
	v.t.Helper()
	v.write("#email", buyer)
	if v.plan == ecomtrade24.ModeSmartRouting {
		v.press("label[for=method-upi]")
	}
	v.click("#pay")
	require.True(v.t, strings.HasPrefix(v.location(), v.gateway.URL+"/pay.php?"), v.location())
	assert.Contains(v.t, v.text("#amount"), "78.95")
	assert.Equal(v.t, buyer, v.session().CustomerEmail)
}

// admin returns the URL of an admin page, with the login of user Ada.
func (v *visit) admin(path string) string {
	return strings.Replace(v.shop, "://", "://Ada:"+password+"@", 1) + "/admin" + path
}
