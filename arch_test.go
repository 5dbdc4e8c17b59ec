package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/bookedbarber/bbctl"

// house is the map of packages, top first: a package imports only packages
// that stand below it. Packages of the map that have no code yet are absent
// from the tree, and enter it here in their place.
var house = []string{
	".",
	"cmd",
	"internal/setup",
	// For the tests of services: the suite on clients that they make. It is no
	// part of the library, and stands above the suite.
	testHelper,
	"internal/verify",
	"internal/doctor",
	"internal/dashboard",
	"internal/alerts",
	"internal/agent",
	"internal/viewer",
	"internal/observe",
	"internal/receiver",
	"internal/probe",
	"internal/infra/celery",
	"internal/infra/postgres",
	"internal/infra/redis",
	"internal/infra/host",
	"internal/infra",
	"internal/sentryapi",
	"internal/report",
	"internal/config",
	"internal/project",
	"internal/git",
	"internal/prompt",
	"internal/check",
	"internal/cause",
	// The public library stands on two of the leaves.
	"monitoring/sqlmon",
	"monitoring/pgxmon",
	"monitoring/redismon",
	"monitoring/queue",
	"monitoring",
	"internal/envelope",
	"internal/envfile",
	"internal/dsn",
	"internal/durable",
	"internal/term",
	"internal/servers",
	"monitoring/scrub",
	"internal/nearest",
}

// testHelper is the only package below monitoring/ that may use the suite.
const testHelper = "monitoring/monitoringtest"

// suites never import each other: cmd hands one what it needs of another.
var suites = []string{"setup", "verify", "doctor", "dashboard", "alerts", "agent"}

// leavesOfMonitoring is all that the public library may import of internal/.
var leavesOfMonitoring = []string{"internal/envelope", "internal/dsn"}

// owners names who may import a module from outside. More than one owner
// needs a reason.
var owners = map[string][]string{
	"github.com/spf13/cobra":           {"cmd"},
	"github.com/spf13/pflag":           {"cmd"}, // cobra's own flag library: one pair
	"github.com/AlecAivazis/survey/v2": {"internal/prompt"},
	"github.com/joho/godotenv":         {"internal/envfile"},
	"github.com/getsentry/sentry-go":   {"monitoring"},
	"github.com/andybalholm/brotli":    {"internal/receiver"},
	"github.com/klauspost/compress":    {"internal/receiver"},
	"github.com/jackc/pgx/v5":          {"internal/infra/postgres"},
	"github.com/redis/go-redis/v9":     {"internal/infra/redis", "internal/infra/celery"}, // Celery's broker is a Redis, read by its own rules
	"modernc.org/sqlite":               {"internal/verify"},
	"github.com/alicebob/miniredis/v2": {"internal/verify"},
	"golang.org/x/term":                {"internal/term"},
	"golang.org/x/text":                {"internal/term"},                                                             // how wide a character is
	"golang.org/x/sys":                 {"internal/durable", "internal/term", "internal/observe", "internal/servers"}, // locks and names of files; what a terminal has to say; ptrace
	"go.yaml.in/yaml/v3":               {"internal/project"},
	"github.com/rogpeppe/go-internal":  {"internal/setup"}, // its diff; testscript is for tests
	"github.com/google/go-cmp":         {},                 // tests only, as the two below
	"github.com/creack/pty":            {},
	"go.uber.org/goleak":               {},
}

func TestArrowsPointDown(t *testing.T) {
	t.Parallel()
	for _, f := range sourceFiles(t) {
		level := slices.Index(house, f.pkg)
		if level < 0 {
			t.Errorf("%s: package %s is missing from the map", f.path, f.pkg)
			continue
		}
		for _, imported := range f.imports() {
			target, ours := strings.CutPrefix(imported, module+"/")
			if !ours {
				continue
			}
			if f.test && (target == "internal/receiver" || target == "internal/servers") {
				continue
			}
			if below := slices.Index(house, target); below <= level && target != f.pkg {
				t.Errorf("%s: %s imports %s, which does not stand below it", f.path, f.pkg, target)
			}
		}
	}
}

func TestSuitesDoNotImportEachOther(t *testing.T) {
	t.Parallel()
	suiteOf := func(pkg string) string {
		name, ok := strings.CutPrefix(pkg, "internal/")
		if !ok || !slices.Contains(suites, name) {
			return ""
		}
		return name
	}
	for _, f := range sourceFiles(t) {
		from := suiteOf(f.pkg)
		if from == "" {
			continue
		}
		for _, imported := range f.imports() {
			if to := suiteOf(strings.TrimPrefix(imported, module+"/")); to != "" && to != from {
				t.Errorf("%s: suite %s imports suite %s", f.path, from, to)
			}
		}
	}
}

