package main

import (
	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go"
)

func (a *app) sessionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "session",
		Short: "Create a checkout session, or look up its status",
		Args:  knownCommand,
		RunE:  a.commandMissing,
	}
	cmd.AddCommand(a.createCommand(), a.statusCommand(), a.waitCommand())
	return cmd
}

func (a *app) createCommand() *cobra.Command {
	var f clientFlags
	var p ecomtrade24.SessionParams
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Create a checkout session and print its checkout URL",
		Long: `Create a checkout session and print the URL where the buyer pays. Like the SDK's
Checkout, it follows the merchant's plan: hosted checkout sends no method, Smart
Routing needs one (see methods).`,
		Example: `  ecomtrade24 session create --domain shop.example --amount 49.95 \
      --currency USD --order ORDER-10001`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p.Domain = a.setting(p.Domain, envDomain)
			return a.call(f, func(client *ecomtrade24.Client) error {
				s, err := client.Checkout(cmd.Context(), p)
				if err == nil {
					a.printSession(s)
				}
				return err
			})
		},
	}
	for _, flag := range sessionFlags(&p) {
		if flag.text != nil {
			cmd.Flags().StringVar(flag.text, flag.name, "", flag.usage)
		} else {
			cmd.Flags().StringToStringVar(flag.values, flag.name, nil, flag.usage)
		}
	}
	f.add(cmd)
	return cmd
}

// sessionFlag is a flag that sets a field of a session request.
type sessionFlag struct {
	field, name, usage string
	text               *string
	values             *map[string]string // set if text is nil
}

// sessionFlags returns the flags that set p.
func sessionFlags(p *ecomtrade24.SessionParams) []sessionFlag {
	return []sessionFlag{
		{"Domain", "domain", "the shop's approved `NAME` (" + envDomain + ")", &p.Domain, nil},
		{"Amount", "amount", "decimal `AMOUNT`, such as 49.95", (*string)(&p.Amount), nil},
		{"Currency", "currency", "`CODE`, such as USD", &p.Currency, nil},
		{"OrderID", "order", "the shop's order `ID`", &p.OrderID, nil},
		{"Method", "method", "method `ID`, for Smart Routing", &p.Method, nil},
		{"CustomerEmail", "email", "the buyer's `ADDRESS`", &p.CustomerEmail, nil},
		{"ReturnURL", "return-url", "`URL` that the buyer returns to", &p.ReturnURL, nil},
		{"CancelURL", "cancel-url", "`URL` for a buyer who cancels", &p.CancelURL, nil},
		{"Metadata", "meta", "`NAME=VALUE` to include in webhooks; may be repeated", nil, &p.Metadata},
	}
}

func (a *app) printSession(s *ecomtrade24.Session) {
	a.print(struct {
		SessionID   string `json:"session_id"`
		CheckoutURL string `json:"checkout_url"`
		ExpiresAt   string `json:"expires_at,omitempty"`
	}{s.ID, s.CheckoutURL, stamp(s.ExpiresAt)},
		row("session", s.ID)+whole("checkout", s.CheckoutURL)+row("expires", stamp(s.ExpiresAt)))
}

// sessionStatus is the record of a session's payment. It contains none of the buyer's data.
type sessionStatus struct {
	SessionID string `json:"session_id"`
	OrderID   string `json:"order_id,omitempty"`
	Status    string `json:"status"`
	Final     bool   `json:"final"`
	Paid      bool   `json:"paid"`
	Amount    string `json:"amount,omitempty"`
	Currency  string `json:"currency,omitempty"`
	TxID      string `json:"txid,omitempty"`
	Test      bool   `json:"test,omitempty"`
}

func (a *app) printStatus(s *ecomtrade24.SessionStatus) {
	record := sessionStatus{
		SessionID: s.SessionID, OrderID: s.OrderID, Status: string(s.Status), Final: s.Status.Final(), Paid: s.Paid(),
		Amount: string(s.Amount), Currency: s.Currency, TxID: s.TxID, Test: s.Test,
	}
	text := row("session", s.SessionID) + row("order", s.OrderID) + row("status", string(s.Status)) +
		row("amount", string(s.Amount)+" "+s.Currency) + row("txid", s.TxID)
	if s.Test {
		text += row("test", "yes: this is not a payment")
	}
	a.print(record, text)
}

func (a *app) statusCommand() *cobra.Command {
	var f clientFlags
	cmd := &cobra.Command{
		Use:   "status ID",
		Short: "Print a session's status at the gateway",
		Args:  oneSession,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.call(f, func(client *ecomtrade24.Client) error {
				s, err := client.Status(cmd.Context(), args[0])
				if err == nil {
					a.printStatus(s)
				}
				return err
			})
		},
	}
	f.add(cmd)
	return cmd
}
