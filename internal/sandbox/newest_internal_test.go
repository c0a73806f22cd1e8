package sandbox

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNewest(t *testing.T) {
	t.Parallel()
	for most := 1; most < 6; most++ {
		l := newest[int]{Most: most}
		assert.Empty(t, l.All())
		for i := 1; i <= 30; i++ {
			assert.Equal(t, i, l.Add(10*i, 100))
			first := max(1, i-most+1)
			assert.Equal(t, first, l.First())
			var want []int
			for number := -1; number <= i+1; number++ {
				one, ok := l.At(number)
				assert.Equal(t, first <= number && number <= i, ok, "%d of %d", number, i)
				if ok {
					assert.Equal(t, 10*number, one)
					want = append(want, one)
				}
			}
			assert.Equal(t, want, l.All())
		}
	}
}

// The list keeps at most Bytes bytes, but always the last item.
func TestNewest_bytes(t *testing.T) {
	t.Parallel()
	l := newest[int]{Most: 100, Bytes: 10}
	for i, row := range []struct {
		size  int
		first int
	}{{4, 1}, {4, 1}, {2, 1}, {1, 2}, {3, 2}, {30, 6}, {0, 7}, {10, 7}, {1, 9}} {
		number := l.Add(i, row.size)
		assert.Equal(t, i+1, number)
		assert.Equal(t, row.first, l.First(), "after %d", number)
		assert.Len(t, l.All(), number-row.first+1)
	}
}
