package probe

import (
	"context"
	"crypto/x509"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/dsn"
)

// Layer is a part of the way to the ingest, or of what it answers.
type Layer string

// The layers, in the order in which they are looked at. What fails in one
// keeps those above it from being looked at.
const (
	LayerNames      Layer = "names"      // DNS, A and AAAA apart
	LayerConnection Layer = "connection" // TCP, to the ingest or to its proxy
	LayerProxy      Layer = "proxy"      // CONNECT, or a proxy's own answer
	LayerTLS        Layer = "tls"        // protocol, chain, host, dates
	LayerAnswer     Layer = "answer"     // HTTP: a client report, plain
	LayerGzip       Layer = "gzip"       // the same compressed
	LayerEvent      Layer = "event"      // one tagged event: quotas and filters
	LayerAgain      Layer = "again"      // another envelope some seconds later
	LayerLimits     Layer = "limits"     // rate limits of other categories
	LayerLatency    Layer = "latency"    // against the exit wait of SDKs
	LayerClock      Layer = "clock"      // the Date header against Plan.Now
	LayerOther      Layer = "other"      // the other client's way, where it differs
)

// Status is what became of a layer.
type Status string

// The statuses of a layer.
const (
	Passed  Status = "passed"
	Warned  Status = "warned"
	Failed  Status = "failed"
	Blocked Status = "blocked" // by a layer that failed before it
	// Skipped is a layer that was not asked for, or that whoever asked has
	// interrupted; Unfinished is one that could not be looked at. Both have the
	// reason in Detail, and neither is a pass.
	Skipped    Status = "skipped"
	Unfinished Status = "unfinished"
)

// Finding is what was found in one layer.
type Finding struct {
	Layer  Layer
	Status Status
	Cause  cause.ID // where it failed or warns
	Detail string   // what was seen and what was expected; no secret in it
	Fix    string   // the one action that helps
	// BlockedBy is the layer that a Blocked one follows from.
	BlockedBy Layer
}

// Way is how one kind of client goes to the ingest: which proxy it chooses, and
// which authorities it trusts.
type Way struct {
	Client    string   // in texts, such as "sentry-python"
	Proxy     *url.URL // nil: directly
	ProxyFrom string   // the variable that names it, with its origin
	// LoginFix is how the client is given a user and a password for the proxy
	// where it takes none from the proxy's URL; empty: it does. LoginUnsent says
	// that the URL held them all the same: they are not in Proxy then.
	LoginFix    string
	LoginUnsent bool
	// Bypass says, where a proxy is set and not used, what keeps the client from
	// it; empty where none is set. BypassCause is no-proxy-grammar or
	// no-proxy-bypasses then, and BypassFix what to write.
	Bypass      string
	BypassCause cause.ID
	BypassFix   string
	Trust       Trust
	// Plain says that the client compresses no body, as sentry-go does not:
	// nothing goes out compressed then, and what a compressed one comes to is
	// not looked at.
	Plain bool
}

// Trust are the authorities that a client trusts.
type Trust struct {
	Roots *x509.CertPool // nil: the system's
	From  string         // in texts: "SSL_CERT_FILE=/etc/ca.pem", "the system's bundle"
	Fix   string         // how an authority gets into it
}

// Plan is what an examination is to look at, and how far it may go.
type Plan struct {
	DSN *dsn.DSN
	// Main is the way of the application's own SDK: it is the one that is gone.
	Main Way
	// Other is the way of another kind of client, which is looked at up to TLS
	// where it differs from Main; nil: there is none.
	Other *Way
	// OtherSeverity is what a fault of the other way comes to.
	OtherSeverity cause.Severity

	// Event makes the tagged event and its id; nil: none is sent. It goes out a
	// second time for the later look: Sentry keeps one of the same id.
	Event func() (envelope []byte, id string, err error)
	// Quick leaves the later look out.
	Quick bool

	Resolver       *net.Resolver // nil: the system's
	ConnectTimeout time.Duration // of DNS and TCP; 0: DefaultConnectTimeout
	AnswerTimeout  time.Duration // of one envelope; 0: DefaultTimeout
	Timeout        time.Duration // of all; 0: DefaultExamination
	Pause          time.Duration // before the later look; 0: DefaultPause
	Client         string        // such as "bbctl/1.0"
	Now            func() time.Time
}

// The bounds of an examination where the plan names none.
const (
	// DefaultExamination keeps a whole run of bbctl under ten seconds.
	DefaultExamination = 9500 * time.Millisecond
	// DefaultPause is how long a Relay may need to fetch the settings of a
	// project that it does not know yet: until then it takes everything.
	DefaultPause = 3 * time.Second
)

// Layers returns the layers in their order.
func Layers() []Layer {
	return []Layer{
		LayerNames, LayerConnection, LayerProxy, LayerTLS, LayerAnswer, LayerGzip, LayerEvent, LayerAgain,
		LayerLimits, LayerLatency, LayerClock, LayerOther,
	}
}

// Examination is an examination under way. It can be used by several
// goroutines.
type Examination struct{ findings map[Layer]*slot }

// slot holds the finding of a layer once it is there.
type slot struct {
	once    sync.Once
	done    chan struct{}
	finding Finding
}

func newExamination() *Examination {
	e := &Examination{findings: map[Layer]*slot{}}
	for _, l := range Layers() {
		e.findings[l] = &slot{done: make(chan struct{})}
	}
	return e
}

// publish lets a finding be known. The first one of a layer counts.
func (e *Examination) publish(f Finding) {
	s := e.findings[f.Layer]
	s.once.Do(func() {
		s.finding = f
		close(s.done)
	})
}

// end ends the layers that nothing was found in.
func (e *Examination) end(s Status, reason string) {
	for _, l := range Layers() {
		e.publish(Finding{Layer: l, Status: s, Detail: reason})
	}
}

// Finding waits for what was found in a layer. It returns early where ctx ends
// first: Unfinished where its time was over, else Skipped.
func (e *Examination) Finding(ctx context.Context, l Layer) Finding {
	s, ok := e.findings[l]
	if !ok {
		return Finding{Layer: l, Status: Skipped, Detail: "there is no such layer"}
	}
	select {
	case <-s.done:
		return s.finding
	default:
	}
	select {
	case <-s.done:
		return s.finding
	case <-ctx.Done():
		f := Finding{Layer: l, Status: Unfinished, Detail: "the wait for it was ended: " + context.Cause(ctx).Error()}
		if interrupted(ctx) {
			f.Status = Skipped
		}
		return f
	}
}

// Nothing is the examination where there is nothing to look at: every layer is
// skipped, for the reason given.
func Nothing(reason string) *Examination {
	e := newExamination()
	e.end(Skipped, reason)
	return e
}

// Examine starts to look at the ingest, layer by layer. Every wait in it is
// bounded; it is over within the plan's timeout, and ends with ctx.
func Examine(ctx context.Context, p Plan) *Examination {
	x := newExaminer(p)
	if p.DSN == nil {
		x.examination.end(Unfinished, "bbctl's own fault: the plan of the examination names no DSN")
		return x.examination
	}
	go x.run(ctx)
	return x.examination
}
