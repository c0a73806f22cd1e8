// Package newest keeps the last so many of what is added, each under a number that counts all of them.
package newest

// List is such a list. The zero List keeps nothing but the last one: set Most. It is not safe for concurrent use.
type List[T any] struct {
	Most  int // how many are kept
	Bytes int // and how many bytes of them, but the last one always; 0: any number

	kept    []T // from gone on
	sizes   []int
	gone    int // how many at the beginning of kept are kept no more
	bytes   int
	dropped int // before those
}

// Add adds one that takes so many bytes, drops the oldest if there are too many, and returns the number of the added
// one, from 1.
func (l *List[T]) Add(one T, size int) (number int) {
	l.kept, l.sizes, l.bytes = append(l.kept, one), append(l.sizes, size), l.bytes+size
	for n := len(l.All()); n > 1 && (n > l.Most || l.Bytes > 0 && l.bytes > l.Bytes); n-- {
		var none T
		l.bytes -= l.sizes[l.gone]
		l.kept[l.gone] = none
		l.gone++
	}
	if l.gone > len(l.kept)/2 { // so that few of them are moved
		l.kept, l.sizes = append([]T(nil), l.kept[l.gone:]...), append([]int(nil), l.sizes[l.gone:]...)
		l.dropped, l.gone = l.dropped+l.gone, 0
	}
	return l.Last()
}

// All returns those that are kept, the oldest first. The list goes on using what it returns: copy it.
func (l *List[T]) All() []T { return l.kept[l.gone:] }

// First is the number of the oldest one that is kept.
func (l *List[T]) First() int { return l.dropped + l.gone + 1 }

// Last is how many were added.
func (l *List[T]) Last() int { return l.dropped + len(l.kept) }

// At returns the one of that number, and false if there is none, or none any more.
func (l *List[T]) At(number int) (one T, ok bool) {
	if number < l.First() || number > l.Last() {
		return one, false
	}
	return l.kept[number-1-l.dropped], true
}
