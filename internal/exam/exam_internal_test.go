package exam

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
)

// noGateway is for scenarios that buy nothing.
type noGateway struct{ Gateway }

func (noGateway) Sessions() []ecomtrade24.Payment { return nil }

// endpoint serves as a shop's webhook endpoint.
type endpoint func(*http.Request) (*http.Response, error)

func (e endpoint) RoundTrip(r *http.Request) (*http.Response, error) { return e(r) }

// examined plays a scenario against a shop with this webhook endpoint and returns the failure.
func examined(ctx context.Context, e endpoint, run func(x *exam)) *Failure {
	shop := &Shop{Webhook: "https://shop.example/hook", Sender: delivery.NewSenderOver(e, 0)}
	return bare("a scenario", run).Examine(ctx, noGateway{}, shop, Config{Patience: time.Minute})
}

// A failing scenario ends immediately, even in a synctest bubble, and its deferred functions run.
func TestScenario_Examine_ends(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		end  func(x *exam)
		want Failure
	}{
		"fails": {func(x *exam) { x.fails(Leaks, "a %s", "leak") }, Failure{Impact: Leaks, Problem: "a leak"}},
		"unfit": {func(x *exam) { x.unfit("no %s", "table") }, Failure{Unfit: true, Problem: "no table"}},
		"skip":  {func(x *exam) { x.skip("no %s", "email") }, Failure{Skipped: true, Problem: "no email"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				deferred, after := false, false
				f := examined(t.Context(), nil, func(x *exam) {
					defer func() { deferred = true }()
					x.note("begun")
					x.pause(time.Hour)
					row.end(x)
					after = true
				})
				require.NotNil(t, f)
				assert.Equal(t, "a scenario", f.Name)
				assert.Equal(t, []string{"begun"}, f.Transcript)
				f.Scenario, f.Transcript = Scenario{}, nil
				assert.Equal(t, &row.want, f)
				assert.True(t, deferred)
				assert.False(t, after)
			})
		})
	}
	assert.Nil(t, examined(t.Context(), nil, func(*exam) {}))
}

// An interrupted scenario ends right after its deliveries.
func TestExam_atOnce_interrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		after := false
		busy := func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusTooManyRequests, Body: http.NoBody}, nil
		}
		time.AfterFunc(time.Second, func() { cancel(errors.New("enough")) })
		f := examined(ctx, busy, func(x *exam) {
			x.atOnce([]byte("1"), []byte("2"))
			after = true
		})
		require.NotNil(t, f)
		assert.True(t, f.Unfit)
		assert.Equal(t, "the examination was interrupted: enough", f.Problem)
		assert.False(t, after)
	})
}

// A hook that ends its goroutine, as testing.T.FailNow does, ends the goroutine of the scenario's caller.
func TestScenario_Examine_hookEnds(t *testing.T) {
	t.Parallel()
	ended := true
	var caller sync.WaitGroup
	caller.Go(func() {
		ends := func(*http.Request) (*http.Response, error) { runtime.Goexit(); return nil, nil }
		examined(t.Context(), ends, func(x *exam) { x.post(http.Header{}, nil) })
		ended = false
	})
	caller.Wait()
	assert.True(t, ended)
}

// A panic is not a Failure: it ends the program, and its stack shows the scenario's step.
func TestScenario_Examine_panics(t *testing.T) {
	t.Parallel()
	if os.Getenv("EXAM_PANICS") != "" {
		examined(t.Context(), nil, func(*exam) { panicking() })
		return
	}
	program := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	program.Env = append(os.Environ(), "EXAM_PANICS=1")
	output, err := program.CombinedOutput()
	require.Error(t, err, string(output))
	assert.Contains(t, string(output), "a bug of the scenario")
	assert.Contains(t, string(output), "exam.panicking(")
}

func panicking() { panic("a bug of the scenario") }

// Play goes on after a hook that ends its goroutine, and does not count the scenario as passed.
func TestPlay_hookEnds(t *testing.T) {
	t.Parallel()
	ends := endpoint(func(*http.Request) (*http.Response, error) { runtime.Goexit(); return nil, nil })
	shop := &Shop{Webhook: "https://shop.example/hook", Sender: delivery.NewSenderOver(ends, 0)}
	scenarios := []Scenario{
		bare("ends", func(x *exam) { x.post(http.Header{}, nil) }), bare("passes", func(*exam) {}),
	}
	var failed []bool
	Play(t.Context(), noGateway{}, shop, Config{Patience: time.Minute}, scenarios, 1, func(p Played) bool {
		failed = append(failed, p.Failure != nil)
		return true
	})
	assert.Equal(t, []bool{true, false}, failed)
}

// A background purchase ends if its hook ends the goroutine.
func TestExam_buysMeanwhile(t *testing.T) {
	t.Parallel()
	x := &exam{ctx: t.Context(), shop: &Shop{Buy: func(context.Context) error { runtime.Goexit(); return nil }}}
	require.ErrorContains(t, <-x.buysMeanwhile(), "ended its goroutine")
}
