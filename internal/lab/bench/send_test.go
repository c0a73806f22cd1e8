package bench_test

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSenders checks before the benchmarks that each sender does all the work: it must return the response's ID.
func TestSenders(t *testing.T) {
	t.Parallel()
	url := "http://" + server.use(t)
	for _, s := range senders {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			id, err := s.call(t, url)(t.Context())
			require.NoError(t, err)
			assert.Equal(t, "12345", id)

			_, err = s.call(t, url+"/nowhere")(t.Context())
			assert.Error(t, err, "a 404 is not a success")
		})
	}
}

func (s sender) call(tb testing.TB, url string) func(context.Context) (string, error) {
	tb.Helper()
	var hc *http.Client
	if s.client != nil {
		hc = s.client()
		tb.Cleanup(hc.CloseIdleConnections)
	}
	return s.create(tb, url, hc)
}

// BenchmarkSend creates checkouts from 1 goroutine, and from 64 that do not wait for each other. conns is the number of
// TCP connections that the server saw in the entire run. cpu-ns/op is the CPU time of all threads of this process.
func BenchmarkSend(b *testing.B) {
	url := "http://" + server.use(b)
	for _, c := range []int{1, 64} {
		for _, s := range senders {
			b.Run("c="+strconv.Itoa(c)+"/lib="+s.name, func(b *testing.B) { benchmarkSend(b, c, s.call(b, url)) })
		}
	}
}

func benchmarkSend(b *testing.B, goroutines int, create func(context.Context) (string, error)) {
	b.Helper()
	b.ReportAllocs()
	before, _ := server.ask(b)
	cpu := cpuTime()
	loop(b, goroutines, func() bool {
		_, err := create(b.Context())
		return err == nil
	})
	b.ReportMetric(float64(cpuTime()-cpu)/float64(b.N), "cpu-ns/op")
	after, _ := server.ask(b)
	b.ReportMetric(float64(after-before), "conns")
}

// loop invokes the function do b.N times in total, from goroutines that do not wait for each other. The function must
// return true each time.
func loop(b *testing.B, goroutines int, do func() bool) {
	b.Helper()
	var taken, failed atomic.Int64
	var done sync.WaitGroup
	b.ResetTimer()
	for range goroutines {
		done.Go(func() {
			for taken.Add(1) <= int64(b.N) {
				if !do() {
					failed.Add(1)
				}
			}
		})
	}
	done.Wait()
	b.StopTimer()
	require.Zero(b, failed.Load(), "calls failed")
}
