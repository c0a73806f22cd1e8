package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

func (a *app) schemaCommand() *cobra.Command {
	names := dialects()
	return &cobra.Command{
		Use:   "schema {" + strings.Join(names, "|") + "}",
		Short: "Print the SQL of the inbox's tables",
		Long: `Print the SQL statements that create the tables of package inbox, for your own
migration tool. They do nothing if the tables exist. A shop that calls Migrate
when it starts does not need them. Use mysql for MariaDB, too.

In PostgreSQL the tables go into the first schema of the search path.`,
		Example: `  ecomtrade24 schema postgres > migrations/007_inbox.sql
  ecomtrade24 schema sqlite | sqlite3 shop.db`,
		ValidArgs: names,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 && len(inbox.Dialect(args[0]).Schema()) > 0 {
				return nil
			}
			last := len(names) - 1
			return usage("pass one database: ecomtrade24 schema " + strings.Join(names[:last], ", ") + ", or " + names[last] +
				"; for MariaDB use mysql")
		},
		RunE: func(_ *cobra.Command, args []string) error {
			statements := inbox.Dialect(args[0]).Schema()
			a.print(map[string][]string{"statements": statements}, strings.Join(statements, ";\n\n")+";\n")
			return nil
		},
	}
}

// dialects returns the databases that package inbox supports.
func dialects() []string {
	return []string{string(inbox.Postgres), string(inbox.SQLite), string(inbox.MySQL)}
}
