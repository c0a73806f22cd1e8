// Package browser holds only tests: they buy, pay and come back in a real browser, with the example shop, the
// storefront and the hosted page of package gatewaytest. It is a module of its own so that the SDK's module does not
// need the browser's driver.
package browser
