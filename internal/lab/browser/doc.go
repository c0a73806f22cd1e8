// Package browser contains only tests. In a real browser the tests buy in the example shop and the storefront, and pay
// on the hosted page of package gatewaytest.
package browser
