package verify_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/receiver"
	"github.com/bookedbarber/bbctl/internal/verify"
)

const (
	sentryModule  = "config/sentry.py"
	monitorModule = "services/sentry_monitoring.py"
)

// fails are the checks that must fail, each with its cause.
type fails = map[string]cause.ID

// brokenModule is an application with faults, and what must fail of it.
type brokenModule struct {
	name    string
	changes []change
	want    fails
	both    bool // the SDK makes a difference: tried with all of them
}

// inInit adds a line to what init is given, after all others.
func inInit(line string) change {
	return change{sentryModule, "    sentry_sdk.init(**options)", "    " + line + "\n    sentry_sdk.init(**options)"}
}

// beforeImports puts lines at the top of the application's module.
func beforeImports(lines string) change {
	return change{sentryModule, "import re\n", "import re\n" + lines + "\n"}
}

// brokenAtStart are applications that do not come as far as to send an error:
// all that follows is blocked.
func brokenAtStart() []brokenModule {
	elsewhere := "https://" + receiver.Key() + "@sentry.invalid/1"
	start := func(id cause.ID, name string, changes ...change) brokenModule {
		return brokenModule{name, changes, fails{"config-dsn": id}, id != cause.AppModuleBroken}
	}
	return []brokenModule{
		start(cause.AppHookDrops, "before_send without return", change{sentryModule, "    return scrub(event, hint)\n\n\ndef configure", "    scrub(event, hint)\n\n\ndef configure"}),
		start(cause.AppHookDrops, "before_send that raises", change{sentryModule, "    return scrub(event, hint)\n\n\ndef configure", "    return scrub(event[\"no_such\"], hint)\n\n\ndef configure"}),
		start(cause.AppDSNHardcoded, "a DSN in the code", inInit(`options["dsn"] = "`+elsewhere+`"`)),
		start(cause.AppDSNEmptyArgument, "an empty DSN as argument", inInit(`options["dsn"] = os.getenv("OTHER_NAME", "")`)),
		start(cause.AppSentNothing, "init in production alone", change{sentryModule, "    sentry_sdk.init(**options)", "    if os.environ[\"SENTRY_ENVIRONMENT\"] == \"production\":\n        sentry_sdk.init(**options)"}),
		start(cause.AppModuleBroken, "no configure_sentry", change{sentryModule, "def configure_sentry", "def set_up_sentry"}),
		start(cause.AppModuleBroken, "configure_sentry that raises", inInit(`raise RuntimeError("no settings")`)),
		start(cause.AppModuleBroken, "an import that fails", beforeImports("import no_such_module")),
		start(cause.AppModuleBroken, "a syntax error", change{sentryModule, "def rate(name, default):", "def rate(name, default)"}),
		start(cause.AppModuleBroken, "sys.exit at import", beforeImports("import sys\nsys.exit(3)")),
		start(cause.AppModuleBroken, "os._exit at import", beforeImports("os._exit(3)")),
		start(cause.AppInitRefused, "an option that is unknown", inInit(`options["no_such_option"] = 1`)),
		start(cause.AppInitRefused, "a DSN that is none", inInit(`options["dsn"] = "sentry.invalid"`)),
		start(cause.AppSampledOut, "a sample rate of 0", inInit(`options["sample_rate"] = 0.0`)),
		start(cause.AppErrorSwallowed, "errors that are ignored", inInit(`options["ignore_errors"] = [Exception]`)),
	}
}

// brokenRates are applications whose errors come and whose transactions do not
// come as configured.
func brokenRates() []brokenModule {
	traces := func(id cause.ID, name, line string) brokenModule {
		return brokenModule{name, []change{inInit(line)}, fails{"config-traces-rate": id}, id == cause.AppNoTraces}
	}
	return []brokenModule{
		traces(cause.AppNoTraces, "no traces rate", `del options["traces_sample_rate"]`),
		traces(cause.AppRatesNotPassed, "a traces rate in the code", `options["traces_sample_rate"] = 0.05`),
		traces(cause.AppTracesSampledOut, "a traces rate as text", `options["traces_sample_rate"] = "1.0"`),
		traces(cause.AppHookDrops, "transactions that are dropped", `options["before_send_transaction"] = lambda event, hint: None`),
		{
			name:    "settings in the code",
			changes: []change{inInit(`options.update(environment="prod", release="latest-build"); del options["sample_rate"]`)},
			want:    fails{"config-environment": cause.AppEnvironmentMissing, "config-release": cause.AppReleaseMissing, "config-sample-rate": cause.AppRatesNotPassed},
			both:    true,
		},
	}
}

