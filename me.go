package ecomtrade24

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
)

// IntegrationMode says how a merchant's plan takes payments.
type IntegrationMode string

// The two modes. An absent or unknown mode counts as hosted checkout, which is safe, since no method is sent.
const (
	// ModeHostedCheckout is the Free plan's mode: the gateway's page offers the methods and the shop sends none.
	ModeHostedCheckout IntegrationMode = "hosted_checkout"
	// ModeSmartRouting is the mode of the Pro and Unlimited plans: the shop offers Merchant.Methods and sends the
	// buyer's choice.
	ModeSmartRouting IntegrationMode = "smart_routing"
)

// Merchant describes the account that owns the API key: its mode and payment methods.
type Merchant struct {
	Mode    IntegrationMode
	Methods []Method        // all methods in the gateway's sequence, including unavailable ones
	Raw     json.RawMessage // the response as received; see Event
}

// Method is one way to pay.
type Method struct {
	ID        string // for SessionParams.Method
	Label     string // to show the buyer; empty if not set
	Available bool
}

// SmartRouting reports whether the shop shows the methods and sends the buyer's choice.
func (m *Merchant) SmartRouting() bool { return m.Mode == ModeSmartRouting }

// Offers reports whether the method with this id is listed and available.
func (m *Merchant) Offers(id string) bool {
	return id != "" && slices.ContainsFunc(m.Methods, func(o Method) bool { return o.ID == id && o.Available })
}

func (m *Merchant) clone() *Merchant {
	own := *m
	own.Methods = slices.Clone(m.Methods)
	return &own
}

func (m *Merchant) available() []string {
	var ids []string
	for _, method := range m.Methods {
		if method.Available {
			ids = append(ids, method.ID)
		}
	}
	return ids
}

// Me returns the merchant's mode and methods. Each call sends a request, so use Plan for a page that lists the methods.
// Checkout and Plan remember the result. Errors: *APIError (ErrUnauthorized for a wrong key), *DecodeError, or a
// transport error.
func (c *Client) Me(ctx context.Context) (*Merchant, error) {
	begun := time.Now()
	m, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	c.plan.mu.Lock()
	defer c.plan.mu.Unlock()
	c.plan.remember(m, begun, c.merchantTTL)
	return m, nil
}

func (c *Client) me(ctx context.Context) (*Merchant, error) {
	var m Merchant
	if err := c.do(ctx, request{op: "me", path: "/gateway/me.php"}, &m); err != nil {
		return nil, err
	}
	return &m, nil
}

// decode reads the documented names (integration_mode, methods) or, if those are not set, EcomTrade24 Pay's names
// (checkout_mode, smart_router.methods).
func (m *Merchant) decode(o wire.Object, raw []byte) error {
	router, _ := o.Member("smart_router").Object()
	methods, routerMethods := o.Member("methods"), router.Member("methods")
	var f wire.Fields
	var mode string
	if f.Text(&mode, "integration_mode", o.Member("integration_mode")); mode == "" && f.Err() == nil {
		f.Text(&mode, "checkout_mode", o.Member("checkout_mode"))
	}
	err := f.Err()
	if err != nil {
		return err
	}
	if mode == "" && !methods.Given() && !routerMethods.Given() && complains(o, false) {
		return errComplaint
	}
	m.Raw, m.Mode = raw, integrationMode(mode)
	if m.Methods, err = decodeMethods(methods); err == nil && len(m.Methods) == 0 {
		m.Methods, err = decodeMethods(routerMethods)
	}
	if !m.SmartRouting() {
		return nil // hosted checkout needs no method list, so an unreadable list is not an error
	}
	return err
}

func integrationMode(s string) IntegrationMode {
	switch word(s) {
	case string(ModeSmartRouting), "smart_router":
		return ModeSmartRouting
	default:
		return ModeHostedCheckout
	}
}

// decodeMethods reads every known shape of the gateway's method list.
func decodeMethods(v wire.Value) ([]Method, error) {
	var methods []Method
	add := func(key string, item wire.Value) {
		if m := decodeMethod(key, item); m.ID != "" {
			methods = append(methods, m)
		}
	}
	if object, ok := v.Object(); ok {
		for key, item := range object.Members() {
			add(key, item)
		}
		return methods, nil
	}
	if v.Given() && !v.IsList() {
		return nil, errors.New("methods is neither a list nor an object")
	}
	for _, item := range v.Items() {
		add("0", item)
	}
	return methods, nil
}

// decodeMethod reads one entry. If the key consists of digits, it is a list index and the value names the method. Any
// other key is the method's id. A listed method is available unless its available field is false or unreadable.
func decodeMethod(key string, v wire.Value) Method {
	if object, ok := v.Object(); ok || v.IsList() && !tells(v) { // PHP writes an empty object as []
		return decodeMethodObject(key, object)
	}
	if digits(key) {
		id, _ := v.ID()
		return Method{ID: id, Available: id != ""}
	}
	available, _ := v.Bool()
	return Method{ID: key, Available: available}
}

func decodeMethodObject(key string, o wire.Object) Method {
	m := Method{Available: true}
	var id, name string
	for member, v := range o.Members() {
		switch member {
		case "method":
			m.ID, _ = v.ID()
		case "id":
			id, _ = v.ID()
		case "label":
			m.Label, _ = v.Text()
		case "name":
			name, _ = v.Text()
		case "available":
			m.Available, _ = v.Bool()
		}
	}
	m.ID, m.Label = cmp.Or(m.ID, id), cmp.Or(m.Label, name)
	if !digits(key) {
		m.ID = key
	}
	return m
}
