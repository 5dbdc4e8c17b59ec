package verify

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/envelope"
	"github.com/bookedbarber/bbctl/internal/probe"
	"github.com/bookedbarber/bbctl/internal/receiver"
	"github.com/bookedbarber/bbctl/monitoring"
	"github.com/bookedbarber/bbctl/monitoring/scrub"
)

// receipts expects a receipt with the server's status for each envelope, and
// in it the ids that capture gave out.
func receipts(ctx context.Context, l *Lab) check.Result {
	e := &expectation{}
	var got []monitoring.Receipt
	l.on(ctx, e, func(s *scene) {
		first := s.client.CaptureMessage(ctx, monitoring.LevelInfo, "one")
		second := s.client.CaptureMessage(ctx, monitoring.LevelInfo, "two")
		e.number("receipts of 2 envelopes", len(got), 2)
		var ids []string
		for _, receipt := range got {
			e.that(receipt.Status == http.StatusOK, "status: saw %d, expected 200", receipt.Status)
			ids = append(ids, receipt.EventIDs...)
		}
		for _, id := range []monitoring.EventID{first, second} {
			e.that(slices.Contains(ids, string(id)), "receipt of event %s: saw %q", id, ids)
		}
		events := s.events(e)
		e.that(len(events) == 2 && events[0].EventID == string(first), "event id on the wire: expected the one that was given out")
	}, with(monitoring.WithReceipts(func(r monitoring.Receipt) { got = append(got, r) })))
	return e.result()
}

// rejections answers as a server that refuses: Flush must not call that a
// success, as SDKs do.
func rejections(ctx context.Context, l *Lab) check.Result {
	e := &expectation{}
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusInternalServerError} {
		server := scripted(l, receiver.Answer{N: -1, Status: status, Body: `{"detail":"planted"}`})
		l.on(ctx, e, func(s *scene) {
			s.client.CaptureError(ctx, errPlanted)
			delivery, err := s.client.Flush(ctx)
			e.that(err == nil, "flush: %v", err)
			e.that(delivery.Rejected == 1 && delivery.Delivered == 0, "after a %d: saw %d delivered and %d rejected, expected 0 and 1", status, delivery.Delivered, delivery.Rejected)
			e.that(server.received() == 1, "requests: saw %d, expected 1", server.received())
		}, at(server.dsn))
		server.close()
	}
	e.saw("401, 403, 413 and 500 are reported as rejected")
	return e.result()
}

// rateLimited answers 429 once: what is held back afterwards must be counted
// as dropped although the SDK gives out an id for it.
func rateLimited(ctx context.Context, l *Lab) check.Result {
	e := &expectation{}
	server := scripted(l, receiver.Answer{Status: http.StatusTooManyRequests, Header: http.Header{
		"Retry-After": {"60"}, "X-Sentry-Rate-Limits": {"60:error:key:key_quota"},
	}})
	defer server.close()
	l.on(ctx, e, func(s *scene) {
		s.client.CaptureError(ctx, errPlanted)
		s.settle()
		s.client.CaptureError(ctx, errPlanted)
		delivery, err := s.client.Flush(ctx)
		e.that(err == nil, "flush: %v", err)
		e.number("delivered", delivery.Delivered, 0)
		e.number("rejected", delivery.Rejected, 1)
		e.number("counted as "+monitoring.DropRateLimit, delivery.ByReason[monitoring.DropRateLimit], 1)
		e.number("requests", server.received(), 1)
	}, at(server.dsn))
	return e.result()
}

// connectionLost captures while nothing listens: the loss must be in the
// account, and the application must not notice anything else.
func connectionLost(ctx context.Context, s *scene, e *expectation) {
	closed, err := closedAddress(ctx)
	if err != nil {
		e.missed("finding a closed port: %v", err)
		return
	}
	gone, err := s.newClient(at(strings.Replace(s.dsn, s.lab.address, closed, 1)))
	if err != nil {
		e.missed("making a client: %v", err)
		return
	}
	gone.CaptureError(ctx, errPlanted)
	delivery, err := gone.Flush(ctx)
	e.that(err == nil, "flush: %v", err)
	e.that(gone.Close(ctx) == nil, "close: it did not end")
	e.number("delivered", delivery.Delivered, 0)
	e.number("rejected", delivery.Rejected, 1)
	s.client.CaptureMessage(ctx, monitoring.LevelInfo, "still here")
	e.equal("what another client sends meanwhile", s.event(e).Message, "still here")
}

