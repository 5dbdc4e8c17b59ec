package durable

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// childVar makes the test binary one of the programs below, which other
// processes of a test run.
const childVar = "BBCTL_DURABLE_CHILD"

// promptEnd keeps the race detector from waiting for a second at the end of
// every process.
const promptEnd = "GORACE=atexit_sleep_ms=0"

// childWait bounds what is waited for a child.
const childWait = 2 * time.Minute

// textA and textB are the two files between which a child goes back and
// forth. They are larger than a page, and hold the secret at both ends.
func textA() string { return "A=" + secret + strings.Repeat("a", 9_000) + secret }
func textB() string { return "B=" + secret + strings.Repeat("b", 40_000) + secret }

func TestMain(m *testing.M) {
	program := os.Getenv(childVar)
	if program == "" {
		os.Exit(m.Run())
	}
	// On one thread, so that strace counts its system calls in their order.
	runtime.LockOSThread()
	if err := runChild(program, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func runChild(program string, args []string) error {
	name, named := strings.CutPrefix(program, "named-")
	draft := drafter(newDraft)
	if named {
		draft = namedDraft
	}
	ctx, path, o := context.Background(), args[0], Options{Limit: limit, Wait: childWait, InPlace: func(string) error { return nil }}
	switch name {
	case "set":
		return setKeys(ctx, path, o, args[1])
	case "flip":
		return repeat(func() error { return flip(ctx, path, o, draft) })
	case "once":
		return flip(ctx, path, o, draft)
	case "make":
		return repeat(func() error {
			if _, err := update(ctx, path, o, to(textA()), draft); err != nil {
				return err
			}
			return Remove(ctx, path, []byte(textA()))
		})
	case "remove":
		return Remove(ctx, path, []byte(textA()))
	case "hold":
		_, err := Update(ctx, path, o, func(*File) ([]byte, error) {
			fmt.Println("ready")
			_, err := io.Copy(io.Discard, os.Stdin)
			return nil, errors.Join(errStop, err)
		})
		return err
	}
	return errors.New("no such program: " + program)
}

// repeat runs for ever, and says when it has begun.
func repeat(f func() error) error {
	for i := 0; ; i++ {
		if err := f(); err != nil {
			return err
		}
		if i == 0 {
			fmt.Println("ready")
		}
	}
}

func flip(ctx context.Context, path string, o Options, draft drafter) error {
	_, err := update(ctx, path, o, func(f *File) ([]byte, error) {
		switch string(f.Bytes) {
		case textA():
			return []byte(textB()), nil
		case textB(), "":
			return []byte(textA()), nil
		}
		return nil, errors.New("the file is torn")
	}, draft)
	return err
}

// setKeys sets one key 20 times, and adds a line each time. Where a file has
// names in two folders, a lost race is an error, and tried again.
func setKeys(ctx context.Context, path string, o Options, key string) error {
	for i := range 20 {
		for {
			_, err := Update(ctx, path, o, func(f *File) ([]byte, error) { return setLine(f.Bytes, key, i), nil })
			if err == nil {
				break
			}
			if !errors.Is(err, ErrChanged) {
				return err
			}
		}
	}
	return nil
}

func setLine(b []byte, key string, i int) []byte {
	var out []byte
	for line := range bytes.Lines(b) {
		if !bytes.HasPrefix(line, []byte(key+"=")) {
			out = append(out, line...)
		}
	}
	return fmt.Appendf(out, "%s=%d\n%s_%d=set\n", key, i, key, i)
}

// child is the test binary as one of the programs.
func child(t testing.TB, program string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, args...)
	cmd.Env = append(os.Environ(), childVar+"="+program, promptEnd)
	return cmd
}

// started starts a child and waits until it is ready.
func started(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make([]byte, len("ready\n"))
	if _, err := io.ReadFull(out, ready); err != nil {
		_ = cmd.Wait()
		t.Fatalf("the child is not ready: %v: %s", err, log.Bytes())
	}
}

// concurrent runs 12 processes, each with a key of its own, on the paths in
// turn, and checks that nothing that one of them wrote is lost.
func concurrent(t *testing.T, paths ...string) {
	t.Helper()
	const processes = 12
	running := make([]*exec.Cmd, processes)
	logs := make([]bytes.Buffer, processes)
	for i := range running {
		running[i] = child(t, "set", paths[i%len(paths)], fmt.Sprintf("KEY%02d", i))
		running[i].Stderr = &logs[i]
		if err := running[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	for i, cmd := range running {
		if err := cmd.Wait(); err != nil {
			t.Errorf("process %d: %v: %s", i, err, logs[i].Bytes())
		}
	}
	b, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	for i := range processes {
		if want := fmt.Sprintf("KEY%02d=19\n", i); !bytes.Contains(b, []byte(want)) {
			t.Errorf("%q is lost", want)
		}
		for n := range 20 {
			if want := fmt.Sprintf("KEY%02d_%d=set\n", i, n); bytes.Count(b, []byte(want)) != 1 {
				t.Errorf("%q stands there %d times", want, bytes.Count(b, []byte(want)))
			}
		}
	}
}

func TestConcurrentProcessesLoseNothing(t *testing.T) {
	t.Parallel()
	path := file(t, "# first\n")
	concurrent(t, path)
	alone(t, t.TempDir())
	if b, err := os.ReadFile(path); err != nil || !bytes.HasPrefix(b, []byte("# first\n")) {
		t.Errorf("the first line is lost: %v", err)
	}
}

func TestALockThatIsHeldIsWaitedForUpToABound(t *testing.T) {
	t.Parallel()
	path := file(t, "A=1")
	later := make(chan error, 1)
	_, err := Update(t.Context(), path, Options{Limit: limit}, func(*File) ([]byte, error) {
		short := Options{Limit: limit, Wait: 20 * time.Millisecond}
		_, err := Update(t.Context(), path, short, to("B=2"))
		failed(t, path, err, ErrLocked)

		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		_, err = Update(ctx, path, Options{Limit: limit, Wait: childWait}, to("B=2"))
		failed(t, path, err, context.Canceled)

		go func() {
			_, err := Update(t.Context(), path, Options{Limit: limit, Wait: childWait}, func(f *File) ([]byte, error) {
				return append(f.Bytes, "\nC=3"...), nil
			})
			later <- err
		}()
		return []byte("A=2"), nil
	})
	if err != nil {
		t.Error(err)
	}
	if err := <-later; err != nil {
		t.Error(err)
	}
	holds(t, path, "A=2\nC=3")
}

func TestTheLockOfAKilledProcessIsFree(t *testing.T) {
	t.Parallel()
	path := file(t, "A=1")
	cmd := child(t, "hold", path)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	started(t, cmd)
	_, err = Update(t.Context(), path, Options{Limit: limit, Wait: time.Millisecond}, to("B=2"))
	failed(t, path, err, ErrLocked)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	if _, err := Update(t.Context(), path, Options{Limit: limit, Wait: childWait}, to("B=2")); err != nil {
		t.Error(err)
	}
	holds(t, path, "B=2")
}
