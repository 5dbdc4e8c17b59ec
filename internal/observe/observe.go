// Package observe runs the application's own commands against the embedded
// receiver, and collects what can be seen of what they send.
package observe

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Command is one command of the application.
type Command struct {
	Name string   // such as web, worker, beat; in texts
	Args []string // the program and its arguments
}

// Request is a URL that is asked once the application listens.
type Request struct {
	Method string // empty: GET
	URL    string
	Header http.Header
}

// Options are what Run works on.
type Options struct {
	Commands []Command
	// Environ is what the commands get, beside what is pointed at the receiver.
	Environ []string
	Dir     string
	// Hosts are those of configured DSNs: the proxy of a second run refuses
	// them as it does Sentry's own.
	Hosts []string
	// Requests are asked once each, in their order, as soon as the port of the
	// first one accepts connections. Where neither For nor Until says when the
	// run ends, it does after the last of them: commands that still run then
	// are servers.
	Requests []Request
	Expect   []Expectation
	// For ends the run; 0: when every command has ended. So it does with For
	// and Until where that is earlier.
	For time.Duration
	// Until ends the run as soon as so many of each of UntilCategories have
	// come; nil: no such end.
	Until map[string]int
	// Stop ends the run in good order when it is closed, as Ctrl-C ends the
	// commands: what was seen until then is returned. The context's end is a
	// harder one: the commands are killed a second later. nil: nothing does.
	Stop <-chan struct{}
	// Drain is how long is waited for last envelopes; 0: DefaultDrain.
	Drain time.Duration
	// Once leaves the second run out.
	Once bool
	// Out and Err get the commands' output as it comes, that of a second run
	// left out; nil drops it.
	Out, Err io.Writer
	// Redact makes texts from outside fit for showing.
	Redact func(string) string
	// Say is told in a sentence what is being done; nil: nobody.
	Say func(string)
	Now func() time.Time

	patience patience // zero: usualPatience; tests have less
}

// DefaultDrain is how long last envelopes may need: SDKs wait 2 s at exit.
const DefaultDrain = 3 * time.Second

// Run starts the commands, waits for their end or for what ends the run, stops
// what is left, and returns what was seen. A command that fails is no error:
// it is evidence. The error is the context's, of a condition of Until that is
// not known, or says that no receiver could be started.
//
// Where no command sent anything, they run a second time, unless Once says
// otherwise: with what makes the SDK tell what it does.
func Run(ctx context.Context, o Options) (Evidence, error) {
	o = o.completed()
	if err := checkUntil(o.Until); err != nil {
		return Evidence{}, fmt.Errorf("reading the end of the run: %w", err)
	}
	first := &run{o: o}
	evidence, err := first.do(ctx)
	if err != nil || o.Once || first.cut || !first.silent() {
		return evidence, err
	}
	o.Say("nothing arrived: the commands run a second time, with the SDK's debug log on, " +
		"Spotlight's copy pointed at the receiver, and a proxy that refuses Sentry's own hosts and names them; their output is not shown again")
	second := &run{o: o, second: true}
	again, err := second.do(ctx)
	evidence.Second = &again
	return evidence, err
}

func (o Options) completed() Options {
	if o.Drain <= 0 {
		o.Drain = DefaultDrain
	}
	if o.Redact == nil {
		o.Redact = func(text string) string { return text }
	}
	if o.Say == nil {
		o.Say = func(string) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.patience == (patience{}) {
		o.patience = usualPatience()
	}
	return o
}
