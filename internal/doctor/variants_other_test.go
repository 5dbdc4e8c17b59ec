package doctor

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/servers"
)

// TestNodeVariants runs the server and the job of the booking widget with each
// of their faults, and without any, and asks for the cause.
func TestNodeVariants(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the Node application a dozen times")
	}
	modules, err := filepath.Abs(filepath.Join("..", "..", ".cache", "clients", "node", "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("node"); err != nil {
		variantNeed(t, "there is no node: "+err.Error())
	}
	if _, err := os.Stat(filepath.Join(modules, "@sentry", "node")); err != nil {
		variantNeed(t, "@sentry/node is not there (run script/clients): "+err.Error())
	}
	eachVariant(t, variantsOf(t, "node"), func(t *testing.T, v variant) {
		t.Helper()
		dir := v.folder(t)
		v.verdict(t, v.patientlyJudge(t, dir, "", variantEnviron(dir, "NODE_PATH="+modules), 0))
	})
}

// TestGoVariants does the same with the payments service.
func TestGoVariants(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the Go application ten times")
	}
	eachVariant(t, variantsOf(t, "go"), func(t *testing.T, v variant) {
		t.Helper()
		if v.expected == cause.AppNoFlush {
			servers.NeedPtrace(t)
		}
		dir := v.folder(t)
		v.build(t, dir)
		v.verdict(t, v.patientlyJudge(t, dir, "", variantEnviron(dir), 0))
	})
}

// eachVariant runs a test of each row, some at the same time.
func eachVariant(t *testing.T, rows []variant, test func(*testing.T, variant)) {
	t.Helper()
	queue := make(chan variant)
	var places sync.WaitGroup
	for range atOnce {
		places.Go(func() {
			for v := range queue {
				t.Run(v.name, func(t *testing.T) { test(t, v) })
			}
		})
	}
	for _, v := range rows {
		queue <- v
	}
	close(queue)
	places.Wait()
}

// build compiles the Go program of a folder to ./app in it. The program is no
// package of the module: an overlay makes it one, so that the module's own
// requirements hold.
func (v variant) build(t *testing.T, dir string) {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	sources, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(sources) == 0 {
		t.Fatalf("no source in the folder of %s: %v", v.name, err)
	}
	at := filepath.Join("internal", "sample", strings.ReplaceAll(v.name, "-", "_"))
	files := map[string]string{}
	for _, source := range sources {
		files[filepath.Join(root, at, filepath.Base(source))] = source
	}
	content, err := json.Marshal(map[string]any{"Replace": files})
	if err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, content, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "-ldflags", "-s -w", "-o", filepath.Join(dir, "app"), "./"+filepath.ToSlash(at))
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", v.name, err, out)
	}
}
