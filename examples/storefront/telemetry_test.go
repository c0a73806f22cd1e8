package main

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMetrics(t *testing.T) {
	t.Parallel()
	s := newStore(t, nil)
	order, session := s.order()
	s.gateway.Pay(session)
	s.gateway.Redeliver(session)
	require.Equal(t, "Paid", s.state(order))
	r := s.request(http.MethodPost, "/api/webhook", nil)
	r.Header.Set("X-Signature", "sha256=forged")
	require.Equal(t, http.StatusUnauthorized, s.do(r).status)

	assert.Equal(t, http.StatusUnauthorized, s.get("/metrics").status, "/metrics requires the password")
	shown := s.asAdmin(http.MethodGet, "/metrics", nil)
	require.Equal(t, http.StatusOK, shown.status)
	for _, want := range []string{
		`ecomtrade24_client_duration_seconds_count{ecomtrade24_operation="create session",ecomtrade24_outcome="ok"} 1`,
		`ecomtrade24_webhook_duration_seconds_count{ecomtrade24_outcome="handled"} 2`,
		`ecomtrade24_inbox_duration_seconds_count{ecomtrade24_outcome="duplicate"} 1`,
		`ecomtrade24_webhook_duration_seconds_count{ecomtrade24_outcome="rejected",ecomtrade24_reason="bad_signature"} 1`,
		`ecomtrade24_inbox_changes_total{ecomtrade24_change_kind="paid"} 1`,
		`ecomtrade24_inbox_event_age_seconds_count 1`,
		`ecomtrade24_inbox_wait_seconds_count 2`,
		`http_client_request_duration_seconds_count{http_request_method="POST",http_response_status_code="200",`,
	} {
		assert.True(t, strings.Contains(shown.text, want), want)
	}
	if dashboard, err := os.ReadFile("../../docs/grafana.json"); !errors.Is(err, fs.ErrNotExist) { // copied shops lack it
		require.NoError(t, err)
		names := regexp.MustCompile(`(?:ecomtrade24|storefront)_[a-z_]+`).FindAllString(string(dashboard), -1)
		require.Greater(t, len(names), 10)
		for _, name := range names {
			assert.Contains(t, shown.text, name, "a metric in the dashboard")
		}
	}
	for _, secret := range []string{order, session, buyer} {
		assert.False(t, strings.Contains(shown.text, `"`+secret+`"`), secret)
	}
}
