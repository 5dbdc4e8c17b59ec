package project

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// goWeb looks for a program of Go that listens, at the root or under cmd/. Of
// several none is certain.
func (d *detector) goWeb() []web {
	if !d.tree.files["go.mod"] {
		return nil
	}
	var found []web
	for _, folder := range d.tree.folders {
		if folder == "." || path.Dir(folder) == "cmd" {
			if w, ok := d.goProgram(folder); ok {
				found = append(found, w)
			}
		}
	}
	if len(found) > 1 {
		var all []string
		for _, w := range found {
			all = append(all, w.what)
		}
		d.leave("%s: which of them is the application is not certain", strings.Join(all, " and "))
		return nil
	}
	return found
}

// goProgram reads a folder. A program that does not listen may be one for
// people, and is not taken.
func (d *detector) goProgram(folder string) (web, bool) {
	w := web{args: []string{"go", "run", "."}, file: "go.mod"}
	if folder != "." {
		w.args[2] = "./" + folder
	}
	w.what = "package main in " + folder
	isMain, ports, pages := false, map[int]bool{}, []string{}
	for _, at := range d.tree.inFolder(folder, ".go") {
		if strings.HasSuffix(at, "_test.go") {
			continue
		}
		file, err := goparser.ParseFile(token.NewFileSet(), at, d.tree.read(at), goparser.SkipObjectResolution)
		if err != nil || file.Name.Name != "main" {
			continue
		}
		isMain = true
		ast.Inspect(file, func(n ast.Node) bool {
			if port := listensOn(n); port > 0 {
				ports[port] = true
			}
			pages = append(pages, answers(n))
			return true
		})
	}
	if !isMain || len(ports) != 1 {
		return web{}, false
	}
	for port := range ports {
		w.port = port
	}
	w.path = firstOf(pages)
	return w, true
}

// inFolder are the files of a folder with an ending, in the order of names.
func (t *tree) inFolder(folder, ending string) []string {
	var found []string
	for at := range t.files {
		if path.Dir(at) == folder && strings.HasSuffix(at, ending) {
			found = append(found, at)
		}
	}
	slices.Sort(found)
	return found
}

var address = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])?:(\d{2,5})$`)
})

// listensOn is the port that a call such as http.ListenAndServe(":8080", …), or
// the Addr of an http.Server, says; 0: it is none.
func listensOn(n ast.Node) int {
	var value ast.Expr
	switch n := n.(type) {
	case *ast.CallExpr:
		if name := called(n); len(n.Args) > 0 && slices.Contains([]string{"ListenAndServe", "Run", "Start", "Listen"}, name) {
			value = n.Args[0]
			if name == "Listen" && len(n.Args) > 1 { // net.Listen("tcp", …)
				value = n.Args[1]
			}
		}
	case *ast.CompositeLit: // of clients it is another's address
		if kind, ok := n.Type.(*ast.SelectorExpr); ok && kind.Sel.Name == "Server" {
			value = fieldOf(n, "Addr")
		}
	}
	m := address().FindStringSubmatch(literal(value))
	if m == nil {
		return 0
	}
	port, _ := strconv.Atoi(m[1])
	return port
}

// fieldOf is the value of a field; nil: it has none.
func fieldOf(c *ast.CompositeLit, name string) ast.Expr {
	for _, element := range c.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok && key.Name == name {
				return pair.Value
			}
		}
	}
	return nil
}

// answers is the page that a call such as mux.HandleFunc("GET /health", …) is
// about; empty: it is none.
func answers(n ast.Node) string {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) < 2 || !slices.Contains([]string{"HandleFunc", "Handle", "Get", "GET"}, called(call)) {
		return ""
	}
	return strings.TrimPrefix(literal(call.Args[0]), "GET ")
}

func called(call *ast.CallExpr) string {
	if s, ok := call.Fun.(*ast.SelectorExpr); ok {
		return s.Sel.Name
	}
	return ""
}

// literal is the value of a text in the source; empty: it is none.
func literal(e ast.Expr) string {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return ""
	}
	value, _ := strconv.Unquote(l.Value)
	return value
}
