package doctor

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
)

// intro says what is looked at, from where and as whom, and what is sent.
func (p *Patient) intro() []string {
	if p.o.AppAlone {
		return []string{p.appIntro()}
	}
	environment := "the process environment"
	if p.lender != "" {
		environment = "the environment of " + p.lender + ", since no SENTRY_DSN is set here"
	}
	lines := []string{fmt.Sprintf("bbctl doctor %s: %s and %s, on %s as %s", p.o.Version,
		cmp.Or(p.file(), "no .env file"), environment, cmp.Or(p.o.Host, "this machine"), cmp.Or(p.o.User, "an unknown user"))}
	if text := p.processes().text; text != "" {
		lines = append(lines, "processes: "+text)
	}
	if p.o.App != nil {
		lines = append(lines, p.appIntro())
	}
	return append(lines, p.sends())
}

// file is the .env file, seen from the working directory; empty: there is none.
func (p *Patient) file() string {
	path, there := p.o.Config.EnvFile()
	if !there {
		return ""
	}
	if relative, err := filepath.Rel(p.o.Dir, path); err == nil {
		return relative
	}
	return path
}

// sends says what goes over the network.
func (p *Patient) sends() string {
	target, err := p.o.Config.DSN()
	switch {
	case p.o.Offline:
		return "--offline: nothing is sent"
	case err != nil:
		return "nothing is sent: there is no DSN that could be used"
	case !p.runs("ingest-names"):
		return "nothing is sent: no check that was asked for needs the network"
	case !p.sendsEvent():
		return "asks " + target.Address() + " with client reports, which no quota counts" + noSend(p.o.NoSend)
	default:
		return "asks " + target.Address() + " with client reports and one marked test event (--no-send: without it)"
	}
}

func noSend(given bool) string {
	if given {
		return " (--no-send)"
	}
	return ""
}

// stages says which stages ran, and what the others need.
func (p *Patient) stages(items []check.Item) []check.StageRun {
	if p.o.AppAlone {
		const reason = "bbctl doctor looks at it"
		return []check.StageRun{{Stage: "environment", Reason: reason}, {Stage: "probe", Reason: reason}, p.appStage(), apiStage()}
	}
	environment := check.StageRun{Stage: "environment", Ran: ranAny(items, groupFile, groupSettings, groupNetwork, groupProcesses, groupPreflight)}
	if !environment.Ran {
		environment.Reason = "left out by --only or --skip"
	}
	probe := check.StageRun{Stage: "probe", Ran: ranAny(items, groupIngest)}
	if !probe.Ran {
		probe.Reason = p.whyNoProbe(items)
	}
	return []check.StageRun{environment, probe, p.appStage(), apiStage()}
}

func apiStage() check.StageRun {
	return check.StageRun{Stage: "api", Reason: "asking Sentry's web API is not part of this version: accepted is not stored; look the test event up in Sentry"}
}

// ranAny says whether a check of the groups has come to anything of its own.
func ranAny(items []check.Item, groups ...string) bool {
	for _, item := range items {
		for _, group := range groups {
			if item.Group == group && item.Outcome != check.Skip && item.Outcome != check.Blocked {
				return true
			}
		}
	}
	return false
}

func (p *Patient) whyNoProbe(items []check.Item) string {
	if p.o.Offline {
		return "--offline"
	}
	for _, item := range items {
		if item.Group == groupIngest && item.Outcome == check.Blocked {
			return "needs a setting that can be used: blocked by " + strings.Join(item.BlockedBy, ", ")
		}
	}
	return "left out by --only or --skip"
}

// closing says what was proved, and what was not.
func (p *Patient) closing(items []check.Item) []string {
	lines := append(p.explain(items), p.appClosing()...)
	if line := p.proved(items); line != "" {
		lines = append(lines, line)
	}
	return lines
}

// proved says how far the ingest was seen to take events. It never says
// stored: that only the web API knows.
func (p *Patient) proved(items []check.Item) string {
	again, event := outcomeOf(items, "ingest-again"), outcomeOf(items, "ingest-event")
	if outcomeOf(items, "ingest-answer") != check.Pass || event == check.Fail || again == check.Fail {
		return ""
	}
	text := "accepted twice, some seconds apart"
	if again != check.Pass {
		text = "accepted once"
	}
	if event != check.Pass {
		return text + "; quota and filters not tested"
	}
	return text + ", a test event among it"
}

// saw is what a check of the settings that passes has seen, in a few words.
func (p *Patient) saw(id string) string {
	key, ok := map[string]string{
		"dsn": config.KeyDSN, "environment-name": config.KeyEnvironment, "release-name": config.KeyRelease,
		"sample-rate": config.KeySampleRate, "traces-rate": config.KeyTracesSampleRate, "profiles-rate": config.KeyProfilesSampleRate,
		"debug": config.KeyDebug, "personal-data": config.KeySendDefaultPII,
	}[id]
	if !ok {
		return ""
	}
	v := p.o.Config.Value(key)
	if v.Value == "" {
		return "not set"
	}
	return fmt.Sprintf("%s (%s)", v.Shown(), v.Origin)
}
