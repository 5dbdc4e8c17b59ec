package doctor

import (
	"context"
	"errors"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/probe"
)

func ingestChecks() []Check {
	at := func(id string, layer probe.Layer, title string, needs ...string) Check {
		return Check{ID: id, Group: groupIngest, Title: title, Needs: needs, Timeout: answer, Run: layerOf(layer)}
	}
	return []Check{
		at("ingest-names", probe.LayerNames, "the host of the DSN has an address", "dsn", "proxy-setting", "ca-setting"),
		at("ingest-connection", probe.LayerConnection, "its port takes connections", "ingest-names"),
		at("ingest-proxy", probe.LayerProxy, "the proxy lets the request through", "ingest-connection"),
		at("ingest-tls", probe.LayerTLS, "its certificate is one that the application trusts", "ingest-proxy"),
		at("ingest-answer", probe.LayerAnswer, "Sentry's ingest answers, and takes an envelope", "ingest-tls"),
		at("ingest-gzip", probe.LayerGzip, "it takes a compressed one, as SDKs send", "ingest-answer"),
		at("ingest-event", probe.LayerEvent, "it takes an event: no quota is used up", "ingest-answer"),
		at("ingest-again", probe.LayerAgain, "it still does some seconds later", "ingest-answer"),
		at("ingest-limits", probe.LayerLimits, "nothing else is limited either", "ingest-answer"),
		at("ingest-latency", probe.LayerLatency, "it answers sooner than SDKs stop waiting at exit", "ingest-answer"),
		at("ingest-clock", probe.LayerClock, "this machine's clock is right", "ingest-tls"),
		at("ingest-other", probe.LayerOther, "services in another language reach it as well", "ingest-tls"),
	}
}

// layerOf is the run of a check that waits for what was found in a layer.
func layerOf(layer probe.Layer) func(context.Context, *Patient) check.Result {
	return func(ctx context.Context, p *Patient) check.Result {
		if p.o.Offline {
			return check.Skipped("--offline: the network is not asked")
		}
		f := p.examination().Finding(ctx, layer)
		for f.Status == probe.Blocked && !p.runs(checkOfLayer(f.BlockedBy)) {
			f = p.examination().Finding(ctx, f.BlockedBy) // nobody else would tell it
		}
		return resultOf(f)
	}
}

func resultOf(f probe.Finding) check.Result {
	switch f.Status {
	case probe.Passed:
		return check.Passed("%s", f.Detail)
	case probe.Warned:
		return check.Warned(f.Cause, f.Fix, "%s", f.Detail)
	case probe.Failed:
		return check.Failed(f.Cause, f.Fix, "%s", f.Detail)
	case probe.Skipped:
		return check.Skipped("%s", f.Detail)
	case probe.Unfinished:
		return check.BrokenBy(errors.New(f.Detail))
	case probe.Blocked:
		return check.BlockedBy(checkOfLayer(f.BlockedBy), "%s", f.Detail)
	}
	return check.Result{}
}

// checkOfLayer is the id of the check that tells of a layer.
func checkOfLayer(layer probe.Layer) string { return "ingest-" + string(layer) }

// examine starts the examination. It is asked for only where the DSN is one.
func (p *Patient) examine(ctx context.Context) *probe.Examination {
	target, err := p.o.Config.DSN()
	if err != nil { // the checks need the one of the DSN, which has said so
		return probe.Nothing(err.Error())
	}
	main, other, severity := p.ways(ctx, target)
	plan := probe.Plan{
		DSN: target, Main: main, Other: other, OtherSeverity: severity,
		Quick: p.o.Quick || !p.runs("ingest-again"), Timeout: p.o.Timeout, Client: "bbctl/" + p.o.Version, Now: p.o.Now,
	}
	if p.sendsEvent() {
		plan.Event = p.testEvent
	}
	return probe.Examine(ctx, plan)
}

// sendsEvent says whether a check that runs needs the test event.
func (p *Patient) sendsEvent() bool {
	return !p.o.NoSend && (p.runs("ingest-event") || p.runs("ingest-again") || p.runs("ingest-limits"))
}
