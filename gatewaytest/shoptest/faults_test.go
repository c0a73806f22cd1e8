package shoptest_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest/shoptest"
	"github.com/ecomtrade24/ecomtrade24-go/internal/exam"
)

// faults are planted into the small shop, one at a time, each with the scenario that was made for it.
var faults = []struct{ fault, found string }{
	{"X-Webhook-Signature is not looked at", "X-Webhook-Signature is looked at"},
	{"a body that ends early stops the shop", "a sender that stops in the middle of a webhook stops nothing"},
	{"a cancelled order cannot be paid", "cancelled, then paid pays"},
	{"a comma is read as a point", "an amount with a comma does not pay"},
	{"a declined order cannot be paid", "declined, then paid pays"},
	{"a list without methods is remembered for ever", "methods that are not offered for a while stop no purchase for good"},
	{"a payment is known by its transaction", "the same payment without its transaction ships once"},
	{"a payment of an unknown order is the newest order's", "an order that does not exist stops nothing"},
	{"a payment without an order is the newest order's", "a payment without an order id stops nothing"},
	{"a restart forgets what was not paid", "a restart forgets no order"},
	{"a second payment is told to nobody", "the second of two paid sessions is reported to a person"},
	{"a second session ships again", "two paid sessions ship once"},
	{"a signature is compared as far as it goes", "a signature cut short pays nothing"},
	{"a signature must be bare", "a signature with sha256= in front is taken"},
	{"a signature must have sha256= in front", "a bare signature in X-Signature is taken"},
	{"a status is paid if it begins so", "a status that begins with paid is not paid"},
	{"a test pays", "a test with a real order pays nothing"},
	{"a webhook is acknowledged before it is stored", "a webhook that could not be stored is not acknowledged"},
	{"a webhook is marked as seen before the work, and the work ends with the sender", "a sender that hangs up early loses nothing"},
	{"a webhook without a signature passes", "an unsigned webhook pays nothing"},
	{"a wrong amount is told to nobody", "too little is reported to a person"},
	{"amounts are compared as text", "the same amount in another spelling pays"},
	{"an amount of zero is what is due", "nothing does not pay"},
	{"an empty signature passes", "an empty signature pays nothing"},
	{"an expired order cannot be paid", "expired, then paid pays"},
	{"an odd order id stops the shop", "an order id with quotes and markup stops nothing"},
	{"an order is found by its session", "a webhook before the session's response pays"},
	{"an order is stored only after the gateway's response", "a webhook before the session's response pays"},
	{"an order whose session failed is deleted", "a session whose response was lost still pays its order"},
	{"an unknown status takes a payment back", "paid, then a status that nobody knows stays paid"},
	{"any signature header will do", "a signature in another header pays nothing"},
	{"cancelled takes a payment back", "paid, then cancelled stays paid"},
	{"catching up does not compare the amount", "catching up does not pay too little"},
	{"catching up ships again", "what was caught up with is not shipped again"},
	{"catching up ships whatever it finds", "catching up does not pay what is not paid"},
	{"declined takes a payment back", "paid, then declined stays paid"},
	{"each kind of event ships", "the same payment under the other event type ships once"},
	{"each webhook ships", "the same webhook again ships nothing more"},
	{"every end is paid", "what has ended without a payment is not paid"},
	{"every payment is the newest order's", "one order's payment pays no other order"},
	{"everything waits while the gateway is called", "a gateway that hangs stops nobody but its own buyer"},
	{"expired takes a payment back", "paid, then expired stays paid"},
	{"garbage stops the shop", "garbage does not stop the shop"},
	{"more than is due is taken silently", "too much is reported to a person"},
	{"no amount is what is due", "a payment without an amount ships nothing until the amount is known"},
	{"no currency is the shop's own", "a payment without a currency ships nothing until the currency is known"},
	{"nobody asks about lost webhooks", "a webhook that never comes is made up for"},
	{"one failure of the gateway closes the checkout for good", "a gateway that fails stops one purchase and no more"},
	{"one read is the whole body", "a webhook that comes slowly is taken"},
	{"only X-Signature is looked at", "X-Ecomtrade24-Signature is looked at"},
	{"only an order's first session counts", "declined in one session, paid in a second"},
	{"only an order's last session counts", "a new session's end does not touch the payment in the old one"},
	{"only payment.session is handled", "payment.completed alone pays"},
	{"orders are kept in memory", "a restart forgets no payment"},
	{"processing is never left", "pending, processing, paid pays once"},
	{"processing is paid", "what is under way is not paid"},
	{"processing takes a payment back", "paid, then processing stays paid"},
	{"review is never left", "review, then paid pays"},
	{"the amount is compared as a float", "an amount with an exponent does not pay"},
	{"the amount is not compared", "a cent pays for nothing dearer"},
	{"the amount is rounded", "one cent too little does not pay"},
	{"the body is read before it is signed", "the signature of an empty body pays nothing"},
	{"the currency is not compared", "another currency does not pay"},
	{"the domain is not compared", "a payment of another shop's domain pays nothing"},
	{"the end of a signature is not compared", "a signature that is wrong in its last digit pays nothing"},
	{"the first status decides", "pending, processing, paid pays once"},
	{"the newest status wins", "paid, then expired stays paid"},
	{"the order is looked at before it is locked", "the same payment sixteen times at once ships once"},
	{"the plan is read once and never again", "a plan that changes stops no purchase for good"},
	{"the return page always says paid", "coming back proves no payment"},
	{"the return page never says paid", "the return page of a paid order says so"},
	{"the return page shows the newest payment", "the return page of one order says nothing of another"},
	{"the return page shows the session's word", "the return page of a wrong amount does not say paid"},
	{"the return page thanks for a session that is over", "the return page of an expired session says nothing of a payment"},
	{"the secret is not part of the signature", "a webhook signed with another secret pays nothing"},
	{"the sign of the amount is not looked at", "a negative amount does not pay"},
	{"the signature is checked over JSON that was written again", "the signature is that of the body as it came"},
	{"the signature is not checked", "an unsigned webhook pays nothing"},
	{"the status test pays", "the status test pays nothing"},
	{"what is not refused is paid", "a status that nobody knows is not paid"},
	{"what was paid too little is added up", "the rest of too little is not guessed"},
	{"what was shipped is remembered in memory", "a restart ships nothing twice"},
}

