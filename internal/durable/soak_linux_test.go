package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// soakVar is set by make soak: for how many seconds children are killed.
const soakVar = "BBCTL_SOAK"

// soakTime is how long to soak; without make soak the test ends here.
func soakTime(t *testing.T) time.Duration {
	t.Helper()
	seconds, err := strconv.Atoi(os.Getenv(soakVar))
	if err != nil || seconds <= 0 {
		t.Skip("make soak runs it")
	}
	return time.Duration(seconds) * time.Second
}

func TestSoakKills(t *testing.T) {
	programs := []string{"flip", "named-flip", "make", "named-make"}
	each := soakTime(t) / time.Duration(len(programs))
	for _, program := range programs {
		t.Run(program, func(t *testing.T) {
			end := time.Now().Add(each)
			kills, left := killLoop(t, program, func(int) bool { return time.Now().Before(end) })
			t.Logf("%d kills: every file whole; %d times a temporary file was left, and removed by the next run", kills, left)
		})
	}
}

// TestSoakEverySystemCall has strace kill a child at each of its system calls
// that have to do with files, in turn: between two of them nothing changes.
func TestSoakEverySystemCall(t *testing.T) {
	soakTime(t)
	if err := exec.Command("strace", "-o", os.DevNull, "true").Run(); err != nil {
		t.Skipf("strace may not trace here: %v", err)
	}
	// window is at how many system calls a kill may leave a file: unnamed files
	// have a temporary name from the link to the rename, and never where there
	// was no file. A named one has it from the first byte on.
	const anywhere = 1000
	for _, c := range []struct {
		program string
		exists  bool
		window  int
	}{
		{"once", true, 1},
		{"once", false, 0},
		{"remove", true, 0},
		{"named-once", true, anywhere},
		{"named-once", false, anywhere},
	} {
		name := c.program + " of a new file"
		if c.exists {
			name = c.program + " of an old file"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := everyCall(t, c.program, c.exists)
			t.Logf("%s: killed at each of %d system calls: %d times the old file, %d times the new one, whole; a temporary file left at %d",
				name, s.calls, s.old, s.calls-s.old, s.left)
			if s.left > c.window {
				t.Errorf("a temporary file was left at %d system calls, want %d", s.left, c.window)
			}
			if s.old == 0 || s.old == s.calls {
				t.Error("the kills do not reach from before the change to after it")
			}
		})
	}
}

// sweep is what the kills of one program came to.
type sweep struct{ calls, old, left int }

// everyCall kills a program at each of its system calls. strace counts each
// kind of them by itself.
func everyCall(t *testing.T, program string, exists bool) (s sweep) {
	t.Helper()
	for _, call := range callsOf(t, program, exists) {
		for n := 1; s.killAt(t, program, exists, call, n); n++ {
		}
	}
	return s
}

// prepare makes the file that a program finds.
func prepare(t *testing.T, exists bool) string {
	t.Helper()
	if exists {
		return file(t, textA())
	}
	return filepath.Join(t.TempDir(), ".env")
}

// callsOf lists the kinds of system calls of a program that have to do with
// files.
func callsOf(t *testing.T, program string, exists bool) []string {
	t.Helper()
	log := filepath.Join(t.TempDir(), "trace")
	if err := traced(t, program, prepare(t, exists), log); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var calls []string
	for _, found := range regexp.MustCompile(`(?m)^\d+ +([a-z0-9_]+)\(`).FindAllStringSubmatch(string(b), -1) {
		if !slices.Contains(calls, found[1]) {
			calls = append(calls, found[1])
		}
	}
	return calls
}

// killAt kills a program before its nth system call of a kind, and judges what
// is left. It says whether there was an nth.
func (s *sweep) killAt(t *testing.T, program string, exists bool, call string, n int) bool {
	t.Helper()
	path := prepare(t, exists)
	err := traced(t, program, path, os.DevNull, "-e", "inject="+call+":signal=KILL:when="+strconv.Itoa(n))
	if err != nil && !killed(err) {
		t.Fatalf("%s %d: %v", call, n, err)
	}
	b, readErr := os.ReadFile(path)
	if readErr != nil && !errors.Is(readErr, fs.ErrNotExist) {
		t.Fatal(readErr)
	}
	want := map[bool]string{true: textA(), false: ""} // by whether the file is still the old one
	switch {
	case !exists:
		want = map[bool]string{true: "", false: textA()}
	case program != "remove":
		want[false] = textB()
	}
	before := string(b) == want[true]
	if string(b) != want[before] || (len(b) == 0) != (readErr != nil) {
		t.Fatalf("%s %d: neither the old file nor the new one: %d bytes, %v", call, n, len(b), readErr)
	}
	names := strays(t, path)
	if err == nil {
		if before || len(names) > 0 {
			t.Errorf("%s %d: not killed, and not done: left %v", call, n, names)
		}
		return false
	}
	s.calls++
	if before {
		s.old++
	}
	if len(names) > 0 {
		s.left++
		if !before {
			t.Errorf("%s %d: the change is done, and left %v", call, n, names)
		}
		if program == "once" && !strings.HasPrefix(call, "rename") {
			t.Errorf("%s %d: left %v, which may be between link and rename only", call, n, names)
		}
		killedRunIsCleared(t, path)
	}
	return true
}

// traced runs a program under strace.
func traced(t *testing.T, program, path, log string, options ...string) error {
	t.Helper()
	run := child(t, program, path)
	args := append([]string{"-f", "-qq", "-o", log, "-e", "trace=%file,%desc"}, options...)
	cmd := exec.Command("strace", append(args, run.Args...)...)
	cmd.Env = run.Env
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

func killedRunIsCleared(t *testing.T, path string) {
	t.Helper()
	if _, err := Update(t.Context(), path, Options{Limit: limit}, func(f *File) ([]byte, error) { return f.Bytes, nil }); err != nil {
		t.Error(err)
	}
	if names := strays(t, path); len(names) > 0 {
		t.Errorf("the next run leaves %v", names)
	}
}
