package monitoring

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/getsentry/sentry-go"

	"github.com/bookedbarber/bbctl/internal/dsn"
	"github.com/bookedbarber/bbctl/monitoring/scrub"
)

// Client reports to one DSN. The nil *Client is off: it takes every call,
// sends nothing and costs next to nothing.
type Client struct {
	cfg        Config
	sync       bool
	sdk        *sentry.Client
	account    *account
	transport  *transport
	thresholds Thresholds
	rand       func() float64
	now        func() time.Time
	log        *slog.Logger
	system     system
	idle       func() // closes connections that nothing uses
	closed     sync.Once
}

// Option changes how a Client is made.
type Option func(*options)

type options struct {
	receipts   func(Receipt)
	sync       bool
	base       http.RoundTripper
	scrubber   *scrub.Scrubber
	now        func() time.Time
	thresholds Thresholds
	rand       func() float64
	log        *slog.Logger
}

// WithReceipts calls a function with the answer to every envelope, in the
// goroutine that sent it. Calls do not overlap; the function must not use the
// client.
func WithReceipts(f func(Receipt)) Option { return func(o *options) { o.receipts = f } }

// WithSync makes every capture return after the server's answer. It is for
// commands and tests; a service would wait for the network.
func WithSync() Option { return func(o *options) { o.sync = true } }

// WithTransport sends through an http.RoundTripper other than a plain one.
func WithTransport(rt http.RoundTripper) Option { return func(o *options) { o.base = rt } }

// WithScrubber removes data by another policy than scrub.Default's.
func WithScrubber(s *scrub.Scrubber) Option { return func(o *options) { o.scrubber = s } }

// WithClock sets the clock by which durations and rate limits are measured.
func WithClock(now func() time.Time) Option { return func(o *options) { o.now = now } }

// WithThresholds sets from when on queries, tasks and Redis operations are slow.
func WithThresholds(t Thresholds) Option { return func(o *options) { o.thresholds = t } }

// WithRand sets the dice of sampling: numbers from 0 to just under 1.
func WithRand(f func() float64) Option { return func(o *options) { o.rand = f } }

// WithLogger sets the logger that Config.Debug explains on.
func WithLogger(log *slog.Logger) Option { return func(o *options) { o.log = log } }

// New makes a Client. An empty DSN gives a nil Client, which is off, and no
// error. A Config that Validate objects to is an error. Nothing but the
// proxy variables of net/http is read from the environment.
func New(cfg Config, opts ...Option) (*Client, error) {
	if problems := cfg.Validate(); len(problems) > 0 {
		var texts []string
		for _, p := range problems {
			texts = append(texts, p.Key+": "+p.Detail)
		}
		return nil, errors.New("configuring Sentry: " + strings.Join(texts, "; "))
	}
	if cfg.DSN == "" {
		return nil, nil //nolint:nilnil // documented: the nil Client is the one that is off
	}
	if cfg.Environment == "" {
		cfg.Environment = defaultEnvironment
	}
	cfg.SampleRate.Value = cfg.SampleRate.or(defaultSampleRate)
	cfg.TracesSampleRate.Value = cfg.TracesSampleRate.or(defaultTracesRate)
	o := options{now: time.Now, thresholds: DefaultThresholds(), rand: rand.Float64}
	for _, option := range opts {
		option(&o)
	}
	return newClient(cfg, o)
}

func newClient(cfg Config, o options) (*Client, error) {
	target, err := dsn.Parse(cfg.DSN)
	if err != nil {
		return nil, fmt.Errorf("configuring Sentry: %w", err)
	}
	if o.log == nil || !cfg.Debug {
		o.log = slog.New(slog.DiscardHandler)
	}
	if o.scrubber == nil {
		if o.scrubber, err = scrub.New(scrub.Policy{KeepUserEmail: cfg.SendDefaultPII}); err != nil {
			return nil, fmt.Errorf("configuring Sentry: %w", err)
		}
	}
	c := &Client{
		cfg: cfg, sync: o.sync, account: newAccount(), thresholds: o.thresholds.orDefault(),
		rand: o.rand, now: o.now, log: o.log, system: newSystem(cfg.ServerName), idle: func() {},
	}
	if o.base == nil {
		// One of our own, so that Close can end its connections.
		own := &http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true,
			MaxIdleConnsPerHost: 2, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second,
		}
		o.base, c.idle = own, own.CloseIdleConnections
	}
	c.transport = &transport{
		base: o.base, scrubber: o.scrubber, account: c.account, receipts: o.receipts,
		now: o.now, log: o.log, limits: &limits{}, key: target.PublicKey,
	}
	c.transport.life, c.transport.stop = context.WithCancel(context.Background())
	if c.sdk, err = sentry.NewClient(c.sdkOptions(o)); err != nil {
		c.transport.stop()
		// The SDK's error quotes the DSN.
		return nil, errors.New("configuring Sentry: the SDK refuses the settings")
	}
	if cfg.ProfilesSampleRate.Value > 0 {
		c.log.Info("sentry: no profiles", "reason", noProfiling)
	}
	return c, nil
}

