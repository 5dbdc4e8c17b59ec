package observe

import "time"

// Evidence is what was seen while the application's commands ran. No part of
// it holds a secret: what comes from outside is redacted when it is kept, and
// everything that could grow is bounded.
type Evidence struct {
	Started   time.Time
	Duration  time.Duration
	Processes []Process // in the order of the commands
	Answers   []Answer  // to the URLs, in their order
	// Taken are addresses of URLs on which something listened before a command
	// was started: it may be what answered.
	Taken    []string
	Expected []Expected
	// Stray is what came to the receiver and belongs to no command: another
	// project, or none.
	Stray Seen
	// Second is the run that followed one in which nothing arrived: with the
	// SDK's debug log on, with Spotlight's copy pointed at the receiver, and
	// with a proxy that names the Sentry hosts that were asked. Nil: none was
	// needed, or none was allowed. It has no Second of its own.
	Second *Evidence
	// Contacts are the hosts that the proxy of a second run was asked for, by
	// process and host: those of Sentry were refused. The first 200.
	Contacts []Contact
	// Why says what ended the run: "every command ended", "no command could be
	// started", "every URL was asked", "--for 30s", "--until errors=1",
	// "interrupted".
	Why string
}

// Process is one command's process and what came from it.
type Process struct {
	Name    string // of the command, such as web
	Program string // what its words run, without the path: "celery" of python3 -m celery
	// Environ are variables that the command sets for itself, as
	// env NAME=VALUE does, redacted.
	Environ []string
	// Linked is the SDK in a program of Go, by its build information, such as
	// "sentry.go/0.50.0"; empty: none was found.
	Linked string
	PID    int
	Exit   Exit
	// Held says that a program of Go was not let end at once, in a second run:
	// what came from it, its SDK had not sent when it was about to end.
	Held bool
	// Stderr and Stdout are their last lines, redacted.
	Stderr, Stdout []string
	// Tracebacks are the uncaught errors that the process wrote, each by the
	// line that names it, such as "ValueError: …", redacted; at most 20.
	Tracebacks []string
	// Unhandled are those of Tracebacks that a server caught, once they had
	// passed through all of the application.
	Unhandled []string
	// Handled are those of Tracebacks that stand in a record of a level below
	// error: whoever wrote it went on, and meant to.
	Handled []string
	// Debug is what the SDK's own log told, where it was on.
	Debug Debug
	Seen  Seen
}

// Exit is how a process ended.
type Exit struct {
	Running bool // it did not end by itself: bbctl stopped it
	Code    int
	Signal  string // "SIGKILL"; empty: no signal ended it
	Err     string // why it could not be started; empty: it was
}

// Debug is what the SDK's own debug log told of a process.
type Debug struct {
	Initialised bool // an init was seen
	Sent        int  // envelopes that it said it sends
	Pending     int  // events that were pending at the end, by the exit notice
	Lines       []string
}

// Seen is what came from one process, judged as it arrived.
type Seen struct {
	Requests, Accepted, Rejected int
	Rejections                   map[string]int // by status and reason, such as "413 envelope exceeded …"
	Items                        map[string]int // by type: event, transaction, client_report …
	Errors                       int            // events with an exception, or of level error and above
	Messages                     int            // other events
	StoreRequests                int            // to /store/: an old SDK
	StreamRequests               int            // Spotlight's copies
	Clients                      map[string]int // "sentry.python/2.18.0"
	SDKs                         map[string]int // "sentry.python.fastapi/2.18.0", of the events' sdk block
	Integrations                 map[string]int // of the events' sdk block
	Discards                     map[Discard]int
	Environments, Releases       map[string]int // of events and transactions; "" for none
	TraceRates                   map[string]int // sample_rate of the trace headers that are its own, as text
	// OtherKeys counts trace headers that name another key than the one of the
	// DSN that was given: of Spotlight's copies it tells where the rest goes.
	OtherKeys int
	// Unsampled are error events whose trace was begun by something unsampled:
	// by the name of the transaction that began it, "" where it is not told.
	Unsampled    map[string]int
	Exceptions   []Exception   // the first 200
	Transactions []Transaction // the first 200
	Private      []Private     // personal or secret data, by place; the first 100
	Largest      Size
	TooLarge     []Size // items over Sentry's limits; the first 20
	First, Last  time.Time
}

// Discard is one kind of loss that client reports name.
type Discard struct{ Reason, Category string }

// Exception is one error event, without its message.
type Exception struct {
	Type, Transaction, Logger, Level string
	Trace                            string // its trace's id
	Handled                          bool   // its mechanism says so
	Mechanism                        string
	Tags                             map[string]string
}

// Transaction is one transaction.
type Transaction struct {
	Name, Op, Status string
	Trace            string // its trace's id
	Spans            int
	DBSpans          int
	Profile          bool
	Duration         time.Duration
}

// Private is personal or secret data that went over the wire: where and of
// which kind, never the value. Path begins below the item, with its lists'
// elements as one: "exception.values[].value".
type Private struct {
	ItemType, Path, Kind string
	Count                int
}

// Size is an item and its size in bytes.
type Size struct {
	ItemType string
	Bytes    int64
}

// Contact is a host that the application asked for through the proxy.
type Contact struct {
	Process string
	Host    string // with its port
	// Sentry: it is a host of Sentry or of a configured DSN, or what was asked
	// for is the path of an ingest. It was refused.
	Sentry bool
	Count  int
}

// Answer is the application's answer to a URL.
type Answer struct {
	URL      string
	Status   int
	Err      string
	Duration time.Duration
}

// Expected is an expectation and how often it was met.
type Expected struct {
	Text string
	Want int  // at least; 0 with None
	None bool // it must not come
	Seen int
}

// Met says whether what came is what was expected.
func (e Expected) Met() bool {
	if e.None {
		return e.Seen == 0
	}
	return e.Seen >= e.Want
}
