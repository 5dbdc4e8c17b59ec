//go:build !windows

package cmd_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestEveryPageIsInStep holds docs/ to what the program writes.
func TestEveryPageIsInStep(t *testing.T) {
	t.Parallel()
	docs, err := filepath.Abs("../docs")
	if err != nil {
		t.Fatal(err)
	}
	out, err := bbctl(t, "docs", "--check", docs).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// TestTheExampleIsTaken lists by the example of the page: its expectations are
// judged then, and nothing is run.
func TestTheExampleIsTaken(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(page, []byte("```yaml\n"))
	example, _, ok := bytes.Cut(rest, []byte("```"))
	if !ok {
		t.Fatal("there is no example in the page")
	}
	command := bbctl(t, "doctor", "--list")
	if err := os.WriteFile(filepath.Join(command.Dir, "bbctl.yaml"), example, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := command.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("app-expectations")) {
		t.Errorf("%v: %s", err, out)
	}
}