// sendTimeout bounds one request, from the connection to the last byte of the
// answer.
const sendTimeout = 30 * time.Second

// sdkOptions leaves nothing to the SDK's own devices: every decision is made
// above it, and what it would look up by itself is given.
func (c *Client) sdkOptions(o options) sentry.ClientOptions {
	release, server := c.cfg.Release, c.cfg.ServerName
	if release == "" {
		release = unset // empty, the SDK would run git in the current folder
	}
	if server == "" {
		server = unset // empty, the SDK would take the host's name
	}
	so := sentry.ClientOptions{
		Dsn:              c.cfg.DSN,
		Environment:      c.cfg.Environment,
		Release:          release,
		ServerName:       server,
		SampleRate:       1, // 0 would mean 1: the dice are ours
		EnableTracing:    true,
		TracesSampleRate: 1,
		// A client, and not only a round tripper: SENTRYGODEBUG=httpdump=1 puts
		// another in its place, and would send what nobody has scrubbed. A
		// redirect is an answer like another: followed, it would become a GET.
		HTTPTransport: c.transport,
		HTTPClient: &http.Client{
			Transport: c.transport, Timeout: sendTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		MaxBreadcrumbs: maxBreadcrumbs,
		// Without the SDK's own: they read SENTRY_TAGS_* and list all modules.
		Integrations: func([]sentry.Integration) []sentry.Integration { return nil },
		DebugWriter:  io.Discard,
		// The SDK drops transactions of 404 by default, and counts it nowhere.
		TraceIgnoreStatusCodes: [][]int{},
		BeforeSendTransaction: func(event *sentry.Event, _ *sentry.EventHint) *sentry.Event {
			c.account.captured(string(event.EventID), categoryTransaction)
			return strip(event)
		},
		BeforeSend: func(event *sentry.Event, _ *sentry.EventHint) *sentry.Event { return strip(event) },
	}
	if o.sync {
		so.Transport = sentry.NewHTTPSyncTransport()
	}
	return so
}

// unset stands for a value that must not be looked up, and is taken out again
// before an event is serialized.
const unset = "unset"

func strip(event *sentry.Event) *sentry.Event {
	if event.Release == unset {
		event.Release = ""
	}
	if event.ServerName == unset {
		event.ServerName = ""
	}
	return event
}

// Enabled says whether the client sends anything.
func (c *Client) Enabled() bool { return c != nil }

const noProfiling = "not supported by sentry-go since 0.31; the rate applies to the Python application"

// Status is what a client does with its settings.
type Status struct {
	Enabled              bool
	Environment, Release string
	SampleRate           float64
	TracesSampleRate     float64
	// ProfilesSampleRate is what was configured; it has no effect in Go.
	ProfilesSampleRate float64
	// Profiling says why there are no profiles.
	Profiling string
	SDK       string
}

// Status returns the effective settings.
func (c *Client) Status() Status {
	s := Status{
		Profiling: noProfiling,
		SDK:       "sentry-go " + sentry.SDKVersion,
	}
	if c == nil {
		return s
	}
	s.Enabled = true
	s.Environment, s.Release = c.cfg.Environment, c.cfg.Release
	s.SampleRate, s.TracesSampleRate = c.cfg.SampleRate.Value, c.cfg.TracesSampleRate.Value
	s.ProfilesSampleRate = c.cfg.ProfilesSampleRate.Value
	return s
}

// Flush waits until what was captured before it is sent, or until the context
// ends, and returns the account of all events since the client was made. The
// error is the context's: then Pending says how many are still under way.
func (c *Client) Flush(ctx context.Context) (Delivery, error) {
	if c == nil {
		return Delivery{}, nil
	}
	mark := c.account.mark()
	var err error
	if c.sync {
		err = c.account.wait(ctx, mark)
	} else if c.sdk.FlushWithContext(ctx) {
		c.account.settle(mark, c.held)
	} else {
		err = ctx.Err()
	}
	return c.account.delivery(), err
}

// held says whether the server asked for a pause in a category.
func (c *Client) held(category string) bool { return c.transport.limits.limited(category, c.now()) }

// Close flushes and ends the client's goroutines and connections; what is
// under way when the context ends is given up. What is captured after it is
// dropped and counted. The error is the context's. A second call does nothing.
func (c *Client) Close(ctx context.Context) error {
	if c == nil {
		return nil
	}
	var err error
	c.closed.Do(func() {
		c.account.closed.Store(true)
		_, err = c.Flush(ctx)
		c.transport.stop()
		c.sdk.Close()
		c.account.settle(c.account.mark(), c.held)
		c.idle()
	})
	return err
}

// sampled throws the dice.
func (c *Client) sampled(rate float64) bool {
	return rate >= 1 || rate > 0 && c.rand() < rate
}