// brokenContent are applications whose events come, and are not what the
// application said.
func brokenContent() []brokenModule {
	return []brokenModule{
		{
			name: "fields that are left out, and monitors that swallow",
			changes: []change{
				{sentryModule, `"id", "role"`, `"id"`},
				{sentryModule, `"business", dict(fields)`, `"business", {k: fields[k] for k in fields if k != "client_id"}`},
				{sentryModule, `tags = {"business_area": area}`, `tags = {"area": area}`},
				{sentryModule, `capture("bookings", error, fields)`, `capture("bookings", error, {k: fields[k] for k in fields if k != "service_type"})`},
				{sentryModule, `message=action, data=data`, `message=action`},
				{monitorModule, "                    raise\n", "                    return None\n"},
			},
			want: fails{
				"user-fields": cause.AppContextMissing, "business-fields": cause.AppContextMissing, "business-area": cause.AppContextMissing,
				"booking-error": cause.AppContextMissing, "business-breadcrumb": cause.AppContextMissing,
				"task-failure": cause.AppErrorSwallowed, "task-retry": cause.AppModuleBroken, "redis-lost": cause.AppErrorSwallowed,
			},
		},
		{
			name: "hooks that take away, and functions that do not report",
			changes: []change{
				inInit(`options["before_breadcrumb"] = lambda crumb, hint: None`),
				{sentryModule, "def scrub(event, hint):\n", "def scrub(event, hint):\n    if \"exception\" in event:\n        event[\"exception\"][\"values\"] = event[\"exception\"][\"values\"][-1:]\n"},
				{sentryModule, "contexts={area: dict(fields)}", `contexts={area: dict(fields)}, fingerprint=[fields.get("appointment_id") or area]`},
				{sentryModule, "BrokenPipeError))", "BrokenPipeError, TimeoutError))"},
				{sentryModule, `    capture("payments", error, fields)`, `    pass`},
				{sentryModule, "def capture_integration_error(error, fields)", "def capture_integration_error(error)"},
			},
			want: fails{
				"business-breadcrumb": cause.AppContextMissing, "performance-breadcrumb": cause.AppContextMissing,
				"error-chain": cause.AppContextMissing, "error-grouping": cause.AppContextMissing, "filter-cancelled": cause.AppHookDrops,
				"payment-error": cause.AppErrorSwallowed, "integration-error": cause.AppModuleBroken, "business-area": cause.AppErrorSwallowed,
			},
		},
		{
			// What the log makes of the same error has no tag: it is no sign that
			// the module's own event lacks it.
			name: "an error that is logged and captured",
			changes: []change{{
				sentryModule, `    capture("bookings", error, fields)`,
				"    import logging\n    logging.error(\"booking failed\", exc_info=ValueError(\"its own\"))\n    capture(\"bookings\", error, fields)",
			}},
			want: fails{}, // two events of one error are worth a warning
		},
		{
			name: "personal data, and monitors that tell all",
			changes: []change{
				inInit(`options["send_default_pii"] = bool(os.environ["SENTRY_SEND_DEFAULT_PII"])`),
				{sentryModule, `"barber_id"]`, `"barber_id", "email"]`},
				{sentryModule, "value = pattern.sub(removed, value)", "pass"},
				{monitorModule, "                finally:\n", "                finally:\n                    sentry_sdk.capture_message(name)\n"},
			},
			want: fails{
				"config-privacy": cause.AppPII, "user-email": cause.AppPII, "secrets-scrubbed": cause.AppPII,
				"task-success": cause.AppEventUnwanted, "redis-fast": cause.AppEventUnwanted,
			},
		},
		{
			name:    "integrations off",
			changes: []change{inInit(`options["default_integrations"] = False`)},
			want:    fails{"panic-in-handler": cause.AppIntegrationMissing, "task-failure": cause.AppCelerySilent, "delivery-background": cause.AppNoFlush},
		},
		{
			name: "users of all requests, and events without bounds", // only SDK 2 has a global scope
			changes: []change{
				{sentryModule, "sentry_sdk.set_user(", "sentry_sdk.get_global_scope().set_user("},
				inInit(`options["max_value_length"] = 10**9`),
			},
			want: fails{"user-isolation": cause.AppScopeShared, "user-scope": cause.AppScopeShared, "error-large": cause.AppEventTooLarge},
		},
	}
}

