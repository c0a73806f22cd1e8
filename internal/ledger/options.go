package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// Options holds an inbox's settings, which the options of package inbox change.
type Options struct {
	Namespace, Schema string
	Spacing           func(age time.Duration, ended bool) time.Duration
	Lease             time.Duration // how long a lease lasts; 0 means 3 minutes
	Observer          Observer      // nil if there is no observer
}

// Setter is the interface by which this package applies an option of package inbox. Package inbox itself exports only
// an opaque Option.
type Setter interface{ Set(o *Options) }

// NewOptions applies options to the defaults and ignores nil options. It returns an error for an invalid value.
func NewOptions[Option any](opts []Option) (Options, error) {
	var o Options
	var foreign error
	for _, opt := range opts {
		switch opt := any(opt).(type) {
		case nil:
		case Setter:
			opt.Set(&o)
		default:
			foreign = fmt.Errorf("ecomtrade24 inbox: new: a %T is not an option of package inbox", opt)
		}
	}
	o.Lease = cmp.Or(o.Lease, 3*time.Minute)
	if o.Spacing == nil {
		o.Spacing = spacing
	}
	switch {
	case foreign != nil:
		return o, foreign
	case len(o.Namespace) > maxNamespace:
		return o, errors.New("ecomtrade24 inbox: new: WithNamespace takes at most 100 bytes")
	case o.Spacing(0, false) < 0 || o.Spacing(0, true) < 0:
		return o, errors.New("ecomtrade24 inbox: new: WithSpacing: the time until the first lookup must not be negative")
	}
	return o, nil
}

const maxNamespace = 100 // in bytes: the size of the column
