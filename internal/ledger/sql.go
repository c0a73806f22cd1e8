package ledger

import (
	"regexp"
	"strconv"
	"strings"
)

// tables matches the table names in a statement. It does not match an index's name, since the index is always in the
// schema of its table.
var tables = regexp.MustCompile(`\b(FROM|INTO|UPDATE|JOIN|EXISTS|ON) (ecomtrade24_(?:orders|facts))\b`)

// Statements holds the SQL for one kind of database. The comments list each statement's arguments.
type Statements struct {
	Tables    []string
	TableLock string // lets one process at a time create the tables, until its transaction ends; "" if not needed
	Probe     string // the statement fails if a table or a column is missing
	Home      string // returns 2 if both tables are in the schema that Tables uses; "" if there is only one schema
	Settings  string // returns names and values of settings for Unfit; "" for none
	Lock      string // namespace, order, pays; also the mark if a column keeps it
	Read      string // session, namespace, order; returns was_paid (0 if Lock already returns it) and the order's facts
	ReadOrder string // namespace, order; returns the same as Read
	Check     string // namespace, order, mark; returns a row if the mark is there
	CheckPut  string // mark, then Put's; affects no row if the mark is gone; "" if Check and Put run separately
	Put       string // namespace, order, then Row.Args
	Expect    string // namespace, order, session, since, next, ended
	Now       string // returns the time in Unix milliseconds
	Scheduled string // namespace; returns a Check
	Lease     string // until, namespace, order, session, next check, lease
	Return    string // ReturnArgs
}

// In returns the statements with schema before each table name. The caller must quote the schema if necessary; if it is
// "", the statements stay unchanged.
func (s Statements) In(schema string) Statements {
	if schema == "" {
		return s
	}
	in := func(text string) string {
		return tables.ReplaceAllString(text, "$1 "+strings.ReplaceAll(schema, "$", "$$")+".$2")
	}
	s.Home = "" // the search path need not be checked
	s.Tables = append([]string(nil), s.Tables...)
	for i := range s.Tables {
		s.Tables[i] = in(s.Tables[i])
	}
	for _, text := range []*string{
		&s.Probe, &s.Lock, &s.Read, &s.ReadOrder, &s.Check, &s.CheckPut, &s.Put, &s.Expect, &s.Scheduled, &s.Lease,
		&s.Return,
	} {
		*text = in(*text)
	}
	return s
}

// LeaseArgs returns the arguments to Lease.
func (c Check) LeaseArgs(namespace string, until int64) []any {
	return []any{until, namespace, c.Order, c.ID, c.NextCheck, c.LeaseUntil}
}

// ReturnArgs returns the arguments to Return.
func (c Check) ReturnArgs(namespace string, next Check) []any {
	return []any{
		c.NextCheck, next.Since, c.NextCheck, next.NextCheck, next.LeaseUntil, namespace, c.Order, c.ID, c.LeaseUntil,
	}
}

// NextCheckIndex contains only the sessions that still have checks, which are few.
const NextCheckIndex = `CREATE INDEX IF NOT EXISTS ecomtrade24_facts_next_check
ON ecomtrade24_facts (namespace, next_check) WHERE next_check > 0`

// Columns are the columns of ecomtrade24_facts.
const Columns = `namespace, order_key, session_id, fact, st_rank, txid, amount, currency, event_key, since, next_check,
lease_until`

// overwrite replaces a row that already exists.
const overwrite = `
ON CONFLICT (namespace, order_key, session_id, fact) DO UPDATE SET
st_rank = excluded.st_rank, txid = excluded.txid, amount = excluded.amount, currency = excluded.currency,
event_key = excluded.event_key,
since = CASE WHEN excluded.next_check > 0 THEN excluded.since ELSE f.since END,
next_check = CASE WHEN excluded.next_check < 0 THEN f.next_check ELSE excluded.next_check END`

