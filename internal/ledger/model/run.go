package model

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// Recorder records the calls of an inbox's Func.
type Recorder struct {
	calls   []Call
	keys    map[string]int // the index of each Incomplete's message, by event key
	message int
}

// Apply is the Func. It returns an error if the inbox completes an Incomplete that the inbox has not reported before.
func (r *Recorder) Apply(kind, key string, p ecomtrade24.Payment, completes []string) error {
	c := Call{Message: r.message, Kind: kind, Payment: Payment{p.SessionID, p.TxID, string(p.Amount), p.Currency}}
	for _, key := range completes {
		n, ok := r.keys[key]
		if !ok {
			return fmt.Errorf("the payment completes %q, which was not reported before", key)
		}
		c.Completes = append(c.Completes, n)
	}
	slices.Sort(c.Completes)
	if kind == ledger.Incomplete {
		r.keys[key] = r.message
	}
	r.calls = append(r.calls, c)
	return nil
}

// Compare passes a sequence of messages about one order to an inbox, and returns an error if the calls differ from
// Judge's.
func (r *Recorder) Compare(order string, sequence []Message, handle func(*ecomtrade24.Event) error) error {
	r.calls, r.keys = nil, make(map[string]int)
	for i, m := range sequence {
		r.message = i
		if err := handle(m.Event(order)); err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
	}
	if want := Judge(sequence); !reflect.DeepEqual(want, r.calls) {
		return fmt.Errorf("after\n%sexpected the calls\n%sgot\n%s", lines(sequence), lines(want), lines(r.calls))
	}
	return nil
}

// Size limits what a run tries.
type Size struct {
	Sets      int // the number of sets of messages to try
	Small     int // sets of up to this many messages are tried in every possible sequence
	Sequences int // the number of sequences to try for each larger set
}

// Run compares one sequence after another. It returns the number of sequences and of messages.
func (s Size) Run(
	seed uint64, r *Recorder, handle func(*ecomtrade24.Event) error,
) (sequences, messages int, err error) {
	for set := range s.Sets {
		random := rand.New(rand.NewPCG(seed, uint64(set))) //nolint:gosec // a test needs no secure random numbers
		size := 1 + random.IntN(s.Small)
		if set%2 == 1 {
			size = s.Small + 1 + random.IntN(12)
		}
		for sequence := range s.sequences(random, Invent(random, size)) {
			sequences++
			messages += len(sequence)
			if err := r.Compare(fmt.Sprintf("ORDER-%d", sequences), sequence, handle); err != nil {
				return sequences, messages, fmt.Errorf("seed %d, set %d: %w", seed, set, err)
			}
		}
	}
	return sequences, messages, nil
}

// sequences yields every sequence of a small set of messages, or random sequences of a larger set.
func (s Size) sequences(random *rand.Rand, messages []Message) func(func([]Message) bool) {
	return func(yield func([]Message) bool) {
		if len(messages) <= s.Small {
			permute(slices.Clone(messages), 0, yield)
			return
		}
		for range s.Sequences {
			sequence := slices.Clone(messages)
			random.Shuffle(len(sequence), func(i, j int) { sequence[i], sequence[j] = sequence[j], sequence[i] })
			if !yield(sequence) {
				return
			}
		}
	}
}

func permute(sequence []Message, from int, yield func([]Message) bool) bool {
	if from >= len(sequence)-1 {
		return yield(sequence)
	}
	for i := from; i < len(sequence); i++ {
		sequence[from], sequence[i] = sequence[i], sequence[from]
		if !permute(sequence, from+1, yield) {
			return false
		}
		sequence[from], sequence[i] = sequence[i], sequence[from]
	}
	return true
}
