package ledger

import (
	"errors"
	"strings"
)

// Unfit returns an error for the first database setting that would keep some or all events from being stored. The error
// says what to do. settings are the results of Statements.Settings.
func Unfit(settings map[string]string) error {
	on := func(name string) bool { return strings.EqualFold(settings[name], "on") }
	switch encoding := settings["server_encoding"]; {
	case encoding != "" && encoding != "UTF8" && encoding != "SQL_ASCII":
		return errors.New("the database's encoding is " + encoding + ", which cannot store every ID that the gateway may " +
			"send: create the database with ENCODING 'UTF8'")
	case on("log_bin") && settings["binlog_format"] == "STATEMENT":
		return errors.New("binlog_format is STATEMENT, under which the server rejects the isolation level READ COMMITTED: " +
			"set it to MIXED or ROW")
	case strings.Contains(settings["sql_mode"], "EMPTY_STRING_IS_NULL"):
		return errors.New("sql_mode contains EMPTY_STRING_IS_NULL, but the inbox stores empty strings: take it out of " +
			"sql_mode, for the inbox's connections at least")
	case settings["autocommit"] != "" && !on("autocommit"):
		return errors.New("autocommit is off, so statements outside of a transaction are never committed: set autocommit=1")
	}
	for _, name := range []string{
		"transaction_read_only", "tx_read_only", "read_only", "innodb_read_only",
	} {
		if on(name) {
			return errors.New(name + " is on, so no event can be stored: connect to a server that takes writes")
		}
	}
	return nil
}
