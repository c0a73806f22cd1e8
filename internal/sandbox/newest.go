package sandbox

// newest keeps the newest items of what is added, numbered from 1. The zero value keeps only the last one: set Most. It
// is not safe for concurrent use.
type newest[T any] struct {
	Most  int // how many are kept
	Bytes int // how many bytes of them are kept, but always the last one; 0: any number

	kept    []T // from gone on
	sizes   []int
	gone    int // how many at the beginning of kept are kept no more
	bytes   int
	dropped int // before those
}

// Add adds an item that takes so many bytes, drops the oldest if there are too many, and returns the item's number.
func (l *newest[T]) Add(item T, size int) (number int) {
	l.kept, l.sizes, l.bytes = append(l.kept, item), append(l.sizes, size), l.bytes+size
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

// All returns the items that are kept, the oldest first. The list goes on using what it returns: copy it.
func (l *newest[T]) All() []T { return l.kept[l.gone:] }

// First returns the number of the oldest item that is kept.
func (l *newest[T]) First() int { return l.dropped + l.gone + 1 }

// Last returns how many items were added.
func (l *newest[T]) Last() int { return l.dropped + len(l.kept) }

// At returns the item with this number, and false if there is none, or none any more.
func (l *newest[T]) At(number int) (item T, ok bool) {
	if number < l.First() || number > l.Last() {
		return item, false
	}
	return l.kept[number-1-l.dropped], true
}
