package inbox

import (
	"database/sql"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// MySQL is MySQL 8 or later, or MariaDB 10.5 or later. Transactions run under READ COMMITTED, which the server allows
// if its binary log is off or has the format ROW or MIXED.
const MySQL Dialect = "mysql"

func mysql() dialect {
	return dialect{
		statements: mysqlStatements(),
		isolation:  sql.LevelReadCommitted,
		prepares:   true,
		lock:       (*store).lockCounted,
		check:      (*store).checkMark,
		lostRace:   func(err error) bool { return strings.Contains(err.Error(), "Error 1213") },
	}
}

// mysqlStatements returns statements that store text as binary, since the usual collations treat "a", "A" and "a " as
// equal.
func mysqlStatements() ledger.Statements {
	const now = `TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000`
	s := ledger.Common(now, func(int) string { return "?" })
	s.Settings = `SHOW SESSION VARIABLES WHERE Variable_name IN ('log_bin', 'binlog_format', 'sql_mode', 'autocommit',
'read_only', 'innodb_read_only', 'tx_read_only', 'transaction_read_only')`
	s.Tables = []string{
		`CREATE TABLE IF NOT EXISTS ecomtrade24_orders (
	namespace VARBINARY(255) NOT NULL,
	order_key VARBINARY(464) NOT NULL,
	paid      TINYINT        NOT NULL,
	was_paid  TINYINT        NOT NULL,
	seen      BIGINT         NOT NULL,
	mark      VARBINARY(64)  NOT NULL,
	PRIMARY KEY (namespace, order_key)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC`,
		`CREATE TABLE IF NOT EXISTS ecomtrade24_facts (
	namespace   VARBINARY(255) NOT NULL,
	order_key   VARBINARY(464) NOT NULL,
	session_id  VARBINARY(255) NOT NULL,
	fact        VARBINARY(33)  NOT NULL,
	st_rank     TINYINT        NOT NULL,
	txid        VARBINARY(255) NOT NULL,
	amount      VARBINARY(255) NOT NULL,
	currency    VARBINARY(255) NOT NULL,
	event_key   VARBINARY(64)  NOT NULL,
	since       BIGINT         NOT NULL,
	next_check  BIGINT         NOT NULL,
	lease_until BIGINT         NOT NULL,
	PRIMARY KEY (namespace, order_key, session_id, fact),
	INDEX ecomtrade24_facts_next_check (namespace, next_check)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC`,
	}
	// INSERT IGNORE is not used, since it would also ignore every other error.
	s.Lock = `INSERT INTO ecomtrade24_orders (namespace, order_key, paid, was_paid, seen, mark) VALUES (?, ?, ?, 0, 1, ?)
ON DUPLICATE KEY UPDATE was_paid = paid, paid = GREATEST(paid, VALUES(paid)), seen = seen + 1, mark = VALUES(mark)`
	// Locking reads see the latest committed rows, even if the merchant's transaction has already read something.
	const both = `SELECT o.was_paid, f.session_id, f.fact, f.st_rank, f.txid, f.amount, f.currency, f.event_key,
f.next_check
FROM ecomtrade24_orders o LEFT JOIN ecomtrade24_facts f ON f.namespace = o.namespace AND f.order_key = o.order_key`
	s.Read = both + ` AND f.session_id IN ('', ?) WHERE o.namespace = ? AND o.order_key = ? FOR UPDATE`
	s.ReadOrder = both + ` WHERE o.namespace = ? AND o.order_key = ? FOR UPDATE`
	s.Put = `INSERT INTO ecomtrade24_facts (` + ledger.Columns + `)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)
ON DUPLICATE KEY UPDATE
st_rank = VALUES(st_rank), txid = VALUES(txid), amount = VALUES(amount), currency = VALUES(currency),
event_key = VALUES(event_key),
since = CASE WHEN VALUES(next_check) > 0 THEN VALUES(since) ELSE since END,
next_check = CASE WHEN VALUES(next_check) < 0 THEN next_check ELSE VALUES(next_check) END`
	// MySQL assigns from left to right, so the new value of "since" is computed from the old next_check.
	s.Expect = `INSERT INTO ecomtrade24_facts (` + ledger.Columns + `)
VALUES (?, ?, ?, '', 0, '', '', '', '', ?, ?, 0)
ON DUPLICATE KEY UPDATE
since = CASE WHEN next_check < 0 THEN VALUES(since) ELSE since END,
next_check = CASE WHEN next_check >= 0 THEN next_check
WHEN st_rank < ` + ledger.RankEnded() + ` THEN VALUES(next_check) ELSE ? END`
	return s
}
