package shoptest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// lookup is a session that the shop looks up, and its order.
type lookup struct{ order, session string }

func (s *smallShop) beginReconcile() {
	s.reconcile = s.catchesUp
	s.due = openSessions
	s.ask = s.asks
	s.learn = s.learns
}

// catchesUp looks up all open sessions. An error does not stop the remaining lookups.
func (s *smallShop) catchesUp(ctx context.Context) error {
	var errs []error
	for _, l := range s.due(s.disk.snapshot()) {
		m, err := s.ask(ctx, l.session)
		errs = append(errs, s.learn(ctx, l, m, err))
	}
	return errors.Join(errs...)
}

// openSessions returns the sessions that may still be paid, and every session of an unpaid order.
func openSessions(t *tables) (lookups []lookup) {
	for _, o := range t.all() {
		for _, session := range o.sessions {
			if !o.paid || !final(o.statuses[session]) {
				lookups = append(lookups, lookup{o.id, session})
			}
		}
	}
	return lookups
}

// asks returns the gateway's response to a lookup of the session.
func (s *smallShop) asks(ctx context.Context, session string) (message, error) {
	status, body, err := s.get(ctx, session)
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, fmt.Errorf("the gateway responds %d", status)
	}
	m, err := decodeJSON(nil, body)
	if err != nil {
		return nil, err
	}
	if !m.yes("ok") {
		return nil, errors.New("the gateway's response is not ok")
	}
	return m, nil
}

func (s *smallShop) get(ctx context.Context, session string) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	to := s.url + "/gateway/status.php?session_id=" + url.QueryEscape(session)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, to, nil)
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+s.key)
	resp, err := s.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, maxBody))
	return resp.StatusCode, body, err
}

// learns applies a lookup response like a webhook, if the response names the session and order that the shop looked up.
func (s *smallShop) learns(ctx context.Context, asked lookup, m message, err error) error {
	if err == nil && (m.session() != asked.session || s.orderID(m) != asked.order) {
		err = errors.New("the response is about another session")
	}
	if err == nil {
		err = s.work(ctx, m)
	}
	if err != nil {
		s.log.printf("lookup of session %s: %v", asked.session, err)
	}
	return err
}
