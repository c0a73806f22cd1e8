package sandbox

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox/php"
)

// Plan returns the merchant's mode and methods.
func (g *Gateway) Plan() (ecomtrade24.IntegrationMode, []ecomtrade24.Method) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.config.Mode, slices.Clone(g.config.Methods)
}

// SetPlan changes the merchant's mode and methods from now on. An unknown mode is an error.
func (g *Gateway) SetPlan(mode ecomtrade24.IntegrationMode, methods ...ecomtrade24.Method) error {
	if err := knownMode(mode); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.config.Mode, g.config.Methods = mode, slices.Clone(methods)
	return nil
}

func knownMode(mode ecomtrade24.IntegrationMode) error {
	if mode != ecomtrade24.ModeHostedCheckout && mode != ecomtrade24.ModeSmartRouting {
		return fmt.Errorf("no such mode: choose %s or %s",
			ecomtrade24.ModeHostedCheckout, ecomtrade24.ModeSmartRouting)
	}
	return nil
}

// Shape is the JSON type of the method list in me.php. The real gateway may use any shape. Every shape writes an empty
// list as [].
type Shape int

// The shapes in docs/protocol.md. ShapeDefault is ShapeList, or ShapeMap for EcomTrade24Pay.
const (
	ShapeDefault      Shape = iota
	ShapeList               // ["card","upi"]: only available methods
	ShapeFilteredList       // {"0":"card","2":"upi"}: the same after PHP's array_filter
	ShapeMap                // {"card":{"available":true,"label":"Card"},"upi":{"available":false}}
	ShapeFlags              // {"card":true,"upi":false,"pix":1}
	ShapeObjects            // [{"method":"card","label":"Card","available":true},{"id":"upi","name":"UPI","available":0}]
)

// write returns the method list in this shape, ready to encode as JSON.
func (s Shape) write(methods []ecomtrade24.Method) any {
	if s == ShapeList || s == ShapeDefault {
		return available(methods)
	}
	objects, members := php.List{}, php.Object{}
	for i, m := range methods {
		switch s {
		case ShapeFilteredList:
			if m.Available {
				members = append(members, strconv.Itoa(i), m.ID)
			}
		case ShapeFlags:
			members = append(members, m.ID, truth(i, m.Available))
		case ShapeObjects:
			objects = append(objects, methodObject(i, m))
		default:
			members = append(members, m.ID, methodEntry(m))
		}
	}
	if s == ShapeObjects {
		return objects
	}
	return members
}

func available(methods []ecomtrade24.Method) php.List {
	ids := php.List{}
	for _, m := range methods {
		if m.Available {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// truth returns value as a boolean if i is even, and as 1 or 0 if it is odd, since PHP may write either.
func truth(i int, value bool) any {
	if i%2 == 0 {
		return value
	}
	if value {
		return 1
	}
	return 0
}

func methodEntry(m ecomtrade24.Method) php.Object {
	o := php.Object{"available", m.Available}
	if m.Label != "" {
		o = append(o, "label", m.Label)
	}
	return o
}

// methodObject uses one of the two known sets of member names if i is even, and the other if it is odd.
func methodObject(i int, m ecomtrade24.Method) php.Object {
	id, label := "method", "label"
	if i%2 == 1 {
		id, label = "id", "name"
	}
	o := php.Object{id, m.ID}
	if m.Label != "" {
		o = append(o, label, m.Label)
	}
	return append(o, "available", truth(i, m.Available))
}
