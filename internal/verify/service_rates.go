package verify

import (
	"context"
	"fmt"
	"math"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/monitoring"
)

// lots are events or transactions of which each throws the dice.
type lots struct {
	arrived int
	rate    float64 // that the client says it has
	// What holds back those that are missing, if it is not the dice.
	id       cause.ID
	fix, why string
}

// draw makes messages or transactions, by the key of their rate.
func (t *trial) draw(times int, key, rate string) lots {
	var found lots
	t.on(func(s *scene) {
		for n := range times {
			if key == config.KeySampleRate {
				s.client.CaptureMessage(t.ctx, monitoring.LevelInfo, fmt.Sprintf("message %d", n))
				continue
			}
			_, span := s.client.StartTransaction(t.ctx, "GET /slots", "http.server")
			span.Finish()
			if n%50 == 49 {
				s.settle() // the queue holds a thousand
			}
		}
		status := s.client.Status()
		found = lots{arrived: s.arrivals(), rate: status.SampleRate}
		if key == config.KeyTracesSampleRate {
			found.rate = status.TracesSampleRate
		}
		if d := s.account(); found.arrived+d.ByReason[monitoring.DropSampleRate] < times {
			found.id, found.fix, found.why = t.lab.service.suspect(s, d, -1)
		}
	}, valued(key, rate))
	return found
}

func serviceSampleRate(_ context.Context, t *trial, v *service) {
	got := t.draw(draws, config.KeySampleRate, "1.0")
	seen := fmt.Sprintf("saw %d of %d, at SampleRate %g", got.arrived, draws, got.rate)
	switch {
	case t.over != nil:
	case got.id != "":
		t.miss(got.id, got.fix, "messages that arrived: %s%s", seen, got.why)
	case got.arrived == 0:
		t.miss(cause.AppSampledOut, fixErrorRate, "messages that arrived: %s", seen)
	case got.arrived < draws && v.Variables:
		t.miss(cause.AppRatesNotPassed, fixVariables, "messages at SENTRY_SAMPLE_RATE=1.0: %s", seen)
	case got.rate < 1:
		t.remark(cause.AppSampledOut, fixErrorRate, "messages that arrived: %s: the others are lost", seen)
	case v.Variables:
		t.silenced(config.KeySampleRate, "messages")
	default:
		t.saw("messages that arrived: %s", seen)
	}
}

func serviceTracesRate(_ context.Context, t *trial, v *service) {
	got := t.draw(draws, config.KeyTracesSampleRate, "1.0")
	seen := fmt.Sprintf("saw %d of %d, at TracesSampleRate %g", got.arrived, draws, got.rate)
	switch {
	case t.over != nil:
	case got.id != "":
		t.miss(got.id, got.fix, "transactions that begin in the service: %s%s", seen, got.why)
	case got.rate == 0:
		t.miss(cause.AppTracesSampledOut, fixTraceRate, "transactions that begin in the service: %s", seen)
	case got.arrived < draws && v.Variables:
		t.miss(cause.AppRatesNotPassed, fixVariables, "transactions at SENTRY_TRACES_SAMPLE_RATE=1.0: %s", seen)
	case v.Variables:
		t.silenced(config.KeyTracesSampleRate, "transactions")
	default:
		t.saw("transactions that begin in the service: %s", seen)
	}
}

// silenced expects that a rate of 0 is obeyed as well.
func (t *trial) silenced(key, what string) {
	got := t.draw(draws, key, "0.0")
	if got.arrived > 0 {
		t.miss(cause.AppRatesNotPassed, fixVariables, "%s at %s=0.0: saw %d of %d, at the rate %g", what, key, got.arrived, draws, got.rate)
		return
	}
	t.saw("%d of %d %s at %s=1.0, none at 0.0", draws, draws, what, key)
}

// shareDraws is how many transactions a service makes for its share.
const shareDraws = 100

// serviceShare draws at the service's own rate, and allows for six standard
// deviations.
func serviceShare(_ context.Context, t *trial, _ *service) {
	const key, rate = config.KeyTracesSampleRate, "0.25"
	times := draws
	if got := t.draw(times, key, rate); got.rate > 0 && got.rate < 1 {
		times = shareDraws // only then there is a share to be measured
	}
	got := t.draw(times, key, rate)
	if t.over != nil {
		return
	}
	mean := got.rate * float64(times)
	spread := 6 * math.Sqrt(mean*(1-got.rate))
	if off := math.Abs(float64(got.arrived) - mean); off > spread+0.5 {
		t.miss(cause.AppRatesNotPassed, "leave monitoring.WithRand out", "transactions kept of %d at rate %g: saw %d, expected %.0f to %.0f",
			times, got.rate, got.arrived, math.Max(0, mean-spread), math.Min(float64(times), mean+spread))
		return
	}
	t.saw("%d of %d transactions kept at rate %g", got.arrived, times, got.rate)
}
