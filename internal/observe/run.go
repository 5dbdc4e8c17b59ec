package observe

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bookedbarber/bbctl/internal/receiver"
)

// run is one run of all commands.
type run struct {
	o      Options
	second bool

	receiver  *receiver.Receiver
	address   string
	judge     *judge
	processes []*process
	proxies   []*proxy // of a second run, one for each command
	folder    string   // of a second run: what Python is to import
	began     time.Time
	cut       bool // the run was asked to end
	outputs   sync.Mutex
	answers   []Answer
	taken     []string
}

// quietTime is how long no request is under way when the last one has ended:
// nothing that could begin another is left then, but for what the system still
// hands over.
const quietTime = 100 * time.Millisecond

// do runs the commands to the end of the run.
func (r *run) do(ctx context.Context) (Evidence, error) {
	e := Evidence{Started: r.o.Now()}
	projects := map[string]string{}
	var numbers []string
	for i, command := range r.o.Commands {
		number := itoa(i + 1)
		projects[number], numbers = command.Name, append(numbers, number)
	}
	r.judge = newJudge(r.o, projects)
	// Nothing asks for what was kept: all that is judged is judged on arrival.
	r.receiver = receiver.New(receiver.Options{MaxBytes: 1, Projects: numbers, OnEnvelope: r.judge.take, Now: r.o.Now})
	address, stop, err := r.receiver.Start(ctx)
	if err != nil {
		return e, fmt.Errorf("observing the application: %w", err)
	}
	r.address, r.began = address, time.Now()
	defer r.clear()
	err = r.start(ctx, numbers)
	if err == nil {
		e.Why = r.await(ctx)
	}
	r.end()
	if err := errors.Join(err, stop()); err != nil {
		return e, fmt.Errorf("observing the application: %w", err)
	}
	r.fill(&e, numbers)
	return e, ctx.Err()
}

// start starts all commands.
func (r *run) start(ctx context.Context, numbers []string) error {
	base := environ(r.o.Environ)
	if _, set := base.lookup(spotlight); set && !r.second {
		r.say(spotlight + " is taken out of the environment: with it, every envelope would be sent twice")
	}
	if !r.second {
		r.lookForTaken(ctx)
	}
	for i, command := range r.o.Commands {
		dsn := r.receiver.DSNFor(r.address, numbers[i])
		env := base.pointed(dsn)
		if r.second {
			var err error
			if env, err = r.secondEnviron(ctx, base.pointed(dsn), command.Name, numbers[i]); err != nil {
				return err
			}
		}
		prefix := ""
		if len(r.o.Commands) > 1 {
			prefix = command.Name + " | "
		}
		out, err := r.o.Out, r.o.Err
		if r.second {
			// It is the same once more, and among it the SDK's log, which nobody
			// but we asked for.
			out, err = nil, nil
		}
		p := &process{
			command: command, dsn: dsn, patience: r.o.patience,
			hurry: ctx.Done(), follows: r.second, settled: func() bool { return r.judge.settled(numbers[i]) },
			out: &stream{to: out, lock: &r.outputs, prefix: prefix, traces: traceReader{spoken: true}},
			err: &stream{to: err, lock: &r.outputs, prefix: prefix},
		}
		p.start(env, r.o.Dir)
		if p.failed != nil {
			r.say(command.Name + " cannot be started: " + r.o.Redact(p.failed.Error()))
		}
		r.processes = append(r.processes, p)
	}
	return nil
}

// say tells something between the lines of the commands, not within one.
func (r *run) say(text string) {
	r.outputs.Lock()
	defer r.outputs.Unlock()
	r.o.Say(text)
}

// silent says whether commands ran, and none of them sent anything.
func (r *run) silent() bool {
	return !r.noneStarted() && r.judge.nothing()
}

func (r *run) noneStarted() bool {
	for _, p := range r.processes {
		if p.failed == nil {
			return false
		}
	}
	return true
}

// await waits for what ends the run, and says what it was.
func (r *run) await(ctx context.Context) string {
	if r.noneStarted() {
		return "no command could be started"
	}
	asking, stopAsking := context.WithCancelCause(ctx)
	ended, asked := r.allEnded(), make(chan struct{})
	go func() {
		defer close(asked)
		r.answers = r.ask(asking)
		r.settle(asking)
	}()
	why := r.firstEnd(ctx, ended, asked)
	stopAsking(fmt.Errorf("not answered before the end of the run (%s)", why))
	<-asked
	return why
}

