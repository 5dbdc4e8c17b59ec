package doctor

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/observe"
)

// variantTime bounds the run of one variant, both runs of it. It is generous:
// a machine may be busy.
const variantTime = 3 * time.Minute

// sampleDir is the sample application, beside its variants.
var sampleDir = filepath.Join("..", "..", "testdata", "app")

// variant is a row of variants.tsv: the sample application with one fault, or
// with none, and how it is run. The README beside the table explains its columns.
type variant struct {
	name, language, processes, requests string

	expected cause.ID // to be named first; empty: nothing is to be found
	sdk      string
	row      int // of the table
}

// variantsOf reads the rows of a language.
func variantsOf(t testing.TB, language string) []variant {
	t.Helper()
	table, err := os.ReadFile(filepath.Join(sampleDir, "variants.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var all []variant
	for i, line := range strings.Split(strings.TrimSpace(string(table)), "\n")[1:] {
		columns := strings.Split(line, "\t")
		if len(columns) != 7 {
			t.Fatalf("variants.tsv:%d: %d columns, expected 7", i+2, len(columns))
		}
		v := variant{columns[0], columns[1], columns[2], columns[3], cause.ID(columns[4]), columns[5], i}
		if v.expected == "-" {
			v.expected = ""
		} else if _, known := cause.Get(v.expected); !known {
			t.Errorf("variants.tsv:%d: %s is no cause of the catalogue", i+2, v.expected)
		}
		if v.language == language {
			all = append(all, v)
		}
	}
	if len(all) == 0 {
		t.Fatalf("variants.tsv: no row of %s", language)
	}
	return all
}

// folder makes the folder of a variant: the application, and over it what is
// different.
func (v variant) folder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for _, from := range []string{v.language, filepath.Join("variants", v.name)} {
		from = filepath.Join(sampleDir, from)
		if _, err := os.Stat(from); err != nil && from != filepath.Join(sampleDir, v.language) {
			continue // the application as it is
		}
		if err := copyOver(dir, from); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// copyOver copies a folder over another.
func copyOver(to, from string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), content, 0o644)
	})
}

// judge runs a variant in its folder, as `bbctl doctor -- COMMAND` does.
func (v variant) judge(t testing.TB, dir, python string, environ []string) check.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), variantTime)
	defer cancel()
	settings, err := config.Load(ctx, config.Options{Dir: dir, Environ: environ})
	if err != nil {
		t.Fatal(err)
	}
	var output bytes.Buffer
	app := &observe.Options{Environ: environ, Dir: dir, Out: &output, Err: &output, Say: func(text string) { fmt.Fprintln(&output, text) }}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what the application of %s wrote:\n%s", v.name, output.String())
		}
	})
	if dsn, err := settings.DSN(); err == nil {
		app.Hosts = []string{dsn.Host}
	}
	port := v.port(t)
	fill := strings.NewReplacer("{python}", python, "{port}", port)
	for part := range strings.SplitSeq(v.processes, " ;; ") {
		name, line, _ := strings.Cut(part, ": ")
		app.Commands = append(app.Commands, observe.Command{Name: name, Args: strings.Fields(fill.Replace(line))})
	}
	for part := range strings.SplitSeq(v.requests, " ;; ") {
		if part != "" {
			app.Requests = append(app.Requests, variantRequest(t, part, "http://127.0.0.1:"+port))
		}
	}
	report, err := Run(ctx, Options{Config: settings, Dir: dir, App: app, AppAlone: true})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// patientlyJudge runs once more where what should be lost came: then the sender
// was faster than the end of the process, and nothing was lost. So many causes
// may be found in any run.
func (v variant) patientlyJudge(t testing.TB, dir, python string, environ []string, may int) check.Report {
	t.Helper()
	report := v.judge(t, dir, python, environ)
	for range 3 {
		if v.expected != cause.AppNoFlush || len(report.RootCauses()) > may || !v.delivered(report) {
			break
		}
		report = v.judge(t, dir, python, environ)
	}
	return report
}

// delivered says whether what a variant should lose has come: its events are
// in the closing lines, which say in numbers what came.
func (v variant) delivered(report check.Report) bool {
	return slices.ContainsFunc(report.Closing, func(line string) bool { return strings.Contains(line, " event") })
}

// variantRequest reads `METHOD PATH [HEADER: VALUE]`.
func variantRequest(t testing.TB, text, server string) observe.Request {
	t.Helper()
	r := observe.Request{Method: http.MethodGet, Header: http.Header{}}
	text, header, with := strings.Cut(text, " [")
	if name, value, ok := strings.Cut(strings.TrimSuffix(header, "]"), ": "); ok {
		r.Header.Set(name, value)
	} else if with {
		t.Fatalf("%q is no header", header)
	}
	if method, path, ok := strings.Cut(text, " "); ok {
		r.Method, text = method, path
	}
	r.URL = server + text
	return r
}

// port is a port of the loopback interface that was free just now. It is none
// of those that systems hand out by themselves, which another run's receiver
// would take before the application listens, nor one of another row: a server
// of another run would answer in the application's place.
func (v variant) port(t testing.TB) string {
	t.Helper()
	const each = 150
	for range each {
		port := strconv.Itoa(10_000 + v.row*each + rand.IntN(each))
		if listener, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			listener.Close()
			return port
		}
	}
	t.Fatalf("none of the ports of %s is free", v.name)
	return ""
}

// verdict compares what was found with what is to be found: the right cause
// first, at most two failures, and nothing where all is well. May names causes
// that may come last everywhere.
func (v variant) verdict(t testing.TB, report check.Report, may ...cause.ID) {
	t.Helper()
	var found []string
	failures := 0
	roots := report.RootCauses()
	for _, root := range roots {
		found = append(found, fmt.Sprintf("%s %s: %s\n    fix: %s", root.Severity, root.Cause, root.Evidence, root.Fix))
		if root.Severity == cause.Fail {
			failures++
		}
	}
	if n := len(roots); n > 0 && slices.Contains(may, roots[n-1].Cause) {
		roots = roots[:n-1]
	}
	for _, item := range report.Checks {
		if item.Outcome == check.Broken {
			t.Errorf("%s is broken: %s", item.ID, item.Detail)
		}
	}
	switch {
	case v.expected == "" && len(roots) == 0 || v.expected != "" && len(roots) > 0 && roots[0].Cause == v.expected && failures <= 2:
		return
	case v.expected == "":
		t.Errorf("nothing is to be found, and found was:\n  %s", strings.Join(found, "\n  "))
	default:
		t.Errorf("expected %s first, and at most two failures; found:\n  %s", v.expected, strings.Join(found, "\n  "))
	}
	for _, item := range report.Checks {
		t.Logf("%s %s: %s", item.ID, item.Outcome, item.Detail)
	}
	t.Logf("%s", strings.Join(report.Closing, "\n"))
}

// variantNeed skips a test whose real part cannot run here, unless it must.
func variantNeed(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("BBCTL_REQUIRE_INTEGRATION") != "" {
		t.Fatalf("%s, and BBCTL_REQUIRE_INTEGRATION forbids to skip", reason)
	}
	t.Skip(reason)
}

// variantEnviron is what every variant gets: nothing of the caller's settings
// but where programs are.
func variantEnviron(dir string, more ...string) []string {
	return append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LANG=C.UTF-8", "PYTHONDONTWRITEBYTECODE=1"}, more...)
}
