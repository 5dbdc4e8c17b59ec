package verify

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/monitoring"
)

// The fixes of a service's own configuration.
const (
	fixConstructor = "let the function return a client for a DSN such as http://KEY@127.0.0.1:8969/1, and no error"
	fixAddress     = "monitoring.Config{DSN: dsn}: hand on the DSN that the function is given, and no other"
	fixErrorRate   = "SampleRate: monitoring.Rate{Value: 1, Set: true} in monitoring.Config, or leave it out"
	fixTraceRate   = "TracesSampleRate: monitoring.Rate{Value: 0.1, Set: true} in monitoring.Config, or leave it out"
	fixVariables   = "cfg, problems := monitoring.FromEnv(os.LookupEnv), and monitoring.New(cfg)"
	fixTransport   = "let the http.RoundTripper of monitoring.WithTransport pass each request on as it is, and return the server's answer"
	fixScrubber    = "take the names of these fields out of the scrub.Policy.Keys that monitoring.WithScrubber is given"
	fixThresholds  = "leave monitoring.WithThresholds out, or state those that are meant with monitoringtest.Thresholds"
	fixEmail       = "leave SendDefaultPII out of monitoring.Config and KeepUserEmail out of scrub.Policy, or state with monitoringtest.Emails that addresses are meant to be sent"
	fixEnd         = "call client.Close(ctx) last when the service ends, with a deadline of some seconds and not behind os.Exit or log.Fatal"
)

// scenario is the body of a check that acts on a scene.
type scenario = func(context.Context, *scene, *expectation)

// A service that samples its errors is played until the dice let all events of
// a scene through, within these bounds.
const (
	mostThrows   = 200
	throwingTime = 300 * time.Millisecond
)

// play acts on clients of the service. Where that misses anything, the same is
// acted on a client that is made here: only what it does not miss is the
// service's fault.
func (v *service) play(ctx context.Context, l *Lab, body scenario, settings []setting) check.Result {
	started := time.Now()
	for n := 0; n == 0 || n < mostThrows && time.Since(started) < throwingTime; n++ {
		s, err := l.open(settings...)
		if err != nil {
			return check.Failed(cause.AppInitRefused, fixConstructor, "making a client: %s", shown(err.Error()))
		}
		e := &expectation{}
		body(ctx, s, e)
		delivery := s.account()
		s.close(ctx)
		switch {
		case delivery.ByReason[monitoring.DropSampleRate] > 0 && s.client.Status().SampleRate < 1:
			continue // what is missing says nothing
		case len(e.misses) == 0:
			return e.result()
		default:
			return v.blame(ctx, l, s, e, delivery, body, settings)
		}
	}
	return check.BlockedBy(sampleRateCheck, "the dice of SampleRate let not all events of this through at once")
}

// blame names the cause of what a scene missed.
func (v *service) blame(ctx context.Context, l *Lab, s *scene, e *expectation, d monitoring.Delivery, body scenario, settings []setting) check.Result {
	reference, err := l.stock(settings...)
	if err != nil {
		return check.BrokenBy(err)
	}
	defer reference.close(ctx)
	same := &expectation{}
	if body(ctx, reference, same); len(same.misses) > 0 {
		return e.result()
	}
	id, fix, evidence := v.suspect(s, d, s.arrivals()-reference.arrivals())
	return check.Failed(id, fix, "%s%s", strings.Join(e.misses, "; "), evidence)
}

// stock makes a scene with a client that is made here.
func (l *Lab) stock(settings ...setting) (*scene, error) {
	address, path, err := l.addressOf(l.scenes.Add(1))
	if err != nil {
		return nil, err
	}
	s := &scene{lab: l, dsn: address, path: path}
	s.client, err = s.newClient(settings...)
	return s, err
}

// arrivals are how many errors, messages and transactions came for a scene.
func (s *scene) arrivals() int { return len(s.items(&expectation{}, "event", "transaction")) }

