//go:build linux

package doctor

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"
)

// standIn makes this test program wait, under any command line, instead of
// running tests.
const standIn = "BBCTL_TEST_STAND_IN"

// up is what a process says once it runs: only then has the system its command
// line.
const up = "up"

// TestMain is a process of the application where a test has started it as one.
func TestMain(m *testing.M) {
	if os.Getenv(standIn) == "" {
		os.Exit(m.Run())
	}
	fmt.Println(up)
	_, _ = io.Copy(io.Discard, os.Stdin) // until the test closes it, or ends
}

// start runs a real process with a command line of its own in a folder, and
// ends it with the test. It returns its process id.
func start(t testing.TB, dir string, environ []string, args ...string) int {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return launched(t, &exec.Cmd{Path: program, Args: args, Dir: dir, Env: append([]string{standIn + "=1"}, environ...)})
}

// launched starts a command that says when it is up, and ends when its input
// does.
func launched(t testing.TB, cmd *exec.Cmd) int {
	t.Helper()
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	started, ready := make(chan error), make(chan struct{})
	ended := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			<-ready        // Wait closes the output
			_ = cmd.Wait() // its status says nothing: it is ended by the test
		}
		close(ended)
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	said := make([]byte, len(up))
	_, err = io.ReadFull(output, said)
	close(ready)
	t.Cleanup(func() {
		input.Close()
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
	})
	if string(said) != up {
		t.Fatalf("%s is not up: %q, %v", cmd.Path, said, err)
	}
	return cmd.Process.Pid
}