func (r *run) firstEnd(ctx context.Context, ended, asked <-chan struct{}) string {
	var over, late, long <-chan time.Time
	switch {
	case r.o.For > 0:
		over = time.After(r.o.For)
	case len(r.o.Requests) == 0:
		long = time.After(longTime)
	}
	if len(r.o.Requests) == 0 || r.o.For > 0 {
		asked = nil // it ends nothing
	}
	for {
		select {
		case <-ctx.Done():
			r.cut = true
			return "interrupted"
		case <-r.o.Stop:
			r.cut = true
			return "interrupted"
		case <-r.judge.reached:
			return "--until " + untilText(r.o.Until)
		case <-ended:
			return "every command ended"
		case <-over:
			why := "--for " + r.o.For.String()
			if len(r.o.Until) > 0 {
				why += ", and --until " + untilText(r.o.Until) + " was not so"
			}
			return why
		case <-asked:
			if len(r.o.Until) == 0 {
				return "every URL was asked"
			}
			asked, late = nil, time.After(r.o.patience.until)
		case <-late:
			return "every URL was asked, and --until " + untilText(r.o.Until) + " was not so " + r.o.patience.until.String() + " later"
		case <-long:
			r.say("still running: Ctrl-C ends the run, and what came is judged; --for 30s or --until errors=1 would end it")
		}
	}
}

// longTime is when a run without an end of its own is explained.
const longTime = 20 * time.Second

// settle waits after the last answer: for what it made the application send,
// and, where other commands run beside it, until each has given a sign of
// life, or had the time to. A worker that is stopped while it still starts
// would look like one that has nothing to tell.
func (r *run) settle(ctx context.Context) {
	if len(r.o.Requests) == 0 {
		return
	}
	answered := time.Now()
	for ctx.Err() == nil {
		now := time.Now()
		if now.Sub(answered) >= r.o.Drain && (r.allUp() || now.Sub(r.began) >= r.o.patience.boot) {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(pollTime):
		}
	}
}

// allUp says whether each command has written or sent something, or ended.
func (r *run) allUp() bool {
	for i, p := range r.processes {
		if p.running() && !p.out.spoke.Load() && !p.err.spoke.Load() && !r.judge.heard(itoa(i+1)) {
			return false
		}
	}
	return true
}

// allEnded is closed when every command has ended; where there are URLs to be
// asked, also what it has left behind: a server that runs as a daemon.
func (r *run) allEnded() <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for _, p := range r.processes {
			<-p.ended
			for len(r.o.Requests) > 0 && !p.gone() {
				time.Sleep(daemonTime)
			}
		}
	}()
	return ended
}

// daemonTime is how often is looked whether a daemon is gone.
const daemonTime = 200 * time.Millisecond

// end stops what still runs and waits for the last envelopes.
func (r *run) end() {
	stop := (*process).stop
	switch {
	case r.cut:
		stop = (*process).interrupt
	case r.ended():
		// What a command has left behind may still send; for its first word it
		// gets the time that a command gets.
		began := time.Now()
		r.wait(max(r.o.Drain, r.o.patience.boot), func() bool {
			all, heard := true, true
			for i, p := range r.processes {
				if !p.gone() {
					all, heard = false, heard && r.judge.heard(itoa(i+1))
				}
			}
			return all || heard && time.Since(began) >= r.o.Drain
		})
	}
	var stopping sync.WaitGroup
	for _, p := range r.processes {
		stopping.Go(func() { stop(p) })
	}
	stopping.Wait()
	quiet := time.Now()
	r.wait(r.o.Drain, func() bool {
		if r.receiver.Stats().Open > 0 {
			quiet = time.Now()
		}
		return time.Since(quiet) >= quietTime
	})
}

func (r *run) ended() bool {
	for _, p := range r.processes {
		if p.running() {
			return false
		}
	}
	return true
}

// wait waits until something is so: there is nothing that would tell.
func (r *run) wait(most time.Duration, done func() bool) {
	deadline := time.Now().Add(most)
	for !done() && time.Now().Before(deadline) {
		time.Sleep(pollTime)
	}
}

// fill writes down what was seen.
func (r *run) fill(e *Evidence, numbers []string) {
	for i, p := range r.processes {
		s := p.snapshot(r.o.Redact)
		s.Seen = r.judge.of(numbers[i], r.o.Redact)
		e.Processes = append(e.Processes, s)
	}
	e.Stray = r.judge.of("", r.o.Redact)
	e.Expected, e.Answers, e.Taken = r.judge.expected(), r.answers, r.taken
	for _, p := range r.proxies {
		e.Contacts = append(e.Contacts, p.contacts(r.o.Redact)...)
	}
	e.Contacts = e.Contacts[:min(len(e.Contacts), mostContacts)]
	e.Duration = r.o.Now().Sub(e.Started)
}
