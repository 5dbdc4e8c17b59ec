package monitoring_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
)

// sources are the parsed files of a package, without its tests.
func sources(t *testing.T, dir string) []*ast.File {
	t.Helper()
	names, err := fs.Glob(os.DirFS(dir), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		files = append(files, parsed(t, dir+"/"+name, nil))
	}
	if len(files) == 0 {
		t.Fatalf("no source in %s", dir)
	}
	return files
}

func parsed(t *testing.T, name string, src any) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// leaked are the exported names of a file whose declaration speaks of the SDK,
// and aliases of its types, whatever their name.
func leaked(file *ast.File) []string {
	var names []string
	note := func(name string, exported bool, nodes ...ast.Node) {
		for _, node := range nodes {
			if exported && ofSDK(node) {
				names = append(names, name)
				return
			}
		}
	}
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			note(d.Name.Name, d.Name.IsExported(), d.Type)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					note(s.Name.Name, s.Name.IsExported() || s.Assign.IsValid(), public(s.Type)...)
				case *ast.ValueSpec:
					for _, name := range s.Names {
						note(name.Name, name.IsExported(), s)
					}
				}
			}
		}
	}
	return names
}

// public are the parts of a type that its users see: of a struct the exported
// fields, and those that are embedded.
func public(kind ast.Expr) []ast.Node {
	structure, ok := kind.(*ast.StructType)
	if !ok {
		return []ast.Node{kind}
	}
	var nodes []ast.Node
	for _, field := range structure.Fields.List {
		if len(field.Names) == 0 || slices.ContainsFunc(field.Names, (*ast.Ident).IsExported) {
			nodes = append(nodes, field.Type)
		}
	}
	return nodes
}

// ofSDK says whether a part of the source names the package sentry.
func ofSDK(node ast.Node) bool {
	found := false
	ast.Inspect(node, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if of, ok := s.X.(*ast.Ident); ok && of.Name == "sentry" {
				found = true
			}
		}
		return !found
	})
	return found
}

func TestNoTypeOfTheSDKIsPublic(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{".", "scrub"} {
		for _, file := range sources(t, dir) {
			for _, imported := range file.Imports {
				if strings.Contains(imported.Path.Value, "getsentry") && (dir == "scrub" || imported.Name != nil) {
					t.Errorf("%s imports %s; it must not in scrub, and not under another name elsewhere", dir, imported.Path.Value)
				}
			}
			if names := leaked(file); names != nil {
				t.Errorf("public and of the SDK: %v", names)
			}
		}
	}
}

// TestPublicTypesAreLookedAt shows that the test above is not blind.
func TestPublicTypesAreLookedAt(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]bool{
		"func F(e *sentry.Event) {}":                               true,
		"func F() (func(sentry.Level), error) { return nil, nil }": true,
		"func (c *client) M(...map[string]sentry.Context) {}":      true,
		"type T struct{ Field []sentry.User }":                     true,
		"type T struct{ *sentry.Hub }":                             true,
		"type T func(*sentry.Event)":                               true,
		"type T interface{ M() sentry.Level }":                     true,
		"type t = sentry.Event":                                    true,
		"var V = sentry.LevelInfo":                                 true,
		"const C = sentry.LevelInfo":                               true,
		"func f(e *sentry.Event) {}":                               false,
		"func F() { _ = sentry.LevelInfo }":                        false,
		"type T struct{ field *sentry.Hub }":                       false,
		"type t struct{ *sentry.Hub }":                             false,
	} {
		if got := leaked(parsed(t, "a.go", "package a\n"+src)) != nil; got != want {
			t.Errorf("%s: leaks %t, want %t", src, got, want)
		}
	}
}

// TestOffIsTestedForEveryMethod: TestNilClientTakesEveryCall leaves none out.
func TestOffIsTestedForEveryMethod(t *testing.T) {
	t.Parallel()
	called := map[string]bool{}
	for _, declaration := range parsed(t, "config_test.go", nil).Decls {
		if f, ok := declaration.(*ast.FuncDecl); ok && f.Name.Name == "TestNilClientTakesEveryCall" {
			ast.Inspect(f, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					if s, ok := call.Fun.(*ast.SelectorExpr); ok {
						called[s.Sel.Name] = true
					}
				}
				return true
			})
		}
	}
	methods := 0
	for _, file := range sources(t, ".") {
		for _, declaration := range file.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if !ok || f.Recv == nil || !f.Name.IsExported() {
				continue
			}
			pointer, ok := f.Recv.List[0].Type.(*ast.StarExpr)
			if !ok {
				continue
			}
			of, ok := pointer.X.(*ast.Ident)
			if !ok || of.Name != "Client" && of.Name != "Span" {
				continue
			}
			if methods++; !called[f.Name.Name] {
				t.Errorf("%s.%s is not called on nil", of.Name, f.Name.Name)
			}
		}
	}
	if methods < 25 {
		t.Errorf("only %d methods were found", methods)
	}
}
