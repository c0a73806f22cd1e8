package exam

import (
	"math/rand/v2"
	"sync"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const storytellers = 4 // number of stories played in parallel

// stories makes purchases and delivers random webhooks for them, in random sequence and with repetitions. All stories
// are played at the same time and judged together, so that the exam waits only once for the shop to finish its work.
func stories(x *exam) {
	all := x.openStories()
	var tellers sync.WaitGroup
	slots := make(chan struct{}, storytellers)
	for _, s := range all {
		tellers.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			s.play()
		})
	}
	tellers.Wait()
	x.interrupted()
	x.pause(x.config.Settle)
	x.config.Settle = 0 // this wait was for all stories
	for _, s := range all {
		x.transcript, x.rejected = s.transcript, s.rejected
		if s.pays {
			x.paid(s.due)
		} else {
			x.unpaid(s.due)
		}
	}
}

// story is a random sequence of webhooks about one order.
type story struct {
	*exam // the exam that delivers this story's webhooks

	due  ecomtrade24.Payment
	seed uint64
	pays bool
}

// openStories makes a purchase for each story, or only one if the shop reuses the order for the next purchase.
func (x *exam) openStories() (all []*story) {
	known := map[string]bool{}
	for seed := range x.config.Stories {
		x.transcript = nil
		p, led := x.purchase()
		if led != "" || known[p.OrderID] {
			break
		}
		known[p.OrderID] = true
		s := &story{exam: x.sender(), due: p, seed: uint64(seed)}
		s.transcript = x.transcript
		s.note("story %d", seed)
		all = append(all, s)
	}
	return all
}

// play delivers the story's webhooks.
func (s *story) play() {
	random := rand.New(rand.NewPCG(s.seed, s.seed)) //nolint:gosec // the same sequence for the same seed
	for range 2 + random.IntN(6) {
		switch random.IntN(8) {
		case 0, 1:
			s.exam.pays(s.due)
			s.pays = true
		case 2:
			s.says(with(s.due, paying(isTest)))
		case 3:
			s.says(with(s.due, paying(less(1+random.Int64N(10)), transaction("tx_less"))))
		default:
			all := unfinished()
			s.says(with(s.due, becomes(all[random.IntN(len(all))])))
		}
	}
}
