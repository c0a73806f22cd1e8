package inbox

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The method In puts the schema before every table name in every statement, including statements that are added to the
// struct later.
func TestStatements_In(t *testing.T) {
	t.Parallel()
	for _, d := range []Dialect{Postgres, SQLite, MySQL} {
		known, err := d.find()
		require.NoError(t, err)
		s := known.statements
		assert.Equal(t, s, s.In(""), d)
		before := strings.Join(s.Tables, "")
		in := reflect.ValueOf(s.In(`"pay$1"`))
		assert.Equal(t, before, strings.Join(s.Tables, ""), "In must not change the dialect itself")
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
				assert.NotContains(t, rest, "ecomtrade24_", "%s: %s", d, in.Type().Field(i).Name)
			}
		}
	}
}
