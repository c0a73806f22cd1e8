package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

func TestUnfit(t *testing.T) {
	t.Parallel()
	for why, settings := range map[string]map[string]string{
		"":                               {},
		"ENCODING 'UTF8'":                {"server_encoding": "LATIN1"},
		"set it to MIXED or ROW":         {"log_bin": "ON", "binlog_format": "STATEMENT"},
		"take it out of sql_mode":        {"sql_mode": "STRICT_TRANS_TABLES,EMPTY_STRING_IS_NULL"},
		"set autocommit=1":               {"autocommit": "OFF"},
		"transaction_read_only is on":    {"server_encoding": "UTF8", "transaction_read_only": "on"},
		"tx_read_only is on":             {"tx_read_only": "ON"},
		"read_only is on, so no event":   {"read_only": "ON"},
		"innodb_read_only is on, so no ": {"innodb_read_only": "ON"},
	} {
		if err := ledger.Unfit(settings); why == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, why)
		}
	}
	for _, fine := range []map[string]string{
		{"server_encoding": "UTF8", "transaction_read_only": "off"},
		{"server_encoding": "SQL_ASCII"},
		{"log_bin": "OFF", "binlog_format": "STATEMENT", "autocommit": "ON", "sql_mode": "ANSI", "read_only": "OFF"},
		{"log_bin": "ON", "binlog_format": "ROW", "autocommit": "ON", "sql_mode": ""},
	} {
		require.NoError(t, ledger.Unfit(fine))
	}
}
