package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/receiver"
)

// build builds the program, with the behaviour of a mutation broken where one
// is given. The tree is not touched: the broken source is laid over it. The
// flags are those of the Makefile, so that both use the same build cache.
func build(t *testing.T, m *mutation) string {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "bbctl")
	args := []string{"build", "-buildvcs=false", "-trimpath", "-race=false", "-ldflags", "-s -w", "-o", program}
	if m != nil {
		args = append(args, "-overlay", overlay(t, dir, *m))
	}
	cmd := exec.CommandContext(t.Context(), "go", append(args, ".")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, out)
	}
	return program
}

// overlay writes the file that tells go build what stands in for what.
func overlay(t *testing.T, dir string, m mutation) string {
	t.Helper()
	source, err := m.apply()
	if err != nil {
		t.Fatal(err)
	}
	original, err := filepath.Abs(filepath.FromSlash(m.file))
	if err != nil {
		t.Fatal(err)
	}
	broken, list := filepath.Join(dir, "broken.go"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{original: broken}})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(broken, source, 0o600), os.WriteFile(list, replace, 0o600)); err != nil {
		t.Fatal(err)
	}
	return list
}

// outcome is a check in the report of `bbctl test --format json`.
type outcome struct {
	ID      string        `json:"id"`
	Outcome check.Outcome `json:"outcome"`
	Detail  string        `json:"detail"`
}

// runSuite runs `bbctl test` in an empty folder, with the settings and nothing
// else in its environment, and returns how the checks ended.
func runSuite(t *testing.T, program string, settings []string) []outcome {
	t.Helper()
	home := t.TempDir()
	cmd := exec.CommandContext(t.Context(), program, "test", "--format", "json")
	cmd.Dir = home
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home}, settings...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var report struct {
		Checks []outcome `json:"checks"`
	}
	if decodeErr := json.Unmarshal(stdout.Bytes(), &report); decodeErr != nil || len(report.Checks) == 0 {
		t.Fatalf("bbctl test: %v, and no report (%v)\n%s%s", err, decodeErr, stdout.Bytes(), stderr.Bytes())
	}
	return report.Checks
}

// failed are the checks that are red, sorted. One that could not be completed
// is no proof of anything.
func failed(t *testing.T, outcomes []outcome) []string {
	t.Helper()
	var red []string
	for _, o := range outcomes {
		switch o.Outcome {
		case check.Fail:
			red = append(red, o.ID)
		case check.Broken:
			t.Errorf("%s could not be completed: %s", o.ID, o.Detail)
		case check.Pass, check.Warn, check.Skip, check.Blocked:
		}
	}
	slices.Sort(red)
	return red
}

// details tells what red checks said.
func details(outcomes []outcome) string {
	var b strings.Builder
	for _, o := range outcomes {
		if o.Outcome == check.Fail {
			fmt.Fprintf(&b, "\n%s: %s", o.ID, o.Detail)
		}
	}
	return b.String()
}

// settings fills in what a row cannot know: ${celery} is the broker of a real
// worker, and any other ${…} a server that is started for this run. Where a
// row names no DSN it is one that takes everything.
func settings(t *testing.T, row []string, broker string) []string {
	t.Helper()
	filled := []string{"SENTRY_DSN=" + dsnOf(t, "ingest")}
	for _, setting := range row {
		filled = append(filled, os.Expand(setting, func(name string) string {
			if name == "celery" {
				return broker
			}
			return dsnOf(t, name)
		}))
	}
	return filled
}

// dsnOf starts a server that plays the real Sentry of a DSN.
func dsnOf(t *testing.T, name string) string {
	t.Helper()
	server := receiver.New(receiver.Options{})
	switch name {
	case "ingest":
	case "ingest-limits-errors-at-2":
		server.Script(limiting(2, "error"))
	case "ingest-limits-transactions-at-3":
		server.Script(limiting(3, "transaction"))
	default:
		t.Fatalf("%s: there is no server ${%s}", mutationsFile, name)
	}
	address, stop, err := server.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return server.DSN(address)
}

// limiting takes the n-th envelope, and says with it that no more is wanted
// of another category than its own.
func limiting(n int, category string) receiver.Answer {
	return receiver.Answer{N: n, Header: http.Header{"X-Sentry-Rate-Limits": {"60:" + category + ":organization"}}}
}
