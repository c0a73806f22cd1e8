package sandbox

// newest is a list that keeps the newest items, numbered from 1. The zero value keeps only the last item, so set Most.
// The list is not safe for concurrent use.
type newest[T any] struct {
	Most  int // maximum number of kept items
	Bytes int // maximum bytes of kept items, though the last item is always kept; 0 means no limit

	kept    []T // the part kept[:gone] was dropped
	sizes   []int
	gone    int // number of dropped items still at the start of the slice
	bytes   int
	dropped int // number of dropped items that were removed from the slice
}

// Add adds an item of that size, drops the oldest if there are too many, and returns the item's number.
func (l *newest[T]) Add(item T, size int) (number int) {
	l.kept, l.sizes, l.bytes = append(l.kept, item), append(l.sizes, size), l.bytes+size
	for n := len(l.All()); n > 1 && (n > l.Most || l.Bytes > 0 && l.bytes > l.Bytes); n-- {
		var none T
		l.bytes -= l.sizes[l.gone]
		l.kept[l.gone] = none
		l.gone++
	}
	if l.gone > len(l.kept)/2 { // rarely true, so items are moved only rarely
		l.kept, l.sizes = append([]T(nil), l.kept[l.gone:]...), append([]int(nil), l.sizes[l.gone:]...)
		l.dropped, l.gone = l.dropped+l.gone, 0
	}
	return l.Last()
}

// All returns the kept items, oldest first. Add modifies the slice, so copy it if you keep it.
func (l *newest[T]) All() []T { return l.kept[l.gone:] }

// First returns the number of the oldest kept item.
func (l *newest[T]) First() int { return l.dropped + l.gone + 1 }

// Last returns how many items were added.
func (l *newest[T]) Last() int { return l.dropped + len(l.kept) }

// At returns the item with this number, and false if it does not exist or was dropped.
func (l *newest[T]) At(number int) (item T, ok bool) {
	if number < l.First() || number > l.Last() {
		return item, false
	}
	return l.kept[number-1-l.dropped], true
}
