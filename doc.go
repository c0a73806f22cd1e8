// Package ecomtrade24 is a merchant's client of a hosted-checkout gateway (Fiavex Pay, EcomTrade24 Pay).
package ecomtrade24
