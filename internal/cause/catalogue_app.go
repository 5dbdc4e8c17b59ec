package cause

import "slices"

// app lists what only a run of the application itself can show: first what
// keeps its events back, then what is wrong with those that come.
func app() []Cause { return slices.Concat(silences(), blemishes(), hindrances(), faultsOfModule()) }

// silences are the reasons why an application's events do not come.
func silences() []Cause {
	return []Cause{
		{
			ID: AppSentNothing, Stage: StageApp, Severity: Fail, Catalogue: []string{"INIT-01", "CFG-13"},
			Title:   "the application ran and sent nothing at all",
			Why:     "This process never initialises the SDK, or does so behind a condition that is false here: `if ENV == \"production\"`, `if not DEBUG`. Workers, beat, management commands and cron scripts are the usual ones that were forgotten.",
			Shows:   "Web errors arrive, those of this command never do.",
			Find:    "Start the command with SENTRY_DSN set to what `bbctl receive` prints, and make it fail on purpose: no line appears. Search for the init: `grep -rn 'sentry_sdk.init\\|configure_sentry' --include=*.py .`, and look what stands around it.",
			Fix:     "call configure_sentry() first thing in this entry point, on the one condition that there is a DSN",
			Sources: []string{"getsentry/seer#144", "pypi/warehouse#1112", "SEED-platform/seed#870", "ministryofjustice/laa-court-data-adaptor#435", "CheesecakeLabs/django-drf-boilerplate#54"},
		},
		{
			ID: AppDSNHardcoded, Stage: StageApp, Severity: Fail, Catalogue: []string{"CFG-07"},
			Title:   "the application talks to another Sentry than the one it was given",
			Why:     "The DSN stands in the code, comes from a settings file of its own, or load_dotenv(override=True) puts another one over SENTRY_DSN. What is set outside has no effect.",
			Shows:   "A new DSN changes nothing; events of a fork or of a laptop land in somebody's project.",
			Find:    "`grep -rnE 'dsn ?= ?.https?:' --include=*.py --include=*.go .`. At run time HTTPS_PROXY set to a listener of yours shows in its CONNECT line which host is really asked for.",
			Fix:     "remove the dsn argument from init, so that SENTRY_DSN is read",
			Sources: []string{"OpenUnited/platform#92", "canonical/ubuntu-com-security-api#280"},
		},
		{
			ID: AppExitedBadly, Stage: StageApp, Severity: Fail, Catalogue: []string{"INIT-06"},
			Title: "the command ended by a signal or with an error of its own",
			Why:   "A process that is killed, or runs out of memory, sends nothing of what it still holds, and leaves no client report. Until it runs to its end nothing can be said about its events.",
			Shows: "Status 137 is SIGKILL, most often for want of memory; 139 a crash in native code; 1 of Python an exception, which stands on stderr.",
			Find:  "Run the command by itself and look at `echo $?` and the last lines of stderr; for memory: `dmesg | grep -i 'killed process'`.",
			Fix:   "make the command run to its end, starting from the last line of its stderr",
		},
		{
			ID: AppNoFlush, Stage: StageApp, Severity: Fail, Catalogue: []string{"INIT-06", "GO-01"},
			Title:   "the process ended before its events were sent",
			Why:     "SDKs send in the background. `os._exit`, exec, multiprocessing.Process, SIGTERM without a handler, and in Go a return from main, os.Exit or log.Fatal (which skip a deferred Flush) end the process first. Event ids have been handed out by then.",
			Shows:   "Scripts, cron jobs and child processes report nothing, or only with a sleep at the end.",
			Find:    "Run the command against `bbctl receive`, then once more with a sleep of a second before its end: an event that comes only then gives it away. `grep -rn 'os._exit\\|os.Exit\\|log.Fatal' .` finds the places.",
			Fix:     "sentry_sdk.flush(timeout=2) before the process ends; in Go Flush before every exit, not deferred behind os.Exit",
			Sources: []string{"getsentry/sentry-python#291", "getsentry/sentry-python#473", "getsentry/sentry-go#394", "superfly/flyctl#761"},
		},
		{
			ID: AppErrorSwallowed, Stage: StageApp, Severity: Warn, Catalogue: []string{"INIT-14", "FAST-02", "FAST-03", "FAST-04"},
			Title:   "a request or the command failed, and no error event came",
			Why:     "An exception that the application catches is its own affair. In FastAPI that is a handler for a specific class, a middleware with a try around call_next, or `return JSONResponse(status_code=500)`; each makes a transaction and no error. A handler for bare Exception still reports.",
			Shows:   "Users see 500, Sentry shows requests and no issue.",
			Find:    "Cause the failure against `bbctl receive`: a transaction comes, an error does not. `grep -rn 'exception_handler\\|call_next\\|except ' --include=*.py .`",
			Fix:     "sentry_sdk.capture_exception(exc) in the handler or middleware before it answers",
			Sources: []string{"METR/hawk#204"},
		},
		{
			ID: AppHookDrops, Stage: StageApp, Severity: Fail, Catalogue: []string{"SAMP-07", "SAMP-08"},
			Title:   "before_send, or a hook like it, drops everything",
			Why:     "A hook that returns None drops the event, and one without `return event` at its end does so for all. A hook that raises, say on `event[\"logger\"]` where there is none, drops the event too. Nothing is logged unless debug is on.",
			Shows:   "Captures return ids, requests carry client reports only, with the reason `before_send`. A hook that returns something other than an event leaves not even those.",
			Find:    "Run against `bbctl receive`: client reports without events. With SENTRY_DEBUG=true: `before send dropped event`, or `Internal error in sentry_sdk` and the traceback.",
			Fix:     "end the hook in return event, and read fields with event.get(…)",
			Sources: []string{"getsentry/sentry-python#402", "getsentry/sentry-python#2947", "getsentry/sentry-python#5426"},
		},
		{
			ID: AppSampledOut, Stage: StageApp, Severity: Fail, Catalogue: []string{"SAMP-01"},
			Title: "every error is dropped by the sample rate",
			Why:   "init got a sample_rate of 0, or a negative one. The client reports say so: `sample_rate` for all errors. The environment may be right and the code wrong, since SDKs do not read SENTRY_SAMPLE_RATE themselves.",
			Shows: "Transactions may arrive, errors never do.",
			Find:  "`grep -rn 'sample_rate' --include=*.py .` shows what init really gets; `bbctl config` what is set outside.",
			Fix:   "sample_rate=float(os.environ.get(\"SENTRY_SAMPLE_RATE\", \"1.0\")) in init",
		},
		{
			ID: AppTracesSampledOut, Stage: StageApp, Severity: Warn, Catalogue: []string{"SAMP-02", "SAMP-04"},
			Title:   "every transaction is dropped by sampling",
			Why:     "The client reports count `sample_rate` for transactions. A rate as a text (`\"0.1\"` straight from os.getenv) or outside 0 to 1 drops them all; so does a traces_sampler that returns None or raises. In Go a TracesSampleRate without EnableTracing does the same.",
			Shows:   "Errors arrive, Performance pages stay empty.",
			Find:    "With SENTRY_DEBUG=true: `Given sample rate is invalid`, or `[Tracing] Discarding`; in Go with Debug `EnableTracing is set to false`.",
			Fix:     "traces_sample_rate=float(os.environ[\"SENTRY_TRACES_SAMPLE_RATE\"]) in init; Go: EnableTracing: true",
			Sources: []string{"getsentry/sentry-python#1208"},
		},
		{
			ID: AppParentUnsampled, Stage: StageApp, Severity: Warn, Catalogue: []string{"SAMP-04"},
			Title:   "transactions are dropped because the caller says that they are not sampled",
			Why:     "An incoming header `sentry-trace: …-0` of a frontend, a gateway or another team's SDK overrides traces_sample_rate. In distributed tracing that is meant; from a foreign organisation it is not.",
			Shows:   "Requests by curl make transactions, requests from the browser do not.",
			Find:    "Send the same request with and without `-H \"sentry-trace: $(openssl rand -hex 16)-$(openssl rand -hex 8)-0\"` to the application that reports to `bbctl receive`.",
			Fix:     "raise the traces rate of the caller, or decide in a traces_sampler that does not look at parent_sampled",
			Sources: []string{"getsentry/sentry-python#2486", "getsentry/sentry-docs#8561", "getsentry/sentry-laravel#972"},
		},
		{
			ID: AppProducerUnsampled, Stage: StageApp, Severity: Warn, Catalogue: []string{"CEL-03"},
			Title: "task transactions are dropped because the request that enqueued them was not sampled",
			Why:   "The Celery integration sends the trace along with the task, and the worker obeys the decision of the request, whatever its own rate. At a traces rate of 0.05 in the web process the worker makes transactions of one task in twenty. Errors of tasks still arrive.",
			Shows: "The worker's rate is 1.0, and most of its tasks are missing in Performance.",
			Find:  "Enqueue a task from a plain shell instead of from a request: its transaction comes.",
			Fix:   "CeleryIntegration(propagate_traces=False) in the init of the web process, or the header sentry-propagate-traces: False on the task",
		},
		{
			ID: AppNoProfiles, Stage: StageApp, Severity: Warn, Catalogue: []string{"PERF-03", "PERF-04"},
			Title:   "profiles are configured, and none came",
			Why:     "A profile hangs on a sampled transaction, so both rates must fall right, and it needs at least two samples: a transaction of 2 ms makes none, one of 400 ms does. sentry-python before 1.18 does not know the option and raises a TypeError; sentry-go has had no profiler since 0.31.",
			Shows:   "Transactions arrive without profiles; client reports count `insufficient_data` for the short ones.",
			Find:    "Make a request that takes over 100 ms with both rates at 1.0, against `bbctl receive`.",
			Fix:     "SENTRY_TRACES_SAMPLE_RATE=1.0 and SENTRY_PROFILES_SAMPLE_RATE=1.0 while testing, both passed to init as numbers",
			Sources: []string{"getsentry/sentry-python#1813", "getsentry/sentry-python#1879", "getsentry/sentry-go#915"},
		},
		{
			ID: AppNoTraces, Stage: StageApp, Severity: Warn, Catalogue: []string{"SAMP-02"},
			Title:   "errors arrived, and not one transaction or span",
			Why:     "Tracing is off unless init gets traces_sample_rate or traces_sampler; SDKs do not read SENTRY_TRACES_SAMPLE_RATE themselves. A span outside a transaction is not sent either. No client report counts what was never begun.",
			Shows:   "Issues without traces, empty Performance pages.",
			Find:    "`grep -rn 'traces_sample' --include=*.py .`; with SENTRY_PRINT_ENVELOPES=1 (sentry-python 2.60 and newer) no trace header on stderr names a rate.",
			Fix:     "traces_sample_rate=float(os.environ[\"SENTRY_TRACES_SAMPLE_RATE\"]) in init; Go: also EnableTracing: true",
			Sources: []string{"suitenumerique/conversations#735", "JSONbored/metagraphed#6768", "getsentry/sentry-docs#3282"},
		},
	}
}

