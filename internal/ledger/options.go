package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// Options are what the options of an inbox set.
type Options struct {
	Namespace, Schema string
	Spacing           func(age time.Duration, ended bool) time.Duration
	Lease             time.Duration // a process that dies delays its checks by that much; 0 for 3 minutes
	Observer          Observer      // nil for none
}

// Setter is what an option of package inbox is to this package. Package inbox shows only an opaque Option.
type Setter interface{ Set(o *Options) }

// NewOptions applies options to the defaults; nil ones change nothing. The error is for a value that makes no sense.
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
	if foreign == nil && len(o.Namespace) > maxNamespace {
		return o, errors.New("ecomtrade24 inbox: new: WithNamespace takes at most 100 bytes")
	}
	return o, foreign
}

const maxNamespace = 100 // bytes, of its column
