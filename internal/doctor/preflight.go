package doctor

import (
	"context"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
)

// preflightChecks are the list that is gone through before a deployment. Each
// needs the ordinary checks of what it asks for, so that one fault is one
// failure: what fails there blocks here, and only what is well enough for
// development, and not for the deployment, fails here.
func preflightChecks() []Check {
	item := func(id, title string, run func(context.Context, *Patient) check.Result, needs ...string) Check {
		return Check{ID: id, Group: groupPreflight, Title: title, Needs: needs, Timeout: answer, Run: run}
	}
	return []Check{
		item("preflight-dsn", "SENTRY_DSN is a whole one, of a real server", preflightDSN, "dsn", "dsn-host"),
		item("preflight-environment", "SENTRY_ENVIRONMENT is the one that is deployed to", preflightEnvironment, "environment-name"),
		item("preflight-rates", "the sample rates are set, send every error, and keep the costs down", preflightRates, "sample-rate", "traces-rate", "profiles-rate"),
		item("preflight-personal-data", "personal data is off", preflightSwitch(config.KeySendDefaultPII, cause.PIIInProduction), "personal-data"),
		item("preflight-debug", "debug output is off", preflightSwitch(config.KeyDebug, cause.DebugInProduction), "debug"),
		item("preflight-spotlight", "no copies go to a Spotlight", preflightAmong(cause.SpotlightLeftOn), "spotlight"),
		item("preflight-secrets", "the .env file is not part of the repository", preflightAmong(cause.EnvFileTracked), "env-git"),
		item("preflight-release", "the release is set, and is one of this repository", preflightRelease, "release-name"),
		item("preflight-delivery", "an event was accepted, and again some seconds later", preflightDelivery, "ingest-event", "ingest-again"),
		item("preflight-alerts", "alert rules are there", preflightNotYet),
		item("preflight-notifications", "somebody is notified", preflightNotYet),
	}
}

// preset are the team's recommendations for what is deployed to.
func (p *Patient) preset() config.Preset {
	preset, _ := config.PresetOf(p.o.Preflight)
	return preset
}

// strict says whether what only development may have is a fault here.
func (p *Patient) strict() bool { return p.preset().Name != "development" }

// inProduction says whether the deployment is one of production. What is kept
// out of it, and is in another stage, is worth a warning without one of the
// causes: they speak of production.
func (p *Patient) inProduction() bool { return p.preset().Name == "production" }

// place says where a variable of the deployment is written.
func (p *Patient) place(key string) string {
	v := p.o.Config.Value(key)
	switch {
	case v.Set && v.Origin.Kind == config.KindFile:
		return "in " + v.Origin.String()
	case !v.Set && p.o.Config.Value(config.KeyDSN).Origin.Kind == config.KindFile:
		return "in " + p.file()
	}
	return "in the environment of the deployment"
}

// deployed is the fix of a problem where it is not this shell, but what is
// deployed, that has to have the value.
func (p *Patient) deployed(problem config.Problem) string {
	for _, here := range []string{"export ", "add to .env: "} {
		if line, ok := strings.CutPrefix(problem.Fix, here); ok {
			return line + " " + p.place(problem.Key)
		}
	}
	return problem.Fix
}

// failsOn makes a failure of the first problem that is one of the causes: what
// is a warning elsewhere keeps from deploying.
func (p *Patient) failsOn(causes ...cause.ID) (check.Result, bool) {
	for _, problem := range p.problems() {
		if slices.Contains(causes, problem.Cause) {
			return check.Failed(problem.Cause, p.deployed(problem), "%s", problem.Evidence), true
		}
	}
	return check.Result{}, false
}

func preflightAmong(causes ...cause.ID) func(context.Context, *Patient) check.Result {
	return func(_ context.Context, p *Patient) check.Result {
		if result, bad := p.failsOn(causes...); bad && p.strict() {
			return result
		}
		return check.Passed("")
	}
}

func preflightDSN(_ context.Context, p *Patient) check.Result {
	if result, bad := p.failsOn(cause.DSNKeyMalformed); bad {
		return result
	}
	target, err := p.o.Config.DSN()
	if err != nil { // the check of the DSN has let it pass
		return check.BrokenBy(err)
	}
	if p.strict() {
		if target.Loopback() {
			return check.Failed(cause.DSNLocalReceiver, "SENTRY_DSN=https://KEY@HOST/PROJECT "+p.place(config.KeyDSN)+", from Project Settings > Client Keys (DSN)",
				"SENTRY_DSN leads to %s, which is this machine, expected the server of %s", target.Host, p.o.Preflight)
		}
		if result, bad := p.failsOn(cause.DSNPlainHTTP); bad {
			return result
		}
	}
	return check.Passed("project %s at %s", target.ProjectID, target.Host)
}

func preflightEnvironment(_ context.Context, p *Patient) check.Result {
	if result, bad := p.failsOn(cause.EnvironmentMissing, cause.EnvironmentUnusual); bad {
		return result
	}
	v := p.o.Config.Value(config.KeyEnvironment)
	if name := strings.TrimSpace(v.Value); name != p.o.Preflight {
		return check.Failed(cause.EnvironmentUnexpected, config.KeyEnvironment+"="+p.o.Preflight+" "+p.place(config.KeyEnvironment),
			"SENTRY_ENVIRONMENT is %s (%s), expected %s", v.Shown(), v.Origin, p.o.Preflight)
	}
	return check.Passed("%s (%s)", v.Shown(), v.Origin)
}

// preflightSwitch is for what is off in all but development.
func preflightSwitch(key string, id cause.ID) func(context.Context, *Patient) check.Result {
	return func(_ context.Context, p *Patient) check.Result {
		v, fix := p.o.Config.Value(key), key+"=false "+p.place(key)
		on, err := p.o.Config.Bool(key)
		if err != nil {
			return check.Failed(cause.BooleanMalformed, fix, "%s is %q (%s), expected false", key, v.Shown(), v.Origin)
		}
		switch {
		case on && p.inProduction():
			return check.Failed(id, fix, "%s is %s (%s), expected false in %s", key, v.Shown(), v.Origin, p.o.Preflight)
		case on && p.strict():
			return check.Warned("", fix, "%s is %s (%s), expected false in %s as in production", key, v.Shown(), v.Origin, p.o.Preflight)
		}
		if !v.Set {
			return check.Passed("not set: off")
		}
		return check.Passed("%s (%s)", v.Shown(), v.Origin)
	}
}

// preflightDelivery needs the checks that prove it.
func preflightDelivery(_ context.Context, p *Patient) check.Result {
	target, err := p.o.Config.DSN()
	if err != nil {
		return check.BrokenBy(err)
	}
	return check.Passed("%s accepted a marked test event, and an envelope some seconds later: look for the tag bbctl_test in Sentry to see that it is stored", target.Host)
}

func preflightNotYet(context.Context, *Patient) check.Result {
	return check.Skipped("needs Sentry's web API, which is not part of this version: look into Alerts in Sentry")
}
