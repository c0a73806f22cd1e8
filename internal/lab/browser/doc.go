// Package browser holds only tests: they buy, pay and come back in a real browser, with the example shop, the
// storefront and the hosted page of package gatewaytest.
package browser
