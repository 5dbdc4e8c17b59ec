package servers

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

// graceTime is what a server has to end by itself.
const graceTime = 5 * time.Second

// logTail is how much of a log is shown.
const logTail = 4096

// Process is a server that a test has started.
type Process struct {
	name  string
	cmd   *exec.Cmd
	log   string        // file
	ended chan struct{} // closed when the process has been waited for
	stop  sync.Once
}

// launch starts a command in a process group of its own, ends it with the
// test, and shows the end of its log when the test has failed.
func launch(t testing.TB, name string, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{name: name, cmd: cmd, log: filepath.Join(t.TempDir(), "log"), ended: make(chan struct{})}
	file, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd.Stdout, cmd.Stderr = file, file
	ownGroup(cmd)
	started := make(chan error)
	go func() {
		// The system ends a child with the thread that made it: this one must
		// live as long.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ends is the test's doing
		}
		close(p.ended)
	}()
	if err := <-started; err != nil {
		unavailable(t, name+" does not start: "+err.Error())
	}
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			t.Logf("log of %s:\n%s", name, p.Log())
		}
	})
	return p
}

// PID is the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Stop ends the process and its children, first with a request.
func (p *Process) Stop() {
	p.stop.Do(func() {
		end(p.PID())
		select {
		case <-p.ended:
		case <-time.After(graceTime):
		}
		kill(p.PID())
		<-p.ended
	})
}

// Log returns the end of what the process has written.
func (p *Process) Log() string {
	content, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	if len(content) > logTail {
		content = content[len(content)-logTail:]
	}
	return string(bytes.TrimSpace(content))
}
