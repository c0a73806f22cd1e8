package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
)

func (a *app) methodsCommand() *cobra.Command {
	var f clientFlags
	cmd := &cobra.Command{
		Use:   "methods",
		Short: "Print the merchant's plan and payment methods",
		Long: `Print the merchant's plan and payment methods from me.php. With hosted_checkout
the gateway's page offers the methods and a session names none. With
smart_routing the shop offers them and sends the chosen one.

With --json each method is a line. If there are none, one line has an empty list
"methods".`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.call(f, func(client *ecomtrade24.Client) error {
				m, err := client.Me(cmd.Context())
				if err == nil {
					a.printMethods(m)
				}
				return err
			})
		},
	}
	f.add(cmd)
	return cmd
}

func (a *app) printMethods(m *ecomtrade24.Merchant) {
	if !a.json {
		fmt.Fprintf(a.out, "The plan is %s.\n", m.Mode)
	}
	if len(m.Methods) == 0 {
		a.print(struct {
			Mode    string   `json:"mode"`
			Methods []string `json:"methods"`
		}{string(m.Mode), []string{}}, "The gateway lists no methods.\n")
	}
	for _, method := range m.Methods {
		note := ""
		if !method.Available {
			note = "not available"
		}
		a.print(struct {
			Mode      string `json:"mode"`
			ID        string `json:"id"`
			Label     string `json:"label,omitempty"`
			Available bool   `json:"available"`
		}{string(m.Mode), method.ID, method.Label, method.Available},
			strings.TrimRight(fmt.Sprintf("  %-20s %-24s %s",
				guard.Line(method.ID, 20), guard.Line(method.Label, 24), note), " ")+"\n")
	}
}
