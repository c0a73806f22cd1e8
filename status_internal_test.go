package ecomtrade24

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
)

// Every status constant has its rank in wire.Statuses, and every rank has its constant.
func TestPaymentStatus_ranks(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "status.go", nil, 0)
	require.NoError(t, err)
	var constants []string
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "PaymentStatus" {
				value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				assert.NoError(t, err)
				constants = append(constants, value)
			}
		}
		return true
	})
	var ranked []string
	for _, s := range wire.Statuses {
		ranked = append(ranked, s.Name)
	}
	assert.ElementsMatch(t, constants, ranked)
}