// closedAddress is a loopback address at which nothing listens.
func closedAddress(ctx context.Context) (string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// background delivers as a service does, from a queue: Flush must wait for
// what is under way and report it.
func background(ctx context.Context, l *Lab) check.Result {
	e := &expectation{}
	const events = 20
	l.on(ctx, e, func(s *scene) {
		client, err := monitoring.New(monitoring.Config{
			DSN: s.dsn, Environment: "bbctl-test", Release: "bbctl-test@" + l.id, ServerName: "bbctl-test",
			SampleRate: monitoring.Rate{Value: 1, Set: true},
		})
		if err != nil {
			e.missed("making a client: %v", err)
			return
		}
		for n := range events {
			client.CaptureMessage(ctx, monitoring.LevelInfo, fmt.Sprintf("message %d", n))
		}
		delivery, err := client.Flush(ctx)
		e.that(err == nil, "flush: %v", err)
		e.number("delivered", delivery.Delivered, events)
		e.number("pending", delivery.Pending, 0)
		e.number("events that arrived", len(s.events(e)), events)
		e.that(client.Close(ctx) == nil, "close: it did not end")
	})
	return e.result()
}

// The three kinds of test event, in the order in which they are sent.
const (
	kindError       = "error"
	kindTransaction = "transaction"
	kindMessage     = "message"
)

// tags marks every test event, so that rules and people can leave it out.
func (l *Lab) tags() []monitoring.CaptureOption {
	return []monitoring.CaptureOption{
		monitoring.Tag("bbctl_test", "true"),
		monitoring.Tag("bbctl_run", l.id),
		monitoring.Tag("business_area", "bbctl-test"),
		monitoring.Fingerprint("bbctl-test"),
		monitoring.AtLevel(monitoring.LevelInfo),
	}
}

// testEvent plays one test event on a scene and returns its item as it
// arrived: what is sent to the DSN is byte for byte what was judged here.
func (l *Lab) testEvent(ctx context.Context, e *expectation, kind string) (item envelope.Item, id string) {
	l.on(ctx, e, func(s *scene) {
		switch kind {
		case kindError:
			s.client.CaptureError(ctx, fmt.Errorf("bbctl test error: monitoring works"), l.tags()...)
		case kindMessage:
			s.client.CaptureMessage(ctx, monitoring.LevelInfo, "bbctl test message: monitoring works", l.tags()...)
		case kindTransaction:
			_, span := s.begin(ctx, "bbctl test", "bbctl.test")
			for _, tag := range [][2]string{{"bbctl_test", "true"}, {"bbctl_run", l.id}, {"business_area", "bbctl-test"}} {
				span.SetTag(tag[0], tag[1])
			}
			span.Finish()
		}
		e.that(len(scrub.Default().Audit(s.raw())) == 0, "secrets in the test %s: saw %d, expected none", kind, len(scrub.Default().Audit(s.raw())))
		items := s.items(e, "event", "transaction")
		if len(items) != 1 {
			e.missed("items of the test %s: saw %d, expected 1", kind, len(items))
			return
		}
		item = items[0]
	}, l.fromLoader(e, certain))
	if item.Type == "" {
		return item, ""
	}
	event, err := decodeTest(item)
	if err != nil {
		e.missed("the test %s: %v", kind, err)
		return item, ""
	}
	e.that(event.Tags["bbctl_test"] == "true", "tag bbctl_test of the %s: saw %q, expected true", kind, event.Tags["bbctl_test"])
	e.that(event.Tags["bbctl_run"] == l.id, "tag bbctl_run of the %s: saw %q, expected %q", kind, event.Tags["bbctl_run"], l.id)
	e.that(event.Tags["business_area"] == "bbctl-test", "tag business_area of the %s: saw %q, expected bbctl-test", kind, event.Tags["business_area"])
	if kind != kindTransaction {
		e.that(event.Level == "info", "level of the %s: saw %q, expected info", kind, event.Level)
		e.that(slices.Equal(event.Fingerprint, []string{"bbctl-test"}), "fingerprint of the %s: saw %q, expected the constant one", kind, event.Fingerprint)
	}
	return item, event.EventID
}

func decodeTest(item envelope.Item) (*envelope.Event, error) {
	if item.Type == "transaction" {
		return item.Transaction()
	}
	return item.Event()
}

// testEvents judges the three test events on the embedded receiver.
func testEvents(ctx context.Context, l *Lab) check.Result {
	e := &expectation{}
	for _, kind := range []string{kindError, kindTransaction, kindMessage} {
		l.testEvent(ctx, e, kind)
	}
	e.saw("an error, a transaction and a message with bbctl_test:true, run %s and no secret", l.id)
	return e.result()
}

// deliver sends one test event to the configured DSN and judges the answer.
func deliver(kind string) func(context.Context, *Lab) check.Result {
	return func(ctx context.Context, l *Lab) check.Result {
		switch {
		case l.o.Local:
			return check.Skipped("--local: nothing is sent to a DSN")
		case l.o.Config.DSNState() == config.DSNAbsent:
			return check.Skipped("SENTRY_DSN is set nowhere")
		case l.o.DryRun:
			return check.Skipped("--dry-run: nothing is sent to the DSN")
		}
		e := &expectation{}
		item, id := l.testEvent(ctx, e, kind)
		if result := e.result(); result.Outcome != check.Pass {
			return result
		}
		raw, err := envelope.Append(nil, map[string]any{
			"event_id": id,
			"sent_at":  l.o.Now().UTC().Format(time.RFC3339Nano),
		}, item)
		if err != nil {
			return check.BrokenBy(err)
		}
		answer := probe.Send(ctx, l.target(), raw, id)
		if answer.Cause != "" {
			return check.Failed(answer.Cause, answer.Fix, "%s", answer.Detail)
		}
		return check.Passed("%s answered %d with the id %s in %d ms", l.dsn.Host, answer.Status, id, answer.Latency.Milliseconds())
	}
}
