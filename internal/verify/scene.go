package verify

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/dsn"
	"github.com/bookedbarber/bbctl/internal/envelope"
	"github.com/bookedbarber/bbctl/internal/receiver"
	"github.com/bookedbarber/bbctl/monitoring"
)

// scene is one check's stage: a client of its own, whose envelopes arrive
// under a path of their own, so that no check sees another's events.
type scene struct {
	lab    *Lab
	client *monitoring.Client
	dsn    string
	path   string

	stuck      bool                  // the client did not send all in time, and is not waited for again
	own        bool                  // the client is one that the service under test has made
	thresholds monitoring.Thresholds // those of the play, where it is about slowness
}

// setting changes how a scene's client is made.
type setting struct {
	config  func(*monitoring.Config)
	options []monitoring.Option
	// What a play needs of a client that is not made here: it is made for this
	// DSN, and told of operations that are as slow as these thresholds say.
	dsn        string
	thresholds monitoring.Thresholds
	values     map[string]string // variables in place of those that are given else
}

// configured changes the client's configuration.
func configured(change func(*monitoring.Config)) setting { return setting{config: change} }

// with adds an option to the client.
func with(options ...monitoring.Option) setting { return setting{options: options} }

// at points the client at another server than the embedded receiver.
func at(address string) setting {
	return setting{config: func(c *monitoring.Config) { c.DSN = address }, dsn: address}
}

// paced sets from when on operations are slow.
func paced(t monitoring.Thresholds) setting {
	return setting{options: []monitoring.Option{monitoring.WithThresholds(t)}, thresholds: t}
}

// address makes a DSN of the embedded receiver that no other scene has.
func (l *Lab) addressOf(n int64) (text, path string, err error) {
	parsed, err := dsn.Parse(l.receiver.DSN(l.address))
	if err != nil {
		return "", "", fmt.Errorf("the receiver's own DSN: %w", err)
	}
	parsed.Path = fmt.Sprintf("/scene-%d", n)
	return parsed.String(), parsed.Path + "/", nil
}

// open makes a scene. Its client answers for every error and every
// transaction (rates 1), synchronously, unless a setting says otherwise.
func (l *Lab) open(settings ...setting) (*scene, error) {
	address, path, err := l.addressOf(l.scenes.Add(1))
	if err != nil {
		return nil, err
	}
	s := &scene{lab: l, dsn: address, path: path, own: l.service != nil}
	s.client, err = s.newClient(settings...)
	return s, err
}

func (s *scene) newClient(settings ...setting) (*monitoring.Client, error) {
	if s.own {
		return s.lab.service.client(s, settings)
	}
	cfg := monitoring.Config{
		DSN:              s.dsn,
		Environment:      "bbctl-test",
		Release:          "bbctl-test@" + s.lab.id,
		ServerName:       "bbctl-test",
		SampleRate:       monitoring.Rate{Value: 1, Set: true},
		TracesSampleRate: monitoring.Rate{Value: 1, Set: true},
	}
	options := []monitoring.Option{monitoring.WithSync()}
	for _, setting := range settings {
		if setting.config != nil {
			setting.config(&cfg)
		}
		options = append(options, setting.options...)
	}
	return monitoring.New(cfg, options...)
}

// closing bounds how long the end of a scene may take.
const closing = 2 * time.Second

func (s *scene) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
	defer cancel()
	if err := s.client.Close(ctx); err != nil {
		s.lab.o.Log.Debug("closing a client", "path", s.path, "error", err)
	}
}

// play makes the run of a check out of a body that acts on a scene and writes
// down what it expects.
func play(body func(ctx context.Context, s *scene, e *expectation), settings ...setting) func(context.Context, *Lab) check.Result {
	return func(ctx context.Context, l *Lab) check.Result {
		if l.service != nil {
			return l.service.play(ctx, l, body, settings)
		}
		s, err := l.open(settings...)
		if err != nil {
			return check.Failed(cause.LibraryBroken, fixLibrary, "making a client: %v", err)
		}
		defer s.close(ctx)
		e := &expectation{}
		body(ctx, s, e)
		return e.result()
	}
}

// records are the requests that arrived for this scene, oldest first.
func (s *scene) records() []*receiver.Record {
	s.settle()
	var mine []*receiver.Record
	for _, r := range s.lab.receiver.Records() {
		if strings.HasPrefix(r.Path, s.path) {
			mine = append(mine, r)
		}
	}
	return mine
}

// raw is all bytes that arrived for this scene, after decompression.
func (s *scene) raw() []byte {
	var all [][]byte
	for _, r := range s.records() {
		all = append(all, r.Raw)
	}
	return bytes.Join(all, []byte("\n"))
}

// items are the decoded items of one type. What cannot be decoded is a miss.
func (s *scene) items(e *expectation, types ...string) []envelope.Item {
	var found []envelope.Item
	for _, r := range s.records() {
		env, err := r.Envelope()
		if err != nil {
			e.missed("envelope %d: %v", r.Seq, err)
			continue
		}
		for _, item := range env.Items {
			for _, wanted := range types {
				if item.Type == wanted {
					found = append(found, item)
				}
			}
		}
	}
	return found
}

// events are the errors and messages that arrived, in order.
func (s *scene) events(e *expectation) []*envelope.Event {
	return s.decode(e, "event", envelope.Item.Event)
}

// transactions are the transactions that arrived, in order.
func (s *scene) transactions(e *expectation) []*envelope.Event {
	return s.decode(e, "transaction", envelope.Item.Transaction)
}

func (s *scene) decode(e *expectation, kind string, decode func(envelope.Item) (*envelope.Event, error)) []*envelope.Event {
	var events []*envelope.Event
	for _, item := range s.items(e, kind) {
		event, err := decode(item)
		if err != nil {
			e.missed("%s: %v", kind, err)
			continue
		}
		events = append(events, event)
	}
	return events
}

// event expects exactly one error or message and returns it. Where another
// number arrived that is a miss, and an empty event stands in.
func (s *scene) event(e *expectation) *envelope.Event { return single(e, "event", s.events(e)) }

// transaction expects exactly one transaction, as event does.
func (s *scene) transaction(e *expectation) *envelope.Event {
	return single(e, "transaction", s.transactions(e))
}

func single(e *expectation, kind string, events []*envelope.Event) *envelope.Event {
	if len(events) != 1 {
		e.missed("%ss that arrived: saw %d, expected 1", kind, len(events))
		if len(events) == 0 {
			return &envelope.Event{}
		}
	}
	return events[0]
}
