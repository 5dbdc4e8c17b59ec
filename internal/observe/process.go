package observe

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// patience is how long processes get to end.
type patience struct {
	leader time.Duration // after a request to the command's own process
	group  time.Duration // after one to all of its processes
	output time.Duration // for the last of what they have written
	hold   time.Duration // before a Go program of a second run may end
	hurry  time.Duration // for anything, once the run is to end at once
	boot   time.Duration // for a first sign of life, before the run ends
	listen time.Duration // for an application to listen
	until  time.Duration // for what Until says, after the last answer
}

func usualPatience() patience {
	return patience{
		leader: 10 * time.Second, group: 5 * time.Second, output: time.Second,
		hold: holdTime, hurry: time.Second, boot: 10 * time.Second,
		until: 30 * time.Second, listen: listenTime,
	}
}

// pollTime is how often is looked whether processes are gone: of those that
// are no children of ours nothing tells.
const pollTime = 20 * time.Millisecond

// process is a command that was started, with all that it has started itself.
type process struct {
	command  Command
	dsn      string
	patience patience
	cmd      *exec.Cmd
	born     birth
	out, err *stream
	readers  sync.WaitGroup
	pipes    []*os.File      // our ends
	ended    chan struct{}   // closed when the command's own process is gone
	failed   error           // why it could not be started
	stopped  bool            // it was asked to end before it had
	hurry    <-chan struct{} // closed when it is to end at once
	linked   string          // the SDK in a program of Go

	follows bool        // its end is held back where it is a program of Go
	settled func() bool // says that something came from it, and nothing more does
	held    atomic.Bool // it was
	code    int         // of its end, once it has ended
	signal  string
}

// start starts a command. One that cannot be started has ended.
func (p *process) start(env environ, dir string) {
	p.ended = make(chan struct{})
	started := make(chan struct{})
	go func() {
		// What a thread has started ends with it, where we end without warning.
		runtime.LockOSThread()
		p.failed = p.launch(env, dir)
		close(started)
		switch {
		case p.failed != nil:
			close(p.ended)
		case p.follows:
			p.follow() // which closes as soon as the command's own process is gone
		default:
			_ = p.cmd.Wait() // how it ended stands in the state
			if state := p.cmd.ProcessState; state != nil {
				p.code, p.signal = state.ExitCode(), signalOf(state)
			}
			close(p.ended)
		}
	}()
	<-started
}

func (p *process) launch(env environ, dir string) error {
	if len(p.command.Args) == 0 || p.command.Args[0] == "" {
		return errors.New("the command is empty")
	}
	path, err := env.find(p.command.Args[0], dir)
	if err != nil {
		return err
	}
	p.linked = linkedSDK(path)
	if p.follows && p.begin(path, env, dir) == nil {
		return nil
	}
	p.follows = false // some systems allow none to be followed
	return p.begin(path, env, dir)
}

// begin starts the program of a command.
func (p *process) begin(path string, env environ, dir string) error {
	p.cmd = &exec.Cmd{Path: path, Args: p.command.Args, Env: env, Dir: dir}
	ownGroup(p.cmd)
	p.follows = p.follows && traced(p.cmd)
	theirs := make([]*os.File, 0, 2)
	defer func() {
		for _, file := range theirs {
			_ = file.Close() // the process has it
		}
	}()
	for _, s := range []*stream{p.out, p.err} {
		reading, writing, err := os.Pipe()
		if err != nil {
			p.closePipes()
			return err
		}
		theirs, p.pipes = append(theirs, writing), append(p.pipes, reading)
		p.readers.Go(func() { s.read(reading) })
	}
	// Files, so that Wait does not wait for grandchildren that hold them open.
	p.cmd.Stdout, p.cmd.Stderr = theirs[0], theirs[1]
	if err := p.cmd.Start(); err != nil {
		p.closePipes()
		return plain(err, p.command.Args[0])
	}
	p.born = birthOf(p.cmd.Process.Pid)
	return nil
}

