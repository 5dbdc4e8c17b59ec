package verify

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// driverSource is what runs in the application's interpreter.
//
//go:embed app/driver.py
var driverSource string

// mostAnswer bounds an answer of the driver, mostStderr what is kept of what
// the application prints, in bytes.
const (
	mostAnswer = 1 << 20
	mostStderr = 64 << 10
)

// lastAnswer is how long an answer may need that comes from a process which
// has ended.
const lastAnswer = 200 * time.Millisecond

// driver is one process of the application.
type driver struct {
	cmd     *exec.Cmd
	dsn     string
	path    string // under which its envelopes arrive
	input   io.WriteCloser
	output  *os.File
	answers chan []byte
	stderr  tail
	ended   chan struct{} // closed when the process has been waited for
	report  started
	stop    sync.Once
	dead    bool
}

// started is the driver's first answer: how far the application came.
type started struct {
	Stage      string // sdk, import, configure-missing, configure, ready
	Error      string
	Refused    bool // the error is the SDK's own
	Python     string
	Executable string
	SDK        string
	Result     string // of configure_sentry
	Notes      []string
	Missing    []string // functions of the seed's API
	// Active says that there is a client with a DSN, Same that it is the
	// receiver's, EnvDSN that SENTRY_DSN still is.
	Active, Same bool
	EnvDSN       bool `json:"env_dsn"`
	Where        string
	Options      map[string]string // as Python writes them
	Integrations []string
}

// played is the driver's answer to a scenario.
type played struct {
	Missing   string
	Error     string
	Elsewhere bool
	Seen      map[string]any
}

// order is what the driver is told.
type order struct {
	Steps []step `json:"steps"`
	Flush bool   `json:"flush"`
	Exit  bool   `json:"exit,omitempty"`
}

// step is one action of a scenario: do names it, the rest is its own.
type step map[string]any

// launch starts the application and waits until it has answered once. An error
// means that the interpreter does not run; how far the application came stands
// in the report. The caller closes the driver.
func launch(ctx context.Context, python, module, dir string, environ []string) (*driver, error) {
	d := &driver{
		cmd:     exec.Command(python, "-B", "-c", driverSource), //nolint:noctx // it lives longer than the check that starts it
		answers: make(chan []byte, 1), ended: make(chan struct{}),
	}
	d.cmd.Dir, d.cmd.Env, d.cmd.Stderr = dir, environ, &d.stderr
	// What the application has forked may hold its streams open.
	d.cmd.WaitDelay = time.Second
	ownGroup(d.cmd)
	var err error
	if d.input, err = d.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	// Not StdoutPipe: Wait would close that one, and wait for what the
	// application has forked where it did not.
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	d.output, d.cmd.Stdout = reader, writer
	err = d.cmd.Start()
	_ = writer.Close()
	if err != nil {
		return nil, errors.Join(err, reader.Close())
	}
	go d.read()
	go func() {
		_ = d.cmd.Wait() // how it ended stands in ProcessState
		close(d.ended)
	}()
	if err := d.exchange(ctx, map[string]string{"app": module}, &d.report); err != nil {
		d.report.Stage, d.report.Error = "ended", d.account(err)
		d.close()
	}
	return d, nil
}

// read passes on the driver's lines until there are no more.
func (d *driver) read() {
	defer close(d.answers)
	lines := bufio.NewReaderSize(d.output, mostAnswer)
	for {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			return
		}
		d.answers <- bytes.Clone(line)
	}
}

// exchange tells the driver something and reads its answer.
func (d *driver) exchange(ctx context.Context, say, into any) error {
	line, err := json.Marshal(say)
	if err != nil {
		return err
	}
	if _, err := d.input.Write(append(line, '\n')); err != nil {
		return errEnded
	}
	ended := d.ended
	for {
		select {
		case <-ctx.Done():
			return errHangs
		case <-ended:
			// Its last answer may still be under way.
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, lastAnswer)
			defer cancel()
			ended = nil
		case answer, ok := <-d.answers:
			if !ok {
				return errEnded
			}
			if err := json.Unmarshal(answer, into); err != nil {
				return fmt.Errorf("the driver's answer: %w", err)
			}
			return nil
		}
	}
}

var (
	errEnded = errors.New("the process ended")
	errHangs = errors.New("it did not come back in time")
)

// account says how a process ended that should still be there, with the last
// line that it wrote.
func (d *driver) account(err error) string {
	text := err.Error()
	select {
	case <-d.ended:
		text = "the process ended with " + d.cmd.ProcessState.String()
	case <-time.After(lastAnswer):
	}
	if last := d.stderr.last(); last != "" {
		text += "; the last line on stderr: " + last
	}
	return text
}

// close ends the process and its group, and waits for it.
func (d *driver) close() {
	d.stop.Do(func() {
		d.dead = true
		endGroup(d.cmd)
		_ = d.input.Close()
		<-d.ended
		endGroup(d.cmd) // what was forked meanwhile
		_ = d.output.Close()
		for range d.answers { // until the reader has ended
		}
	})
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - mostStderr; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

// String is what was kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

// last is the last line that is not empty, made fit for showing.
func (t *tail) last() string {
	lines := strings.Split(strings.TrimSpace(t.String()), "\n")
	return shown(lines[len(lines)-1])
}
