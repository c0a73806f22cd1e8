package exam

import (
	"math/rand/v2"
	"sync"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const storytellers = 4 // at a time

// stories are purchases about which anything is reported, in any sequence and more than once. They are played side by
// side and judged at the end, so that the shop has to settle once.
func stories(x *exam) {
	told := x.openStories()
	next := make(chan *story)
	var tellers sync.WaitGroup
	for range storytellers {
		tellers.Go(func() {
			for s := range next {
				s.play()
			}
		})
	}
	for _, s := range told {
		next <- s
	}
	close(next)
	tellers.Wait()
	for _, s := range told {
		if s.failure != nil {
			panic(s.failure)
		}
	}
	x.pause(x.config.Settle)
	for _, s := range told {
		s.judge()
	}
}

// story is an exam of one order.
type story struct {
	exam

	due     ecomtrade24.Payment
	seed    uint64
	pays    bool
	failure *Failure // that interrupted it
}

// openStories buys for as many stories as are to be played, or for one if the shop keeps to one order.
func (x *exam) openStories() (told []*story) {
	seen := map[string]bool{}
	for seed := range x.config.Stories {
		s := &story{seed: uint64(seed), exam: exam{
			ctx: x.ctx, gateway: x.gateway, shop: x.shop, config: x.config, scenario: x.scenario,
			fresh: map[string]Order{}, seen: map[string]bool{}, wasPaid: map[string]bool{},
		}}
		p, led := s.purchase()
		if led != "" || seen[p.OrderID] {
			break
		}
		seen[p.OrderID] = true
		s.due = p
		s.note("story %d", seed)
		told = append(told, s)
	}
	return told
}

// play tells the story.
func (s *story) play() {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *Failure:
			s.failure = p
		default:
			panic(p)
		}
	}()
	random := rand.New(rand.NewPCG(s.seed, s.seed)) //nolint:gosec // repeatable on purpose
	for range 2 + random.IntN(6) {
		switch random.IntN(8) {
		case 0, 1:
			s.exam.pays(s.due)
			s.pays = true
		case 2:
			s.says(with(s.due, paying(), func(p *ecomtrade24.Payment) { p.Test = true }))
		case 3:
			s.says(with(s.due, paying(less(1+random.Int64N(10)), transaction("tx_less"))))
		default:
			all := []ecomtrade24.PaymentStatus{"pending", "processing", "review", "declined", "failed", "expired", "cancelled"}
			s.says(with(s.due, becomes(all[random.IntN(len(all))])))
		}
	}
}

func (s *story) judge() {
	s.config.Settle = 0 // all stories together have settled
	if s.pays {
		s.paid(s.due)
	} else {
		s.unpaid(s.due)
	}
}
