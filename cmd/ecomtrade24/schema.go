package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema {postgres|sqlite|mysql}",
		Short: "Print the SQL of the inbox's tables",
		Long: `Print the SQL statements that create the tables of package inbox, for your own
migration tool. They do nothing if the tables exist. A shop that calls Migrate
when it starts does not need them. Use mysql for MariaDB, too.

In PostgreSQL the tables go into the first schema of the search path.`,
		Example: `  ecomtrade24 schema postgres > migrations/007_inbox.sql
  ecomtrade24 schema sqlite | sqlite3 shop.db`,
		ValidArgs: []string{"postgres", "sqlite", "mysql"},
		Args:      oneDialect,
		RunE:      func(_ *cobra.Command, args []string) error { return a.schema(args[0]) },
	}
}

func oneDialect(_ *cobra.Command, args []string) error {
	if len(args) == 1 && len(inbox.Dialect(args[0]).Schema()) > 0 {
		return nil
	}
	return usage("pass one database: ecomtrade24 schema postgres, sqlite, or mysql (also for MariaDB)")
}

func (a *app) schema(name string) error {
	statements := inbox.Dialect(name).Schema()
	a.print(struct {
		Statements []string `json:"statements"`
	}{statements}, strings.Join(statements, ";\n\n")+";\n")
	return nil
}
