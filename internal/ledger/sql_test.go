package ledger_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

var dialects = map[string]ledger.Statements{
	"PostgreSQL": ledger.Postgres(), "SQLite": ledger.SQLite(), "MySQL": ledger.MySQL(),
}

// In puts the schema before every table of every statement, also of one that is added later.
func TestStatements_In(t *testing.T) {
	t.Parallel()
	for name, s := range dialects {
		assert.Equal(t, s, s.In(""), name)
		before := strings.Join(s.Tables, "")
		in := reflect.ValueOf(s.In(`"pay$1"`))
		assert.Equal(t, before, strings.Join(s.Tables, ""), "the dialect itself stays as it is")
		for i := range in.NumField() {
			texts := []string{}
			switch field := in.Field(i).Interface().(type) {
			case string:
				texts = append(texts, field)
			case []string:
				texts = field
			}
			for _, text := range texts {
				rest := strings.NewReplacer(`"pay$1".ecomtrade24_orders`, "", `"pay$1".ecomtrade24_facts`, "",
					"ecomtrade24_facts_next_check", "").Replace(text)
				assert.NotContains(t, rest, "ecomtrade24_", "%s: %s", name, in.Type().Field(i).Name)
			}
		}
	}
}

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