var update = flag.Bool("update", false, "write docs/shoptest.md again")

const page = "../../docs/shoptest.md"

// Each fault is found by the scenario that was made for it, and each scenario finds one: so none of them says yes to
// everything.
func TestFaults(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for _, row := range faults {
		var failed []string
		for _, s := range exam.Scenarios() {
			failure := shoptest.Examine(t, s, func(_ *testing.T, g *gatewaytest.Gateway) shoptest.Shop {
				return newSmallShop(g, variant{}, row.fault).shop()
			})
			if failure == nil {
				continue
			}
			assert.False(t, failure.Unfit, "%s: %v", row.fault, failure)
			failed = append(failed, s.Name)
			found[s.Name] = true
		}
		assert.Contains(t, failed, row.found, row.fault)
	}
	for _, s := range exam.Scenarios() {
		assert.True(t, found[s.Name], "%s finds no fault", s.Name)
		assert.NotEmpty(t, s.Costs, s.Name)
		assert.NotEmpty(t, s.Mend, s.Name)
	}
	want := write()
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(want), 0o600))
	}
	got, err := os.ReadFile(page)
	require.NoError(t, err)
	assert.True(t, want == string(got), page+" is not current: go test ./gatewaytest/shoptest -run TestFaults -update")
}

// write is the page.
func write() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# The examination of a shop

The package [gatewaytest/shoptest](../gatewaytest/shoptest) plays %d scenarios against a merchant's own shop, and
the command [ecomtrade24 drill](cli.md#ecomtrade24-drill) plays them against a running shop in any language. That they
can tell is shown by %d faults, which are planted one at a time into a small shop: each is found, and each scenario
finds at least one. Without a fault four honest variants of that shop pass everything: one that does the work before it
responds, one that does it later and keeps no list for a person, one that asks the gateway before it ships, and one that
leads the buyer back to a session that is open still. This page is written by the test that shows it.

<picture>
<source media="(prefers-color-scheme: dark)" srcset="pictures/examination-dark.png">
<img src="pictures/examination.png" alt="What drill says of a shop that does not look at the currency.">
</picture>

`, len(exam.Scenarios()), len(faults))
	group := ""
	for _, s := range exam.Scenarios() {
		if s.Group != group {
			if group != "" {
				b.WriteString("\n")
			}
			group = s.Group
			fmt.Fprintf(&b, "## %s%s\n\n| the shop must pass | a shop that does not |\n|---|---|\n",
				strings.ToUpper(group[:1]), group[1:])
		}
		fmt.Fprintf(&b, "| %s | %s |\n", s.Name, s.Costs)
	}
	b.WriteString("\n## Planted faults\n\n| fault | found by |\n|---|---|\n")
	for _, row := range faults {
		fmt.Fprintf(&b, "| %s | %s |\n", row.fault, row.found)
	}
	return b.String()
}
