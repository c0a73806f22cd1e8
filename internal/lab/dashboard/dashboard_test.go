package dashboard_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Grafana's own types accept every member of the file, and its rules accept the values.
func TestDashboard(t *testing.T) {
	t.Parallel()
	plugins.RegisterDefaultPlugins() // registers the types of panels and queries
	text, err := os.ReadFile("../../../docs/grafana.json")
	require.NoError(t, err)
	var d, spoiled dashboard.Dashboard //nolint:staticcheck // every version of Grafana imports this type
	assert.Empty(t, d.UnmarshalJSONStrict(text), "an empty list means no error")
	assert.Empty(t, d.Validate())
	assert.Len(t, d.Panels, 6)
	assert.NotEmpty(t, spoiled.UnmarshalJSONStrict(bytes.Replace(text, []byte(`"gridPos"`), []byte(`"grid"`), 1)))
}
