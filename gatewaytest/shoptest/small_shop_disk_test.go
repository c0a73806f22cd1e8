package shoptest_test

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest/shoptest"
)

// disk is the shop's database, which survives a restart.
type disk struct {
	mu         sync.Mutex
	broken     bool
	statements *shoptest.Statements
	tables     *tables
	replica    atomic.Pointer[tables] // nil means no replica

	outside sync.Map // counters by name, for effects that no rollback undoes, such as emails
}

// tables holds the database's contents.
type tables struct {
	exec  func() error    // called before each statement that writes
	owned map[string]bool // orders that this transaction has copied; nil if it is read-only

	version  int // increases with each transaction
	orders   map[string]*order
	newest   string
	stock    int
	invoices int             // the last invoice's number
	seen     map[string]bool // for shops that store keys of handled webhooks
	numbers  map[string]int  // a shop's other counters
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

// tx runs f in a transaction: the database keeps either everything that f writes or nothing.
func (d *disk) tx(f func(t *tables) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := *d.tables
	t.orders, t.seen, t.numbers = maps.Clone(t.orders), maps.Clone(t.seen), maps.Clone(t.numbers)
	t.owned, t.exec = map[string]bool{}, d.statement
	if err := f(&t); err != nil {
		return err
	}
	if err := t.exec(); err != nil { // the commit, which counts as a statement
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

// snapshot returns the database's current contents. The returned tables never change.
func (d *disk) snapshot() *tables {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.tables
}

// counts adds n to a counter that is not part of any transaction, and returns the new value.
func (d *disk) counts(name string, n int64) int {
	counter, _ := d.outside.LoadOrStore(name, new(atomic.Int64))
	return int(counter.(*atomic.Int64).Add(n))
}

// get returns the order with that ID, or nil.
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

// first reports whether a key is new, and stores the key.
func (t *tables) first(key string) bool {
	known := t.seen[key]
	t.seen[key] = true
	return !known
}

// all returns every order, sorted by ID.
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
	amount, currency string // the amount due

	paid      bool
	fulfilled int
	review    bool
	status    string            // the most recent status of any of its sessions
	sent      string            // the newest sent_at
	statuses  map[string]string // statuses by session ID; a session's rank never decreases
	sessions  []string
	payments  []payment
	effects   map[string]int
	invoice   string
	tries     []string // the order's IDs at the gateway, if they differ from id
}

// payment is a payment that the shop has counted.
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

// knows reports whether p repeats a counted payment. The repetition may have a session ID or txid that the first
// message lacked.
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

// rank returns a status's rank. A session's rank never decreases.
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

// hears stores the status that a message reports for its session.
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
