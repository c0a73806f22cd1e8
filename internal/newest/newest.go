// Package newest keeps the last so many of what is added, each under a number that counts all of them.
package newest

// List is such a list. The zero List keeps nothing: set Most. It is not safe for concurrent use.
type List[T any] struct {
	Most    int // how many are kept
	kept    []T
	dropped int
}

// Add adds one, drops the oldest if there are too many, and returns the number of the added one, from 1.
func (l *List[T]) Add(one T) (number int) {
	l.kept = append(l.kept, one)
	if len(l.kept) >= 2*l.Most { // so that few of them are moved
		n := copy(l.kept, l.All())
		clear(l.kept[n:])
		l.dropped += len(l.kept) - n
		l.kept = l.kept[:n]
	}
	return l.Last()
}

// All returns those that are kept, the oldest first. The list goes on using what it returns: copy it.
func (l *List[T]) All() []T { return l.kept[max(0, len(l.kept)-l.Most):] }

// First is the number of the oldest one that is kept.
func (l *List[T]) First() int { return l.Last() - len(l.All()) + 1 }

// Last is how many were added.
func (l *List[T]) Last() int { return l.dropped + len(l.kept) }

// At returns the one of that number, and false if there is none, or none any more.
func (l *List[T]) At(number int) (one T, ok bool) {
	if number < l.First() || number > l.Last() {
		return one, false
	}
	return l.kept[number-1-l.dropped], true
}