// blemishes are what is wrong with the events that come, and with the sending.
func blemishes() []Cause {
	return []Cause{
		{
			ID: AppRatesNotPassed, Stage: StageApp, Severity: Fail, Catalogue: []string{"ENV-03"},
			Title:   "the rate in the envelopes is not the one that is configured",
			Why:     "Neither sentry-python nor sentry-go reads SENTRY_SAMPLE_RATE, SENTRY_TRACES_SAMPLE_RATE, SENTRY_PROFILES_SAMPLE_RATE or SENTRY_SEND_DEFAULT_PII, although the specification for SDKs says that they should. What init does not get is at its default: all errors, no transactions, no profiles.",
			Shows:   "Changing the variable changes nothing.",
			Find:    "`bbctl config` tells for each variable who reads it. The trace header of the envelopes carries the real rate: SENTRY_PRINT_ENVELOPES=1 (sentry-python 2.60 and newer) prints them on stderr.",
			Fix:     "pass it to init: traces_sample_rate=float(os.environ[\"SENTRY_TRACES_SAMPLE_RATE\"])",
			Sources: []string{"getsentry/sentry-docs develop-docs/sdk/expected-features/environment-variables.mdx"},
		},
		{
			ID: AppEnvironmentMissing, Stage: StageApp, Severity: Warn, Catalogue: []string{"ENV-10", "GO-06"},
			Title: "events carry no environment, or another than the configured one",
			Why:   "sentry-python says production where it is told nothing and sends an empty name where it is told \"\"; sentry-go sends none. An argument of init is stronger than SENTRY_ENVIRONMENT.",
			Shows: "Events are missing under the filter of their environment and there under another, or under All Environments only.",
			Find:  "The field environment in what `bbctl receive --format json` prints, beside `bbctl config`; then `grep -rn 'environment=' --include=*.py .`",
			Fix:   "set SENTRY_ENVIRONMENT where this process is started, and remove the environment argument from init",
		},
		{
			ID: AppReleaseMissing, Stage: StageApp, Severity: Warn, Catalogue: []string{"REL-01"},
			Title: "events carry no release, or another than the configured one",
			Why:   "In an image there is no git to ask, so that sentry-python sends none. Where there is one, sentry-python sends the commit in 40 digits and sentry-go what `git describe` prints: two releases for one deployment.",
			Shows: "Issues without a release, or the services of one deployment under two names; sessions are discarded.",
			Find:  "The field release in what `bbctl receive --format json` prints, beside `bbctl release`.",
			Fix:   "set SENTRY_RELEASE once per build, and give the same to all services",
		},
		{
			ID: AppEventTooLarge, Stage: StageApp, Severity: Fail, Catalogue: []string{"PAY-01"},
			Title:   "an event is over Sentry's size limit",
			Why:     "The limit is 1 MiB per event. Since 2.61 sentry-python cuts no strings any more: a value of 3 MB is sent as it is, and the server answers 413. sentry-go does not cut either.",
			Shows:   "The largest failures, those with a request body or a document in a variable, are the ones that never arrive.",
			Find:    "`bbctl receive --format json` tells the size of each item, and refuses what Sentry would refuse.",
			Fix:     "max_value_length=100_000 in init, and no documents in extras and contexts",
			Sources: []string{"getsentry/sentry-python#5361", "https://develop.sentry.dev/sdk/envelopes/#size-limits"},
		},
		{
			ID: AppPII, Stage: StageApp, Severity: Fail, Catalogue: []string{"PAY-07", "PAY-08"},
			Title:   "personal or secret data went over the wire",
			Why:     "SDKs remove values by the names of their keys, exactly and not in depth: a nested `password`, a tag, a context, the text of an exception and the source lines around it pass. send_default_pii=False keeps cookies and addresses back, not the e-mail address that set_user was given. sentry-python before 2 sends Redis commands with their values.",
			Shows:   "Card numbers, tokens or addresses in the text and the variables of events. Sentry's own scrubbing comes after they have left.",
			Find:    "The finding names path and kind. With made-up data and SENTRY_PRINT_ENVELOPES=1 (sentry-python 2.60 and newer; Go: SENTRYGODEBUG=httpdump=1) the events stand on stderr as they are sent.",
			Fix:     "remove that field in before_send, or do not put it into the event; Go: the package monitoring scrubs what it sends",
			Sources: []string{"getsentry/sentry-python#4230", "getsentry/sentry#49743"},
		},
		{
			ID: AppQueueOverflow, Stage: StageApp, Severity: Fail, Catalogue: []string{"SAMP-15"},
			Title: "more events were made at once than the SDK can hold",
			Why:   "sentry-python's queue holds 100 envelopes, sentry-go's buffer 100 errors. Of 400 messages at once 298 were lost. Client reports say `queue_overflow`, `buffer_overflow` or `backpressure`; the last means that the SDK lowers its rate because sending is slow.",
			Shows: "In an outage, when everything fails at once, most of the events are missing.",
			Find:  "The client reports at `bbctl receive`; in Sentry: Stats, client discards, by reason.",
			Fix:   "send fewer events: one per failure instead of one per item; then transport_queue_size=1000 in init",
		},
		{
			ID: AppRateLimited, Stage: StageApp, Severity: Fail, Catalogue: []string{"SRV-09"},
			Title: "the SDK holds events back because the server limits it",
			Why:   "After one 429, or a 200 with X-Sentry-Rate-Limits, an SDK drops everything of that category until the time is over, 60 s where none is named. No request is seen at all in that time. Client reports say `ratelimit_backoff`.",
			Shows: "Nothing arrives for a minute, then all looks healthy, and again.",
			Find:  "With SENTRY_DEBUG=true: `Rate-limited via`. `bbctl test` asks the DSN and names the limit and its scope.",
			Fix:   "remove the limit that the server names (key, project or organization), or send less",
		},
		{
			ID: AppNetworkError, Stage: StageApp, Severity: Fail, Catalogue: []string{"NET-08"},
			Title:   "the SDK could not deliver events",
			Why:     "Client reports say `network_error` or `send_error`. sentry-python counts answers such as 403 and 500 as network_error too, and 413 as send_error. SDKs try once; what was lost stays lost.",
			Shows:   "Sporadic gaps where connections are cut after pauses; everything where the way is closed.",
			Find:    "With SENTRY_DEBUG=true the SDK prints status or exception of each send. `bbctl test` from the same container asks the DSN layer by layer.",
			Fix:     "repair what bbctl test names for this DSN; for gaps after pauses: SENTRY_KEEP_ALIVE=1 (sentry-python 2.29 and newer)",
			Sources: []string{"getsentry/sentry-python#1198", "getsentry/sentry-python#2732", "getsentry/snuba#855"},
		},
		{
			ID: AppCelerySilent, Stage: StageApp, Severity: Fail, Catalogue: []string{"CEL-01", "CEL-02"},
			Title:   "a task failed, and nothing arrived from the worker",
			Why:     "The SDK is initialised in the web process only, or in the wrong place of the worker: in worker_process_init or inside the task the integration comes too late for prefork, and no event is sent although the client is active. At module level, in celeryd_init or in worker_init it works.",
			Shows:   "Failures stand in the worker's log and not in Sentry. With the pool solo it works, which misleads.",
			Find:    "Start the worker with the DSN that `bbctl receive` prints, and run a task that raises: no line appears.",
			Fix:     "call configure_sentry() at module level of the Celery application, or in a handler of celery.signals.celeryd_init",
			Sources: []string{"tutorcruncher/morpheus#514", "PostHog/posthog#10801"},
		},
		{
			ID: AppIntegrationMissing, Stage: StageApp, Severity: Warn, Catalogue: []string{"INIT-04", "INIT-05"},
			Title: "a library that the application uses is not watched by the SDK",
			Why:   "The sdk block of events lists the integrations. FastAPI needs two, Starlette and FastApi; with auto_enabling_integrations=False only those that are listed are there. One whose library is too old (fastapi 0.79, starlette 0.16, celery 4.4.7, sqlalchemy 1.2 are the least) refuses itself in silence.",
			Shows: "Unhandled errors of requests or tasks, or spans of queries, are missing, while capture_exception works.",
			Find:  "SENTRY_PRINT_ENVELOPES=1 (sentry-python 2.60 and newer) prints events with their sdk block on stderr; with SENTRY_DEBUG=true: `Did not import default integration`.",
			Fix:   "remove auto_enabling_integrations=False and default_integrations=False, or list StarletteIntegration() and FastApiIntegration(); upgrade a library that is too old",
		},
		{
			ID: AppSDKOld, Stage: StageApp, Severity: Warn, Catalogue: []string{"CFG-15"},
			Title:   "the SDK is so old that it matters",
			Why:     "sentry-python 1.9 posts errors to /store/, has no scrubber, sends Redis commands with their values, raises for a sample rate that is a text, and does not know profiles (before 1.18).",
			Shows:   "Personal data in spans, options that end the application at its start, servers and gateways that know /envelope/ only.",
			Find:    "`python3 -c 'import sentry_sdk; print(sentry_sdk.VERSION)'` in the container; the sdk block of events names it too.",
			Fix:     "pip install --upgrade 'sentry-sdk>=2', and read its notes on migration",
			Sources: []string{"getsentry/sentry-python#1843"},
		},
		{
			ID: AppDSNEmptyArgument, Stage: StageApp, Severity: Fail, Catalogue: []string{"CFG-08"},
			Title: "the application gives the SDK an empty DSN although SENTRY_DSN is set",
			Why:   "`dsn=os.getenv(\"OTHER_NAME\", \"\")` hands over an empty text, which switches sentry-python off. With None, or no argument at all, it would read SENTRY_DSN. In Go an empty Dsn does fall back to the variable.",
			Shows: "The environment is right, and no request leaves the process.",
			Find:  "`grep -rn 'dsn=' --include=*.py .`, and print what it comes to just before init.",
			Fix:   "leave the dsn argument out, or write dsn=os.getenv(\"OTHER_NAME\") or None",
		},
	}
}