// Standard returns the SQL that PostgreSQL and SQLite share. now is an expression for the time in Unix milliseconds.
func Standard(now string) Statements {
	s := Common(now, func(n int) string { return "$" + strconv.Itoa(n) })
	s.Put = `INSERT INTO ecomtrade24_facts AS f (` + Columns + `)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0)` + overwrite
	s.Expect = `INSERT INTO ecomtrade24_facts AS f (` + Columns + `)
VALUES ($1, $2, $3, '', 0, '', '', '', '', $4, $5, 0)
ON CONFLICT (namespace, order_key, session_id, fact) DO UPDATE SET
since = CASE WHEN f.next_check < 0 THEN excluded.since ELSE f.since END,
next_check = CASE WHEN f.next_check >= 0 THEN f.next_check
WHEN f.st_rank < ` + RankEnded() + ` THEN excluded.next_check ELSE $6 END`
	return s
}

// The constant read is the start of the queries Read and ReadOrder in PostgreSQL and SQLite. There the Lock statement
// already returns whether the order is paid.
const read = `SELECT 0, session_id, fact, st_rank, txid, amount, currency, event_key, next_check FROM ecomtrade24_facts
WHERE `

// Common returns the SQL that all databases share. now is an expression for the time in Unix milliseconds, and arg
// writes the placeholder of the n-th argument.
func Common(now string, arg func(n int) string) Statements {
	ahead := now + " + 3600000" // an hour
	return Statements{
		Now: "SELECT " + now,
		Probe: `SELECT o.namespace, o.order_key, o.paid, o.was_paid, o.seen, f.namespace, f.order_key, f.session_id, f.fact,
f.st_rank, f.txid, f.amount, f.currency, f.event_key, f.since, f.next_check, f.lease_until
FROM ecomtrade24_orders o JOIN ecomtrade24_facts f ON f.order_key = o.order_key WHERE 1 = 0`,
		Read:      read + `session_id IN ('', ` + arg(1) + `) AND namespace = ` + arg(2) + ` AND order_key = ` + arg(3),
		ReadOrder: read + `namespace = ` + arg(1) + ` AND order_key = ` + arg(2),
		Check: `SELECT 1 FROM ecomtrade24_orders
WHERE namespace = ` + arg(1) + ` AND order_key = ` + arg(2) + ` AND mark = ` + arg(3),
		// The session that has waited longest comes first. The wait starts at the scheduled check or at a later failed
		// attempt. A time more than an hour ahead comes from a wrong database clock and is ignored.
		Scheduled: `SELECT ` + now + `, order_key, session_id, st_rank, since, next_check, lease_until FROM ecomtrade24_facts
WHERE namespace = ` + arg(1) + ` AND next_check > 0 AND (next_check <= ` + now + ` OR since > ` + ahead + `)
AND (lease_until <= ` + now + ` OR lease_until > ` + ahead + `)
ORDER BY CASE WHEN lease_until > next_check OR next_check > ` + now + ` THEN lease_until ELSE next_check END LIMIT 16`,
		Lease: `UPDATE ecomtrade24_facts SET lease_until = ` + arg(1) + `
WHERE namespace = ` + arg(2) + ` AND order_key = ` + arg(3) + ` AND session_id = ` + arg(4) + ` AND fact = ''
AND next_check = ` + arg(5) + ` AND lease_until = ` + arg(6),
		Return: `UPDATE ecomtrade24_facts SET
since = CASE WHEN next_check = ` + arg(1) + ` THEN ` + arg(2) + ` ELSE since END,
next_check = CASE WHEN next_check = ` + arg(3) + ` THEN ` + arg(4) + ` ELSE next_check END,
lease_until = ` + arg(5) + `
WHERE namespace = ` + arg(6) + ` AND order_key = ` + arg(7) + ` AND session_id = ` + arg(8) + ` AND fact = ''
AND lease_until = ` + arg(9),
	}
}
