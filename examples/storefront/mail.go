package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"
)

// mailer sends a mail by SMTP, or writes it to a folder if no SMTP server is set.
type mailer struct {
	from string
	dir  string       // used if smtp is nil
	smtp *mail.Client // if nil, mail is written to dir
}

// letter is a mail. Its id stays the same if it is sent again, so that duplicates can be recognized.
type letter struct{ id, to, subject, text string }

// openMail reads SMTP_URL: smtp://user:password@host:587 for STARTTLS, smtps://…:465 for TLS from the first byte.
func (s *shop) openMail() (err error) {
	s.mail = mailer{from: s.mailFrom, dir: s.mailDir()}
	if s.smtpURL == "" {
		return makePrivate(s.mail.dir, fs.ModeDir)
	}
	u, err := url.Parse(s.smtpURL)
	if err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") {
		return errors.New("SMTP_URL must look like smtp://user:password@host:587") // the error omits the URL's password
	}
	var options []mail.Option
	if port, err := strconv.Atoi(u.Port()); err == nil {
		options = append(options, mail.WithPort(port))
	}
	switch host := u.Hostname(); {
	case u.Scheme == "smtps":
		options = append(options, mail.WithSSL())
	case host == "localhost" || host == "127.0.0.1" || host == "::1":
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	}
	if password, ok := u.User.Password(); ok {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover),
			mail.WithUsername(u.User.Username()), mail.WithPassword(password))
	}
	s.mail.smtp, err = mail.NewClient(u.Hostname(), options...)
	return err
}

// canBeWrittenTo reports whether a receipt can be sent to address.
func canBeWrittenTo(address string) bool { return mail.NewMsg().To(address) == nil }

func (m *mailer) send(ctx context.Context, l letter) error {
	msg := mail.NewMsg()
	if err := msg.From(m.from); err != nil {
		return fmt.Errorf("MAIL_FROM: %w", err)
	}
	if msg.To(l.to) != nil {
		return errors.New("mail: the buyer's address is invalid") // the error is logged, so it omits the address
	}
	msg.Subject(l.subject)
	msg.SetDate()
	msg.SetMessageIDWithValue(l.id)
	msg.SetBodyString(mail.TypeTextPlain, l.text)
	if m.smtp == nil {
		name := l.id + "." + rand.Text()[:6] + ".eml"
		unfinished := filepath.Join(m.dir, "."+name)
		if err := errors.Join(makePrivate(unfinished, 0), msg.WriteToFile(unfinished)); err != nil {
			return err
		}
		return os.Rename(unfinished, filepath.Join(m.dir, name))
	}
	err := m.smtp.DialAndSendWithContext(ctx, msg)
	var refused *mail.SendError // SendError's own text names the buyer
	if errors.As(err, &refused) {
		return fmt.Errorf("mail: not sent: %s", refused.Reason)
	}
	return err
}

// receipt returns the mail for a paid order.
func (s *shop) receipt(o order) letter {
	var b strings.Builder
	fmt.Fprintf(&b, "Thank you for your order.\n\nOrder %s, paid.\n\n", o.ID)
	for _, l := range o.Lines {
		fmt.Fprintf(&b, "%3d  %-20s %10s %s\n", l.Quantity, l.Title, l.Total(), o.Currency)
	}
	fmt.Fprintf(&b, "     %-20s %10s %s\n\n%s/orders/%s\n", "Total", o.Amount, o.Currency, s.publicURL, o.ID)
	b.WriteString("\nShow this when you collect your order at our shop.\n")
	return letter{o.ID + ".receipt@" + s.domain, o.Email, "Your order " + o.ID + " is paid", b.String()}
}