// hindrances are what keeps a run from showing what the application sends.
func hindrances() []Cause {
	return []Cause{
		{
			ID: AppInitRefused, Stage: StageApp, Severity: Fail, Catalogue: []string{"CFG-02", "CFG-12", "ENV-04"},
			Title:   "the SDK refuses what init gives it, and raises an error",
			Why:     "A DSN in the source that is none raises BadDsn, an option that the installed version does not know a TypeError: sentry-python before 1.18 has no profiles_sample_rate. A profiles_sample_rate that is a text raises one as well. Where a try around init hides it, the application runs on without the SDK.",
			Shows:   "The application does not start, or starts and reports nothing at all.",
			Find:    "`python3 -c 'import config.sentry; config.sentry.configure_sentry()'` in the application's own environment prints the error.",
			Fix:     "remove the option that the error names from init, or give it a value of the type that it wants",
			Sources: []string{"TheSpaghettiDetective/obico-server#741", "getsentry/sentry-python#1884"},
		},
		{
			ID: AppUWSGIThreads, Stage: StageApp, Severity: Fail, Catalogue: []string{"INIT-09"},
			Title:   "uWSGI runs without threads, so that the SDK cannot send",
			Why:     "SDKs send from a thread of their own. uWSGI starts none in its workers unless it is told to, and with its workers forked from one process it needs the hooks for that as well. sentry-python warns of it on stderr.",
			Shows:   "Events are made and handed to a queue that nobody empties.",
			Find:    "The lines that uWSGI writes at its start hold `We detected the use of uWSGI`.",
			Fix:     "enable-threads = true and py-call-uwsgi-fork-hooks = true in the configuration of uWSGI",
			Sources: []string{"getsentry/sentry-python#187", "getsentry/sentry-python#2699"},
		},
		{
			ID: AppUnanswered, Stage: StageApp, Severity: Fail, Catalogue: []string{"INIT-01"},
			Title: "a URL that the application should answer was not answered",
			Why:   "The server was not ready in time, listens on another address or port, or broke the connection. What it would have sent for that request is not known.",
			Shows: "The run shows less than it was meant to, or nothing.",
			Find:  "Start the command by itself and ask the URL with `curl -v`.",
			Fix:   "let the server listen on the address and port of that URL, and be ready before the run ends",
		},
		{
			ID: AppExpectationUnmet, Stage: StageApp, Severity: Fail, Catalogue: []string{"SAMP-09", "INIT-15"},
			Title: "something that was stated as expected did not arrive",
			Why:   "An expectation names what must arrive, or must not. What is filtered in silence, by ignore_errors or by a logger that is switched off, leaves no client report: only that it is missed tells of it.",
			Shows: "The application did what it should, and the event with that type, tag or name is not among those that came.",
			Find:  "`bbctl receive --format json` prints what the application sends, with types, tags and names.",
			Fix:   "let the application send what is expected, or state what it does send",
		},
	}
}

