package main

import (
	"context"

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
	var amount string
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
			p.Domain, p.Amount = a.setting(p.Domain, envDomain), ecomtrade24.Amount(amount)
			return a.create(cmd.Context(), f, p)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&p.Domain, "domain", "", "the shop's approved `NAME` ("+envDomain+")")
	flags.StringVar(&amount, "amount", "", "decimal `AMOUNT`, such as 49.95")
	flags.StringVar(&p.Currency, "currency", "", "`CODE`, such as USD")
	flags.StringVar(&p.OrderID, "order", "", "the shop's order `ID`")
	flags.StringVar(&p.Method, "method", "", "method `ID`, for Smart Routing")
	flags.StringVar(&p.CustomerEmail, "email", "", "the buyer's `ADDRESS`")
	flags.StringVar(&p.ReturnURL, "return-url", "", "`URL` that the buyer returns to")
	flags.StringVar(&p.CancelURL, "cancel-url", "", "`URL` for a buyer who cancels")
	flags.StringToStringVar(&p.Metadata, "meta", nil, "`NAME=VALUE` that webhooks repeat; may be repeated")
	f.add(cmd)
	return cmd
}

func (a *app) create(ctx context.Context, f clientFlags, p ecomtrade24.SessionParams) error {
	client, err := a.client(f)
	if err != nil {
		return err
	}
	s, err := client.Checkout(ctx, p)
	if err != nil {
		return a.callFailed(f, err)
	}
	a.print(struct {
		SessionID   string `json:"session_id"`
		CheckoutURL string `json:"checkout_url"`
		ExpiresAt   string `json:"expires_at,omitempty"`
	}{s.ID, s.CheckoutURL, stamp(s.ExpiresAt)},
		row("session", s.ID)+whole("checkout", s.CheckoutURL)+row("expires", stamp(s.ExpiresAt)))
	return nil
}

// sessionStatus is the record of a session's payment. It contains no data of the buyer.
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
			client, err := a.client(f)
			if err != nil {
				return err
			}
			s, err := client.Status(cmd.Context(), args[0])
			if err != nil {
				return a.callFailed(f, err)
			}
			a.printStatus(s)
			return nil
		},
	}
	cmd.Flags().SortFlags = false
	f.add(cmd)
	return cmd
}
