package cause

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// constants reads the ids that ids.go declares, with their names.
func constants(t *testing.T) (ids []ID, names map[ID]string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "ids.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	names = map[ID]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, isIdent := spec.Type.(*ast.Ident); !isIdent || kind.Name != "ID" || len(spec.Values) != 1 {
			t.Errorf("%s is not declared as an ID of its own", spec.Names[0].Name)
			return true
		}
		literal, isLiteral := spec.Values[0].(*ast.BasicLit)
		if !isLiteral {
			t.Errorf("%s is not a literal", spec.Names[0].Name)
			return true
		}
		value, err := strconv.Unquote(literal.Value)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, ID(value))
		names[ID(value)] = spec.Names[0].Name
		return true
	})
	if len(ids) == 0 {
		t.Fatal("ids.go declares nothing")
	}
	return ids, names
}

func TestEveryConstantIsInTheCatalogueAndTheOtherWayRound(t *testing.T) {
	t.Parallel()
	declared, _ := constants(t)
	var listed []ID
	for _, c := range All() {
		listed = append(listed, c.ID)
	}
	if diff := cmp.Diff(listed, declared); diff != "" {
		t.Errorf("ids.go differs from the catalogue, in set or order (-catalogue +ids.go)\n%s", diff)
	}
}

// TestConstantsAreNamedAsTheirIDs keeps names from being mixed up: without
// case and dashes the two are the same.
func TestConstantsAreNamedAsTheirIDs(t *testing.T) {
	t.Parallel()
	_, names := constants(t)
	for id, name := range names {
		if got, want := strings.ToLower(name), strings.ReplaceAll(string(id), "-", ""); got != want {
			t.Errorf("the constant of %q is %s", id, name)
		}
	}
}