// faultsOfModule are what calling the application's own Sentry module shows.
func faultsOfModule() []Cause {
	return []Cause{
		{
			ID: AppModuleBroken, Stage: StageApp, Severity: Fail, Catalogue: []string{"INIT-01", "INIT-06"},
			Title: "the application's Sentry module does not work",
			Why:   "It cannot be imported, has no configure_sentry(), or one of its functions raises, ends the process or does not come back. A process in which configure_sentry() raises reports nothing; a function that raises while it reports an error puts its own in the place of that error.",
			Shows: "The application does not start, or failures end in another one that comes from the module itself.",
			Find:  "`python3 -c 'from config.sentry import configure_sentry; print(configure_sentry())'` with the application's interpreter and in its folder, then the function that the finding names.",
			Fix:   "make the import and each function of the module come back without an error",
		},
		{
			ID: AppSDKMissing, Stage: StageApp, Severity: Fail, Catalogue: []string{"INIT-01"},
			Title:   "the interpreter that was used has no sentry_sdk",
			Why:     "It is not the application's own: the system's Python instead of the one in the virtual environment, or an image that was built without the package. An application that guards the import with a try runs on and reports nothing.",
			Shows:   "`ModuleNotFoundError: No module named 'sentry_sdk'`, or no event from one image alone.",
			Find:    "`python3 -c 'import sys, sentry_sdk; print(sys.executable, sentry_sdk.VERSION)'` with the interpreter that the finding names.",
			Fix:     "bbctl test --app config.sentry --python .venv/bin/python, or pip install sentry-sdk where it is missing",
			Sources: []string{"getsentry/sentry-python#1579", "frappe/erpnext#47003"},
		},
		{
			ID: AppContextMissing, Stage: StageApp, Severity: Fail,
			Title: "what the application said of an event did not arrive with it",
			Why:   "A function of the module passes on less than it was given, or a hook takes it away: fields of the business context, tags that alert rules go by, data of breadcrumbs, the level, the exceptions of a chain.",
			Shows: "Issues that cannot be searched by business_area, errors without the booking or the payment that they belong to.",
			Find:  "Call the function that the finding names, with SENTRY_DSN set to what `bbctl receive --format json` prints, and compare what it was given with what is printed.",
			Fix:   "pass every field on, as in sentry_sdk.set_context(\"booking\", dict(fields)), and let before_send return the event with all of it",
		},
		{
			ID: AppScopeShared, Stage: StageApp, Severity: Fail,
			Title:   "the user of one request stands on the events of another",
			Why:     "The user is kept in a variable of the module, in the global scope, or in a scope that was made before the request began. The integrations give each request a scope of its own, and sentry_sdk.set_user writes there; sentry_sdk.get_global_scope() is that of all.",
			Shows:   "Errors under the name of somebody who was not there, most of all with many requests at once; the user of the last request on errors of background work.",
			Find:    "`grep -rn 'get_global_scope\\|^_user\\|^current_user' --include=*.py .`; two requests of two users at once against `bbctl receive --format json`.",
			Fix:     "call sentry_sdk.set_user({\"id\": …}) inside the request, and keep no user in the module or in the global scope",
			Sources: []string{"afterclass-io/afterclass.io#501"},
		},
		{
			ID: AppEventUnwanted, Stage: StageApp, Severity: Fail, Catalogue: []string{"CEL-04"},
			Title:   "an event came of what is no failure, or one failure came twice",
			Why:     "A success, a fast query or a retry is captured as an event, or an error that the SDK reports already is captured once more. The SDK drops a second event of the same exception object only where it follows the first at once; a text that is logged, or another exception around it, makes an issue of its own.",
			Shows:   "Issues that nobody needs to look at, quota that is used up, alerts that count double.",
			Find:    "Make the failure happen once against `bbctl receive --format json`, and count the events.",
			Fix:     "leave a breadcrumb of what goes well, let celery.exceptions.Retry through, and capture an error in one place",
			Sources: []string{"getsentry/sentry-python#433", "mozilla-it/ctms-api#160"},
		},
	}
}
