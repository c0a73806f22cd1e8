package main

// What the shopkeeper reads about a payment: what is wrong, what to do, and what each decision does.

import (
	"fmt"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
)

func (p payment) sum() string { return strings.TrimSpace(p.Amount + " " + p.Currency) }
func (p payment) due() string { return p.Due + " " + p.DueCurrency }

// difference returns how much the payment differs from the amount due. Both must be in the same currency.
func (p payment) difference() string {
	got, err := ecomtrade24.Amount(p.Amount).Minor(p.DueCurrency)
	due, err2 := ecomtrade24.Amount(p.Due).Minor(p.DueCurrency)
	amount, err3 := ecomtrade24.AmountFromMinor(max(got-due, due-got), p.DueCurrency)
	if err != nil || err2 != nil || err3 != nil {
		return "difference"
	}
	return string(amount) + " " + p.DueCurrency
}

// Headline says what is wrong with the payment.
func (p payment) Headline() string {
	switch p.Problem {
	case tooLittle:
		return "Too little: " + p.sum() + " of " + p.due()
	case tooMuch:
		return "Too much: " + p.sum() + " instead of " + p.due()
	case otherCurrency:
		return "Wrong currency: " + p.sum() + " instead of " + p.due()
	case unknownOrder:
		return "Paid " + p.sum() + " for an order that does not exist"
	case secondPayment:
		return "Paid a second time: " + p.sum()
	case incomplete:
		return "Paid, but the gateway did not send " + p.missing()
	case notUnderstood:
		if p.OrderID == "" {
			return "A message without an order"
		}
		return "Unknown status: " + p.Status
	default:
		return "Paid " + p.sum() + ", and " + p.due() + " is due"
	}
}

func (p payment) missing() string {
	var all []string
	for _, fact := range []struct{ name, value string }{
		{"the session", p.SessionID}, {"the amount", p.Amount}, {"the currency", p.Currency},
	} {
		if fact.value == "" {
			all = append(all, fact.name)
		}
	}
	return strings.Join(all, " and ")
}

// Advice says what to do about the payment.
func (p payment) Advice() string {
	if p.OrderState == paid && p.Problem.urgency() == mismatch.urgency() {
		return "Another payment has already paid for the order. Refund this one at the gateway."
	}
	switch p.Problem {
	case tooLittle:
		return "Refund it at the gateway, or accept it and write off the missing " + p.difference() + "."
	case tooMuch:
		return "Accept it and refund the extra " + p.difference() + " at the gateway, or refund all of it."
	case otherCurrency:
		return "Refund it at the gateway. Accept it only if you know what " + p.sum() + " is worth."
	case unknownOrder:
		return "Look for the order in your backups and other shops. If you cannot find it, refund the payment at the gateway."
	case secondPayment:
		return "Refund one of the payments at the gateway."
	case incomplete:
		return "The shop looks up the missing fields. If they do not arrive in a few hours, contact the gateway's operator."
	case notUnderstood:
		return "Check the session at the gateway. The message did not change the order, and the buyer can still pay."
	default:
		return "Refund it at the gateway, or accept it as payment in full."
	}
}

// action is a decision that the shopkeeper can choose. The first action is the advised one, and its button stands out.
// While a payment is incomplete, no action is advised.
type action struct{ What, Label, Effect, Class string }

// Actions returns the decisions that fit the payment.
func (p payment) Actions() []action {
	order := []string{refunded, accepted, closed}
	switch p.Problem {
	case tooMuch:
		order = []string{accepted, refunded, closed}
	case notUnderstood:
		order = []string{closed, refunded}
	default:
	}
	var all []action
	for _, what := range order {
		if !p.suits(what) {
			continue
		}
		a := action{What: what, Effect: p.effect(what), Class: "plain"}
		switch {
		case what == accepted:
			a.Label = "Accept it"
		case what == closed && p.Problem == incomplete:
			a.Label = "Close it"
		case what == closed:
			a.Label, a.Class = "Nothing to do", "quiet"
		case p.Problem == secondPayment:
			a.Label = "I refunded one of them"
		default:
			a.Label = "I refunded it"
		}
		if len(all) == 0 && p.Problem != incomplete {
			a.Class = ""
		}
		all = append(all, a)
	}
	return all
}

// effect says what a decision does.
func (p payment) effect(what string) string {
	if what == accepted {
		return p.effectOfAccepting()
	}
	const again = "The buyer can pay again unless another payment is under way."
	said := map[string]string{
		refunded: "Refund it at the gateway first: this button moves no money. ",
		closed:   "Nothing is refunded: this button moves no money. ",
	}[what]
	switch {
	case p.OrderState == "":
		return said + "The payment leaves this list."
	case p.OrderState != open || p.Problem == notUnderstood:
		return said + "The order stays " + p.OrderState + "."
	case what == refunded:
		return said + "The order's page says “Refunded”. " + again
	case p.Problem == incomplete:
		return said + "The buyer can pay again. If the gateway sends the missing fields later, the first payment counts too."
	}
	return said + "The order's page says “Not paid”. " + again
}

func (p payment) effectOfAccepting() string {
	const done = "This marks the order paid and sends the receipt for %s. %s"
	more := "This cannot be undone."
	switch p.Problem {
	case tooLittle:
		more = "You write off the missing " + p.difference() + "."
	case tooMuch:
		more = "This button moves no money: refund the extra " + p.difference() + " at the gateway."
	case otherCurrency:
		more = "You received " + p.sum() + "."
	default:
	}
	return fmt.Sprintf(done, p.due(), more)
}

// tag is a payment's label, such as "settled", and its CSS class.
type tag struct{ Text, Class string }

// Standing returns the shop's view of the payment, not the message's status: a payment with a wrong amount has status
// "paid" too.
func (p payment) Standing() tag {
	switch {
	case p.Decision == accepted:
		return tag{accepted, "good"}
	case p.Decision != "":
		return tag{p.Decision, ""}
	case p.Problem == notUnderstood:
		return tag{"not understood", "bad"}
	case p.Problem == unknownOrder:
		return tag{"no such order", "bad"}
	case p.Problem != "":
		return tag{strings.ReplaceAll(string(p.Problem), "_", " "), "bad"}
	case p.IsPayment():
		return tag{"settled", "good"}
	case p.Kind == "test":
		return tag{"test", ""}
	}
	return tag{p.Status, ""}
}
