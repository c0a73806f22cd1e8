package ecomtrade24

import (
	"errors"

	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
)

// decodeMethods reads every shape of a method list that the gateway is known to send.
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
	if v != "" && !v.IsNull() && !v.IsList() {
		return nil, errors.New("methods is neither a list nor an object")
	}
	for item := range v.Items() {
		add("0", item)
	}
	return methods, nil
}

// decodeMethod reads one entry. A key of digits is a list's index, and then the value names the method; another key is the
// method's id. A listed method is available unless it is marked otherwise, or marked in a way that cannot be read.
func decodeMethod(key string, v wire.Value) Method {
	if object, ok := v.Object(); ok {
		return decodeMethodObject(key, object)
	}
	if digits(key) {
		id, _ := v.Text()
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
			m.ID, _ = v.Text()
		case "id":
			id, _ = v.Text()
		case "label":
			m.Label, _ = v.Text()
		case "name":
			name, _ = v.Text()
		case "available":
			m.Available, _ = v.Bool()
		}
	}
	if m.ID == "" {
		m.ID = id
	}
	if !digits(key) {
		m.ID = key
	}
	if m.Label == "" {
		m.Label = name
	}
	return m
}
