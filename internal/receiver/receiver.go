// Package receiver is a Sentry-compatible ingest as a value: it takes what any
// SDK sends, answers as Relay does, keeps the bytes in a bounded store and
// decodes them when asked. Its answers can be scripted.
package receiver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/bookedbarber/bbctl/internal/dsn"
)

// The bounds of a receiver whose options name no others.
const (
	DefaultMaxBytes    = 64 << 20
	DefaultMaxItems    = 10_000
	DefaultMaxRequest  = 20 << 20  // as it comes, compressed
	DefaultMaxInflated = 200 << 20 // Relay's limit of an envelope
)

// DefaultAddress is where the receiver listens in daily use. The port is
// Spotlight's on purpose: SDKs that know Spotlight find it there.
const DefaultAddress = "127.0.0.1:8969"

// Options bound a receiver and connect it to the outside. The zero value is a
// receiver with the default bounds.
type Options struct {
	// MaxBytes bounds what is kept: bodies after decompression, and about what
	// each takes beside its body. Kept inflated, because nearly everything that
	// is kept is looked at, most of it more than once.
	MaxBytes    int64
	MaxItems    int   // envelopes and stored events kept
	MaxRequest  int64 // bytes of a body as it comes
	MaxInflated int64 // bytes of a body after decompression
	// Projects are numbers of projects that are taken beside Project: one for
	// each client tells who has sent what.
	Projects []string
	// Upstream gets a copy of every envelope that is accepted, re-addressed to
	// it, while Serve runs. Nil: nothing is forwarded.
	Upstream *dsn.DSN
	// OnEnvelope is called after a request was decided, accepted or not. It
	// runs in the request's goroutine, before the answer, and must not block.
	OnEnvelope func(*Record)
	Now        func() time.Time
	Log        *slog.Logger
}

// Receiver takes envelopes. It is an http.Handler; Serve runs it on a
// listener. All methods may be called from any goroutine.
type Receiver struct {
	o       Options
	store   store
	script  script
	counts  counters
	inflate inflater
	forward *forwarder
}

// New makes a receiver. It listens nowhere until Serve.
func New(o Options) *Receiver {
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxItems <= 0 {
		o.MaxItems = DefaultMaxItems
	}
	if o.MaxRequest <= 0 {
		o.MaxRequest = DefaultMaxRequest
	}
	if o.MaxInflated <= 0 {
		o.MaxInflated = DefaultMaxInflated
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	r := &Receiver{o: o}
	r.store.maxBytes, r.store.maxItems = o.MaxBytes, o.MaxItems
	r.inflate.large = make(chan struct{}, largeAtOnce)
	if o.Upstream != nil {
		r.forward = newForwarder(o.Upstream, o.Log)
	}
	return r
}

// MemoryLimit is what a process that is nothing but a receiver should give
// debug.SetMemoryLimit, in bytes. Without it Go's collector lets garbage grow
// as large as the store; with it the process stays within the store and some
// 40 MB.
func (o Options) MemoryLimit() int64 {
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	return o.MaxBytes + 16<<20
}

// Key is the public key that every receiver accepts: 32 hexadecimal digits,
// always the same, so that a .env keeps working. It is computed: a literal of
// this form would look like a leaked key to scanners.
func Key() string {
	sum := sha256.Sum256([]byte("bbctl receive"))
	return hex.EncodeToString(sum[:16])
}

// Project is the number of the project that every receiver accepts.
func Project() string { return "1" }

// DSN is the DSN for an address such as "127.0.0.1:8969", or one with a path
// prefix such as "127.0.0.1:8969/behind/a/proxy".
func (r *Receiver) DSN(address string) string {
	return r.DSNFor(address, Project())
}

// DSNFor is the DSN of one of the projects that the receiver takes.
func (r *Receiver) DSNFor(address, project string) string {
	return "http://" + Key() + "@" + address + "/" + project
}

func (r *Receiver) knows(project string) bool {
	return project == Project() || slices.Contains(r.o.Projects, project)
}

// Listen opens a listener at host:port; port 0 takes a free one.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	var config net.ListenConfig
	return config.Listen(ctx, "tcp", address)
}

const (
	shutdownGrace = time.Second     // for requests that are under way
	forwardGrace  = 2 * time.Second // for envelopes that are still to be forwarded
	// slowest is how long a request may take to come. SDKs give up after 30 s.
	slowest = 2 * time.Minute
)

// Serve answers on a listener until the context ends, and closes it. Requests
// that are under way get a second to end. The error is nil after a cancelled
// context.
func (r *Receiver) Serve(ctx context.Context, listener net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := &http.Server{
		Handler:        r,
		ReadTimeout:    slowest,
		IdleTimeout:    slowest,
		MaxHeaderBytes: 64 << 10,
		BaseContext:    func(net.Listener) context.Context { return ctx },
		ErrorLog:       slog.NewLogLogger(r.o.Log.Handler(), slog.LevelDebug),
	}
	stopForwarding := r.startForwarding(ctx)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
		defer cancel()
		if server.Shutdown(grace) != nil {
			_ = server.Close() // what is still open is cut: nobody waits for it
		}
	}()
	err := server.Serve(listener)
	cancel()
	<-stopped
	stopForwarding()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serving on %s: %w", listener.Addr(), err)
}

// Start serves on a free loopback port until stop, whatever becomes of the
// caller's context. stop waits for the end and returns why it ended.
func (r *Receiver) Start(ctx context.Context) (address string, stop func() error, err error) {
	listener, err := Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("starting a receiver: %w", err)
	}
	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- r.Serve(serving, listener) }()
	return listener.Addr().String(), func() error {
		cancel()
		return <-ended
	}, nil
}

// Records are what is kept, oldest first.
func (r *Receiver) Records() []*Record { return r.store.all() }

// Await waits until n of what is kept match, and returns them; a nil match is
// one for all. Where the context ends first, the error wraps the context's and
// what was found so far is returned with it.
func (r *Receiver) Await(ctx context.Context, match func(*Record) bool, n int) ([]*Record, error) {
	for {
		changed := r.store.changed()
		var found []*Record
		for _, record := range r.store.all() {
			if match == nil || match(record) {
				found = append(found, record)
			}
		}
		if len(found) >= n {
			return found, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return found, fmt.Errorf("waiting for %d envelopes, saw %d: %w", n, len(found), ctx.Err())
		}
	}
}

// Script appends answers. What it says comes before Relay's own decision.
func (r *Receiver) Script(answers ...Answer) { r.script.add(answers) }

// Reset forgets what is kept and the script. Counts go on.
func (r *Receiver) Reset() {
	r.store.reset()
	r.script.reset()
}