// plain is a starting error without the words of the system calls.
func plain(err error, program string) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &startError{program, "is not there, or its interpreter or the folder it is to run in is not"}
	case errors.Is(err, fs.ErrPermission):
		return &startError{program, "is not executable"}
	}
	var inner *fs.PathError
	if errors.As(err, &inner) {
		err = inner.Err
	}
	return &startError{program, "cannot be started: " + err.Error()}
}

// running says whether the command's own process has not ended.
func (p *process) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// gone says whether nothing is left of a command.
func (p *process) gone() bool {
	return p.failed != nil || !p.running() && !p.groupLeft() && len(p.left()) == 0
}

// stop asks a command to end, first its own process alone: servers shut their
// workers down in good order, and SDKs send what they still hold.
func (p *process) stop() {
	if p.failed != nil {
		return
	}
	if p.running() {
		p.stopped = true
		p.ask(toLeader, terminate)
		p.wait(p.patience.leader, func() bool { return !p.running() })
	}
	p.finish()
}

// interrupt is what Ctrl-C does, for all processes of the command.
func (p *process) interrupt() {
	if p.failed != nil {
		return
	}
	p.stopped = p.running()
	p.ask(toGroup, interrupt)
	p.wait(p.patience.group, p.gone)
	p.finish()
}

// finish ends what is left of the command, whatever it takes.
func (p *process) finish() {
	if !p.gone() {
		p.ask(toGroup, terminate)
		p.wait(p.patience.group, p.gone)
	}
	// More than once: what is killed may have started something meanwhile. What
	// not even SIGKILL ends hangs in the system, which ends it later.
	for range 3 {
		if p.gone() {
			break
		}
		p.ask(toGroup, kill)
		p.wait(p.patience.group, p.gone)
	}
	p.drainOutput()
}

func (p *process) wait(most time.Duration, done func() bool) {
	deadline := time.Now().Add(most)
	hurry := p.hurry
	for !done() && time.Now().Before(deadline) {
		select {
		case <-hurry:
			hurry = nil
			if at := time.Now().Add(p.patience.hurry); at.Before(deadline) {
				deadline = at
			}
		case <-p.ended:
			time.Sleep(pollTime) // what is left is nobody's child: there is nothing to wait on
		case <-time.After(pollTime):
		}
	}
}

// drainOutput reads what is still in the pipes. Something that has left the
// group may hold them open for ever.
func (p *process) drainOutput() {
	read := make(chan struct{})
	go func() {
		defer close(read)
		p.readers.Wait()
	}()
	select {
	case <-read:
	case <-time.After(p.patience.output):
	}
	p.closePipes()
	<-read
}

func (p *process) closePipes() {
	for _, pipe := range p.pipes {
		_ = pipe.Close() // a second time is no harm
	}
}

// exit is how the command's own process ended.
func (p *process) exit(redact func(string) string) Exit {
	if p.failed != nil {
		return Exit{Err: redact(p.failed.Error())}
	}
	e := Exit{Running: p.stopped}
	if p.running() {
		return e
	}
	e.Code, e.Signal = p.code, p.signal
	if e.Signal != "" {
		e.Code = 0
	}
	return e
}

// snapshot is what is known of the process, without what came from it.
func (p *process) snapshot(redact func(string) string) Process {
	s := Process{Name: p.command.Name, Exit: p.exit(redact)}
	s.Linked, s.Held = p.linked, p.held.Load()
	args, set := beyondEnv(p.command.Args)
	s.Program, s.Environ = programOf(args), showAll(set, redact)
	if p.cmd != nil && p.cmd.Process != nil {
		s.PID = p.cmd.Process.Pid
	}
	s.Stdout, s.Stderr = p.out.last(redact), p.err.last(redact)
	s.Tracebacks = append(p.err.tracebacks(redact), p.out.tracebacks(redact)...)
	s.Tracebacks = s.Tracebacks[:min(len(s.Tracebacks), mostTracebacks)]
	s.Unhandled = append(p.err.unhandled(redact), p.out.unhandled(redact)...)
	s.Handled = append(p.err.handled(redact), p.out.handled(redact)...)
	s.Debug = p.err.debug(redact).plus(p.out.debug(redact))
	return s
}
