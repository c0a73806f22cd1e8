package shoptest_test

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest/shoptest"
)

// disk is the shop's database. It outlives a restart.
type disk struct {
	mu         sync.Mutex
	broken     bool
	statements *shoptest.Statements
	tables     *tables
	replica    atomic.Pointer[tables] // nil: there is none

	outside sync.Map // what no transaction takes back, such as mails: counters by name
}

// tables is what the database holds.
type tables struct {
	exec  func() error    // before each statement that writes
	owned map[string]bool // orders that this transaction has copied; nil where it must not write

	version  int // goes up with each transaction
	orders   map[string]*order
	newest   string
	stock    int
	invoices int             // the last invoice's number
	seen     map[string]bool // for shops that keep keys of what they have handled
	numbers  map[string]int  // whatever else a shop counts
}

const fullStock = 1_000_000

var errBroken = errors.New("the database does not work")

func newDisk() *disk {
	return &disk{
		statements: &shoptest.Statements{},
		tables: &tables{
			orders: map[string]*order{}, stock: fullStock, seen: map[string]bool{}, numbers: map[string]int{},
		},
	}
}

func (d *disk) breaks(broken bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.broken = broken
	return nil
}

// tx is one transaction: the database keeps all that f writes, or nothing.
func (d *disk) tx(f func(t *tables) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := *d.tables
	t.orders, t.seen, t.numbers = maps.Clone(t.orders), maps.Clone(t.seen), maps.Clone(t.numbers)
	t.owned, t.exec = map[string]bool{}, d.statement
	if err := f(&t); err != nil {
		return err
	}
	if err := t.exec(); err != nil { // the commit
		return err
	}
	t.owned, t.exec = nil, nil
	t.version++
	d.tables = &t
	return nil
}

func (d *disk) statement() error {
	if d.broken {
		return errBroken
	}
	return d.statements.Next()
}

// snapshot is the database as it is now. Nothing changes it.
func (d *disk) snapshot() *tables {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.tables
}

// counts adds to a counter outside of the transactions, and returns it.
func (d *disk) counts(name string, n int64) int {
	counter, _ := d.outside.LoadOrStore(name, new(atomic.Int64))
	return int(counter.(*atomic.Int64).Add(n))
}

// get is the order with that ID, or nil.
func (t *tables) get(id string) *order {
	o := t.orders[id]
	if o != nil && t.owned != nil && !t.owned[id] {
		o = o.clone()
		t.orders[id], t.owned[id] = o, true
	}
	return o
}

func (t *tables) put(o *order) {
	t.orders[o.id], t.newest = o, o.id
	t.owned[o.id] = true
}

// first stores a key, and reports whether it is new.
func (t *tables) first(key string) bool {
	known := t.seen[key]
	t.seen[key] = true
	return !known
}

// all is every order, in a fixed sequence.
func (t *tables) all() []*order {
	orders := make([]*order, 0, len(t.orders))
	for _, id := range slices.Sorted(maps.Keys(t.orders)) {
		orders = append(orders, t.get(id))
	}
	return orders
}

// order is one purchase.
type order struct {
	id, email        string
	amount, currency string // that is due

	paid      bool
	fulfilled int
	review    bool
	status    string            // the last one, of any session
	sent      string            // the newest sent_at
	statuses  map[string]string // by session; none goes back
	sessions  []string
	payments  []payment
	effects   map[string]int
	invoice   string
	tries     []string // its IDs at the gateway, where those are not its own
}

// payment is one that the shop has counted.
type payment struct{ session, txid string }

func (o *order) clone() *order {
	c := *o
	c.statuses, c.effects = maps.Clone(o.statuses), maps.Clone(o.effects)
	c.sessions, c.payments, c.tries = slices.Clone(o.sessions), slices.Clone(o.payments), slices.Clone(o.tries)
	return &c
}

func (o *order) state() shoptest.Order {
	return shoptest.Order{
		Paid: o.paid, Fulfilled: o.fulfilled, Review: o.review, Effects: maps.Clone(o.effects), Invoice: o.invoice,
	}
}

// knows reports whether p repeats a payment. A repetition may say what the first message left out.
func (o *order) knows(p payment) bool {
	for i, known := range o.payments {
		sameSession := known.session == p.session || known.session == "" || p.session == ""
		sameTxID := known.txid == p.txid || known.txid == "" || p.txid == ""
		if !sameSession || !sameTxID {
			continue
		}
		if known.session == "" {
			o.payments[i].session = p.session
		}
		if known.txid == "" {
			o.payments[i].txid = p.txid
		}
		return true
	}
	return false
}

// rank orders the statuses of one session. None goes back.
func rank(status string) int {
	switch status {
	case "pending":
		return 1
	case "processing":
		return 2
	case "review":
		return 3
	case "declined", "failed", "expired", "cancelled", "canceled":
		return 4
	case "paid":
		return 5
	}
	return 0
}

func final(status string) bool { return rank(status) >= 4 }

// hears keeps the status of a message's session.
func (o *order) hears(m message) {
	status := m.text("status")
	o.status = status
	if o.statuses == nil {
		o.statuses = map[string]string{}
	}
	if rank(status) > rank(o.statuses[m.session()]) {
		o.statuses[m.session()] = status
	}
}
