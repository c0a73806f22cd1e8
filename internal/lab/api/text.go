package main

import (
	"bytes"
	"fmt"
	"go/types"
	"slices"
)

// lines is the exported API of p, one sorted line for each thing that a caller can name. Parameters have no names in
// it, since renaming one changes nothing for a caller.
func lines(p *types.Package) []string {
	t := text{qualify: func(other *types.Package) string {
		if other == p {
			return ""
		}
		return other.Name()
	}}
	for _, name := range p.Scope().Names() {
		if o := p.Scope().Lookup(name); o.Exported() {
			t.object(o)
		}
	}
	slices.Sort(t.lines)
	return slices.Compact(t.lines)
}

type text struct {
	qualify types.Qualifier
	lines   []string
}

func (t *text) add(format string, args ...any) {
	t.lines = append(t.lines, fmt.Sprintf(format, args...))
}

func (t *text) object(o types.Object) {
	switch o := o.(type) {
	case *types.Const:
		value := " = " + o.Val().ExactString()
		if o.Name() == "Version" {
			value = "" // each release changes it
		}
		t.add("const %s %s%s", o.Name(), t.typ(o.Type()), value)
	case *types.Var:
		t.add("var %s %s", o.Name(), t.typ(o.Type()))
	case *types.Func:
		t.add("func %s%s", o.Name(), t.signature(o.Signature()))
	case *types.TypeName:
		t.typeName(o)
	}
}

func (t *text) typeName(o *types.TypeName) {
	if o.IsAlias() {
		t.add("type %s = %s", o.Name(), t.typ(types.Unalias(o.Type())))
		return
	}
	name := types.TypeString(o.Type(), t.qualify) // with type parameters, if there are any
	switch under := o.Type().Underlying().(type) {
	case *types.Struct:
		t.structure(name, under)
	case *types.Interface:
		t.interfaced(name, under)
		return // its methods are in the lines already
	default:
		t.add("type %s %s", name, t.typ(under))
	}
	t.methods(o.Type())
}

func (t *text) structure(name string, s *types.Struct) {
	t.add("type %s struct", name)
	for f := range s.Fields() {
		switch {
		case !f.Exported():
			t.add("type %s struct, unexported fields", name)
		case f.Embedded():
			t.add("type %s struct, embedded %s", name, t.typ(f.Type()))
		default:
			t.add("type %s struct, %s %s", name, f.Name(), t.typ(f.Type()))
		}
	}
}

func (t *text) interfaced(name string, i *types.Interface) {
	t.add("type %s interface", name)
	for m := range i.Methods() {
		if m.Exported() {
			t.add("type %s interface, %s%s", name, m.Name(), t.signature(m.Signature()))
		} else {
			t.add("type %s interface, unexported methods", name)
		}
	}
	if !i.IsMethodSet() {
		t.add("type %s %s", name, t.typ(i)) // a constraint, whole
	}
}

// methods lists what can be called on a value and on a pointer, what is promoted from embedded fields included.
func (t *text) methods(typ types.Type) {
	values := types.NewMethodSet(typ)
	for m := range types.NewMethodSet(types.NewPointer(typ)).Methods() {
		method := m.Obj().(*types.Func)
		if !method.Exported() {
			continue
		}
		receiver := "*" + t.typ(typ)
		if values.Lookup(nil, method.Name()) != nil {
			receiver = t.typ(typ)
		}
		t.add("method (%s) %s%s", receiver, method.Name(), t.signature(m.Type().(*types.Signature)))
	}
}

func (t *text) typ(typ types.Type) string { return types.TypeString(unnamed(typ), t.qualify) }

func (t *text) signature(s *types.Signature) string {
	var b bytes.Buffer
	if s.TypeParams().Len() > 0 {
		b.WriteByte('[')
		for i := range s.TypeParams().Len() {
			p := s.TypeParams().At(i)
			fmt.Fprintf(&b, "%s %s, ", p, t.typ(p.Constraint()))
		}
		b.Truncate(b.Len() - len(", "))
		b.WriteByte(']')
	}
	types.WriteSignature(&b, unnamed(s).(*types.Signature), t.qualify)
	return b.String()
}

// unnamed is typ without the names of parameters and results.
func unnamed(typ types.Type) types.Type {
	switch t := typ.(type) {
	case *types.Signature:
		return types.NewSignatureType(nil, nil, nil, unnamedTuple(t.Params()), unnamedTuple(t.Results()), t.Variadic())
	case *types.Pointer:
		return types.NewPointer(unnamed(t.Elem()))
	case *types.Slice:
		return types.NewSlice(unnamed(t.Elem()))
	case *types.Array:
		return types.NewArray(unnamed(t.Elem()), t.Len())
	case *types.Map:
		return types.NewMap(unnamed(t.Key()), unnamed(t.Elem()))
	case *types.Chan:
		return types.NewChan(t.Dir(), unnamed(t.Elem()))
	default:
		return typ
	}
}

func unnamedTuple(tuple *types.Tuple) *types.Tuple {
	vars := make([]*types.Var, 0, tuple.Len())
	for v := range tuple.Variables() {
		vars = append(vars, types.NewParam(v.Pos(), v.Pkg(), "", unnamed(v.Type())))
	}
	return types.NewTuple(vars...)
}
