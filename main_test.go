//go:build unix

package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"
)

// beVariable makes the test's binary the program: "bbctl", or one that prints
// the signals that end it.
const beVariable = "BBCTL_TEST_BE"

func TestMain(m *testing.M) {
	switch os.Getenv(beVariable) {
	case "bbctl":
		os.Exit(run())
	case "endings":
		fmt.Print(endings())
		os.Exit(0)
	}
	// Where the tests are run under nohup, the programs that they start would
	// ignore hangups too; one that is caught here is not handed down so.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	os.Exit(m.Run())
}

func TestHangUpIsAnEndUnlessItWasIgnored(t *testing.T) {
	t.Parallel()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for trap, want := range map[string]string{
		`trap - HUP`:  "[interrupt terminated hangup]",
		`trap "" HUP`: "[interrupt terminated]", // as nohup does
	} {
		command := exec.Command("sh", "-c", trap+`; exec "$0"`, executable)
		command.Env = append(os.Environ(), beVariable+"=endings")
		out, err := command.CombinedOutput()
		if err != nil || string(out) != want {
			t.Errorf("%s: %q (%v), want %q", trap, out, err, want)
		}
	}
}

// TestHangUpEndsTheReceiver hangs up at each of the two lines that say where
// the receiver listens, as the shell and the system both do.
func TestHangUpEndsTheReceiver(t *testing.T) {
	t.Parallel()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(executable, "receive", "--listen", "127.0.0.1:0")
	command.Env = append(os.Environ(), beVariable+"=bbctl")
	command.Dir = t.TempDir()
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = command.Stdout
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(time.Minute, func() { _ = command.Process.Kill() })
	defer late.Stop()
	var seen strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		seen.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "127.0.0.1:") {
			_ = command.Process.Signal(syscall.SIGHUP) // the first may have ended it
		}
	}
	_ = command.Wait()
	if status, ok := command.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signaled() {
		t.Errorf("it did not end by itself: %v\n%s", command.ProcessState, seen.String())
	}
}
