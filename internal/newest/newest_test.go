package newest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ecomtrade24/ecomtrade24-go/internal/newest"
)

func TestList(t *testing.T) {
	t.Parallel()
	for most := 1; most < 6; most++ {
		l := newest.List[int]{Most: most}
		assert.Empty(t, l.All())
		for i := 1; i <= 30; i++ {
			assert.Equal(t, i, l.Add(10*i))
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