// quick leaves out the checks in which the application takes its time or needs
// a process of its own, but for those that are expected to fail.
func quick(want fails) func(*verify.Options) {
	return func(o *verify.Options) {
		for _, id := range []string{
			"config-profiles-rate", "config-privacy", "client-off", "sample-share",
			"query-slow-warning", "query-slow-error", "query-values", "task-slow", "redis-slow", "delivery-background",
		} {
			if _, wanted := want[id]; !wanted {
				o.Skip = append(o.Skip, id)
			}
		}
	}
}

// settingsAlone selects the checks of settings, and one of what needs each.
func settingsAlone(o *verify.Options) {
	o.Only = []string{
		"config-dsn", "config-environment", "config-release", "config-sample-rate", "config-traces-rate", "config-debug",
		"rate-zero", "user-fields", "transaction-arrives",
	}
}

func TestApplicationsThatAreBrokenAtTheirStart(t *testing.T) {
	t.Parallel()
	for _, module := range brokenAtStart() {
		module.withSDKs(t, func(t *testing.T, sdk pythonSDK) {
			rep := module.tested(t, sdk, quick(module.want))
			outcomes(t, rep, check.Blocked, "user-fields", "error-chain", "query-fast", "secrets-scrubbed")
		})
	}
}

func TestApplicationsWithOtherRatesThanConfigured(t *testing.T) {
	t.Parallel()
	for _, module := range brokenRates() {
		module.withSDKs(t, func(t *testing.T, sdk pythonSDK) {
			rep := module.tested(t, sdk, settingsAlone)
			if _, traces := module.want["config-traces-rate"]; traces {
				outcomes(t, rep, check.Blocked, "transaction-arrives", "rate-zero")
				outcomes(t, rep, check.Pass, "config-sample-rate", "user-fields")
			}
		})
	}
}

func TestApplicationsThatSayLessOrMoreThanTheyShould(t *testing.T) {
	t.Parallel()
	for _, module := range brokenContent() {
		module.withSDKs(t, func(t *testing.T, sdk pythonSDK) {
			outcomes(t, module.tested(t, sdk, quick(module.want)), check.Pass, "config-dsn", "config-environment", "transaction-arrives")
		})
	}
}

// A function that ends the process costs its own checks, and no other's.
func TestFunctionsThatEndTheProcessAreNamed(t *testing.T) {
	t.Parallel()
	module := brokenModule{
		name:    "os._exit in a function",
		changes: []change{{sentryModule, `    capture("bookings", error, fields)`, `    os._exit(0)`}},
		want:    fails{"booking-error": cause.AppExitedBadly, "business-area": cause.AppExitedBadly},
	}
	module.withSDKs(t, func(t *testing.T, sdk pythonSDK) {
		rep := module.tested(t, sdk, func(o *verify.Options) {
			o.Only = []string{"config-dsn", "booking-error", "payment-error", "business-area", "error-chain"}
		})
		outcomes(t, rep, check.Pass, "config-dsn", "payment-error", "error-chain")
	})
}

// withSDKs tries the application with every SDK that makes a difference.
func (m brokenModule) withSDKs(t *testing.T, test func(*testing.T, pythonSDK)) {
	t.Helper()
	sdks := []pythonSDK{newSDK()}
	if m.both {
		sdks = bothSDKs()
	}
	onEach(t, sdks, m.name, test)
}

// tested runs the suite on the application and expects that what must fail
// does, for its cause and with a fix, and that nothing else does.
func (m brokenModule) tested(t *testing.T, sdk pythonSDK, adjust func(*verify.Options)) check.Report {
	t.Helper()
	rep := sdk.tested(t, project(t, "testdata/app", m.changes...), sdk.environ(t.TempDir()), adjust)
	got := fails{}
	for _, item := range rep.Checks {
		switch item.Outcome {
		case check.Fail:
			got[item.ID] = item.Cause
			if item.Fix == "" || item.Detail == "" {
				t.Errorf("%s fails with the detail %q and the fix %q", item.ID, item.Detail, item.Fix)
			}
		case check.Broken:
			t.Errorf("%s is broken: %s", item.ID, item.Detail)
		default:
		}
	}
	if diff := cmp.Diff(m.want, got); diff != "" {
		t.Errorf("what fails (-want +got):\n%s", diff)
		for id := range got {
			t.Logf("%s: %s", id, find(t, rep, id).Detail)
		}
	}
	if strings.Contains(text(rep), receiver.Key()) {
		t.Error("the report holds the key of a DSN")
	}
	return rep
}