func TestMonitoringImportsOnlyLeaves(t *testing.T) {
	t.Parallel()
	for _, f := range sourceFiles(t) {
		if f.test || !strings.HasPrefix(f.pkg, "monitoring") || f.pkg == testHelper {
			continue
		}
		for _, imported := range f.imports() {
			target, ours := strings.CutPrefix(imported, module+"/")
			if ours && strings.HasPrefix(target, "internal/") && !slices.Contains(leavesOfMonitoring, target) {
				t.Errorf("%s: the public library imports %s", f.path, target)
			}
		}
		if f.pkg == "monitoring/scrub" && slices.ContainsFunc(f.imports(), func(i string) bool { return strings.Contains(i, ".") }) {
			t.Errorf("%s: monitoring/scrub imports more than the standard library", f.path)
		}
	}
}

// TestNobodyLinksTheTestHelper: what it brings along (a receiver, databases) has
// no place in a service, nor in bbctl.
func TestNobodyLinksTheTestHelper(t *testing.T) {
	t.Parallel()
	found := false
	for _, f := range sourceFiles(t) {
		found = found || f.pkg == testHelper
		if !f.test && slices.Contains(f.imports(), module+"/"+testHelper) {
			t.Errorf("%s: %s imports %s, which is for tests", f.path, f.pkg, testHelper)
		}
	}
	if !found {
		t.Errorf("%s is not there", testHelper)
	}
}

func TestModulesHaveOneOwner(t *testing.T) {
	t.Parallel()
	for _, f := range sourceFiles(t) {
		if f.test {
			continue
		}
		for _, imported := range f.imports() {
			host, _, _ := strings.Cut(imported, "/")
			if !strings.Contains(host, ".") || strings.HasPrefix(imported, module) {
				continue
			}
			known := false
			for name, allowed := range owners {
				if imported != name && !strings.HasPrefix(imported, name+"/") {
					continue
				}
				known = true
				// internal/servers serves tests alone and may use any client.
				if !slices.Contains(allowed, f.pkg) && f.pkg != "internal/servers" {
					t.Errorf("%s: %s imports %s, which belongs to %v", f.path, f.pkg, name, allowed)
				}
			}
			if !known {
				t.Errorf("%s: %s has no owner in arch_test.go", f.path, imported)
			}
		}
	}
}

// TestProcessBelongsToMain holds the rule that only main.go touches the
// process: its exit, its environment and its streams. Nothing has an init.
func TestProcessBelongsToMain(t *testing.T) {
	t.Parallel()
	forbidden := []string{
		"os.Exit", "os.Getenv", "os.LookupEnv", "os.Environ", "os.Setenv",
		"os.Stdin", "os.Stdout", "os.Stderr", "log.Fatal", "log.Fatalf", "log.Print", "log.Printf",
	}
	for _, f := range sourceFiles(t) {
		if f.test || f.path == "main.go" || f.pkg == "internal/servers" {
			continue
		}
		ast.Inspect(f.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && slices.Contains(forbidden, x.Name+"."+n.Sel.Name) {
					t.Errorf("%s: uses %s.%s", f.set.Position(n.Pos()), x.Name, n.Sel.Name)
				}
			case *ast.FuncDecl:
				if n.Recv == nil && n.Name.Name == "init" {
					t.Errorf("%s: has an init", f.set.Position(n.Pos()))
				}
			}
			return true
		})
	}
}

type sourceFile struct {
	path, pkg string
	test      bool
	set       *token.FileSet
	file      *ast.File
}

func (f sourceFile) imports() []string {
	var paths []string
	for _, spec := range f.file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err == nil {
			paths = append(paths, path)
		}
	}
	return paths
}

func sourceFiles(t *testing.T) []sourceFile {
	t.Helper()
	var files []sourceFile
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			name := d.Name()
			if path != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "tools" || name == "node_modules" || name == "dist") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, path, src, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, sourceFile{
			path: filepath.ToSlash(path),
			pkg:  filepath.ToSlash(filepath.Dir(path)),
			test: strings.HasSuffix(path, "_test.go"),
			set:  set, file: parsed,
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("no source files found")
	}
	return files
}