// suspect goes by the client's own account, and by how many events more than
// expected there were.
func (v *service) suspect(s *scene, d monitoring.Delivery, more int) (id cause.ID, fix, evidence string) {
	switch {
	case d.ByReason[monitoring.DropClosed] > 0:
		return cause.AppNoFlush, "return a client that is not closed, and close it when the service ends", "; " + accounted(d)
	case d.ByReason[monitoring.DropScrub] > 0:
		return cause.AppHookDrops, "leave monitoring.WithScrubber out, or hand it what scrub.New returned", "; " + accounted(d)
	case len(d.Rejections) > 0 && d.Rejections[0].Status == http.StatusRequestEntityTooLarge:
		return cause.AppEventTooLarge, fixTransport, "; the server answered 413"
	case len(d.Rejections) > 0:
		return cause.AppNetworkError, fixTransport, "; " + refusal(d.Rejections[0])
	case d.Delivered > s.arrivals():
		return cause.AppHookDrops, fixTransport, fmt.Sprintf("; the client was answered that %d were delivered, and %d arrived", d.Delivered, s.arrivals())
	case d.ByReason[monitoring.DropOverflow] > 0:
		return cause.AppQueueOverflow, fixTransport, "; " + accounted(d)
	case d.Pending > 0:
		return cause.AppNetworkError, fixTransport, fmt.Sprintf("; %d are still under way", d.Pending)
	case more < 0 && s.thresholds != (monitoring.Thresholds{}):
		return cause.AppExpectationUnmet, fixThresholds, fmt.Sprintf("; the thresholds that are meant are %s and %s", v.Thresholds.Warn, v.Thresholds.Error)
	case more < 0:
		return cause.AppErrorSwallowed, "let the service's own function hand every error to client.CaptureError, and its handlers every panic to client.Middleware", "; " + accounted(d)
	case more > 0:
		return cause.AppEventUnwanted, unwanted(s), fmt.Sprintf("; %d more than from a client with the library's defaults", more)
	case s.thresholds == warnOnly || s.thresholds == always:
		return cause.AppExpectationUnmet, fixThresholds, fmt.Sprintf("; the thresholds that are meant are %s and %s", v.Thresholds.Warn, v.Thresholds.Error)
	default:
		return cause.AppContextMissing, fixScrubber, ""
	}
}

func unwanted(s *scene) string {
	if s.thresholds != (monitoring.Thresholds{}) {
		return fixThresholds
	}
	return "let the service's own functions hand the error itself on, and only once: the client's filter goes by what it wraps"
}

func refusal(r monitoring.Receipt) string {
	if r.Err != nil {
		return "sending failed: " + shown(r.Err.Error())
	}
	return fmt.Sprintf("the server answered %d", r.Status)
}

// accounted says what a client counts, in a constant order.
func accounted(d monitoring.Delivery) string {
	text := fmt.Sprintf("the client counts %d delivered, %d rejected, %d dropped", d.Delivered, d.Rejected, d.Dropped)
	for _, reason := range slices.Sorted(maps.Keys(d.ByReason)) {
		text += fmt.Sprintf(", %s %d", reason, d.ByReason[reason])
	}
	return text
}

// whole blocks a check whose clients are judged by their account where the dice
// may leave out what it captures.
func whole(run func(context.Context, *Lab) check.Result) func(context.Context, *Lab) check.Result {
	return func(ctx context.Context, l *Lab) check.Result {
		s, err := l.open()
		if err != nil {
			return check.Failed(cause.AppInitRefused, fixConstructor, "making a client: %s", shown(err.Error()))
		}
		defer s.close(ctx)
		if rate := s.client.Status().SampleRate; rate < 1 {
			return check.BlockedBy(sampleRateCheck, "at SampleRate %g what is captured here may be left out", rate)
		}
		return run(ctx, l)
	}
}

// recharged gives the failures of a check that have one cause another: what the
// suite takes for a fault of the library is one of the service's here.
func recharged(run func(context.Context, *Lab) check.Result, from, to cause.ID, fix string) func(context.Context, *Lab) check.Result {
	return func(ctx context.Context, l *Lab) check.Result {
		result := run(ctx, l)
		if result.Outcome == check.Fail && result.Cause == from {
			result.Cause, result.Fix = to, fix
		}
		return result
	}
}
