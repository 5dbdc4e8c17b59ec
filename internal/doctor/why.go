package doctor

import "cmp"

// Why says in a sentence or two why a check is worth making, empty for an id
// that is no check. It is what `bbctl explain` and docs/checks.md add to the
// check's title.
func Why(id string) string { return cmp.Or(reasons()[id], whyOfApp(id)) }

func reasons() map[string]string {
	return map[string]string{
		"env-file":        "Without a file that can be read every setting has to come from the process environment, and a process that was started elsewhere has none.",
		"env-start":       "A byte-order mark hides the first key from some readers, and the first key is often SENTRY_DSN.",
		"env-syntax":      "One line that a reader refuses costs that reader the line, or the whole file: godotenv reads nothing at all.",
		"env-readers":     "python-dotenv, godotenv, shells, docker and systemd disagree on comments, quotes, blanks and dollars. The same file then configures two services differently.",
		"env-line-ends":   "CRLF leaves a carriage return at the end of every value that a shell or docker reads.",
		"env-duplicates":  "Of two lines for one key the last one wins, and people look at the first.",
		"env-git":         "A .env file in the repository gives its secrets to everyone who can clone it, for ever.",
		"env-permissions": "Who can write the file decides where the application sends its errors; who can read it has its tokens.",

		"setting-names":     "A name that is nearly right is set, read by nobody, and looks well in every listing.",
		"setting-emptied":   "An empty variable of the process wins over the value in the .env file, and switches the SDK off without a word.",
		"setting-shadows":   "load_dotenv does not overwrite what is there: what is edited in the .env file changes nothing.",
		"setting-expansion": "A .env file is no shell script: $(…) is kept as it stands, and becomes the release or the environment.",
		"dsn":               "SDKs differ on a DSN that is nearly right: one ends the application at its start, the other sends to a project that does not exist.",
		"dsn-key":           "A key that was cut when it was copied is refused with a 403 that looks like that of a disabled one.",
		"dsn-secret":        "The secret half of a DSN of old is not needed any more, and ends up in every log that the DSN does.",
		"dsn-options":       "Options in the query of a DSN were raven's: the SDKs of today ignore them in silence, verify_ssl and timeout among them.",
		"dsn-scheme":        "Over http everyone on the way reads the events and the key.",
		"dsn-host":          "The DSN of the development receiver in production, or a host that only the server's own network knows, loses everything.",
		"environment-name":  "Unset, sentry-python says production and sentry-go nothing; a name that Sentry removes makes events invisible under every filter.",
		"release-name":      "Sentry takes a release of a wrong form off the event and drops its sessions. Without one no regression is found.",
		"sample-rate":       "Below 1 errors are lost by intention, and nobody remembers whose intention it was.",
		"traces-rate":       "At 0 there is no performance to look at, far above the recommendation there is a bill.",
		"profiles-rate":     "Profiles are taken of sampled transactions only: the two rates multiply.",
		"debug":             "Debug output in production fills the logs, and shows events in a place that nobody scrubs.",
		"personal-data":     "Cookies and addresses of customers must leave the process only where somebody decided so.",
		"spotlight":         "A copy of every envelope goes to that address; without a DSN it also switches sampling to 100 % and personal data on.",

		"proxy-setting":    "A proxy without a scheme makes sentry-python's init raise, which ends the application at its start.",
		"proxy-exceptions": "The SDKs read NO_PROXY by different rules: a comma at its end takes every host out of the proxy for one, and none for the other.",
		"ca-setting":       "A bundle that is not there makes every send of sentry-python fail, in silence.",

		"process-settings": "Web, worker and beat each have an environment of their own. That the worker lacks the DSN is the usual reason why errors of tasks are missing.",
		"process-values":   "A process keeps the values that it was started with: a .env file that was changed since does not reach it.",

		"ingest-names":      "In a container names are resolved by other means than on the laptop; an SDK does not tell that it could not.",
		"ingest-connection": "A firewall that drops packets looks like nothing at all: SDKs wait, give up and say nothing.",
		"ingest-proxy":      "A proxy's 403 looks like Sentry's to an SDK, and python and Go choose different proxies from the same variables.",
		"ingest-tls":        "Python trusts another list of authorities than Go and curl do: that curl works proves nothing for the application.",
		"ingest-answer":     "SDKs hand out an event id and flush well for 401, 403, 413, 429, 500 and for a page of HTML: the answer alone tells.",
		"ingest-gzip":       "SDKs compress what they send, and gateways and firewalls refuse compressed bodies that they let through plain.",
		"ingest-event":      "A quota that is used up, and a filter, refuse events only: a client report passes them all.",
		"ingest-again":      "For a disabled key and a used-up quota the first request is answered 200: the server decides in the background.",
		"ingest-limits":     "A limit of another category comes with a good answer, and SDKs then drop transactions without sending one request.",
		"ingest-latency":    "At its end a process waits 2 s for what is not sent yet. Behind a slow answer scripts and workers lose their last events.",
		"ingest-clock":      "With a wrong clock events are shifted in time, out of the window that people look at.",
		"ingest-other":      "Proxies and authorities that suit one language can shut the other one out.",

		logLines:     "With debug on an SDK tells what becomes of each event; without it it is silent about every loss.",
		logDSN:       "A DSN that the SDK refuses ends the application at its start, or, caught by a try, leaves it without Sentry.",
		logStart:     "An option that this version of the SDK does not know, or a proxy that is no URL, makes init raise.",
		logNetwork:   "The application's own process is the only one that tells whether it reaches the ingest: from its container, by its proxy, with its authorities.",
		logAnswers:   "What the server said to the application's own events, which may be larger and older than a test event.",
		logLimits:    "After one 429 the SDK drops a whole category until the time is over, and no request is to be seen.",
		logHooks:     "A hook that raises or forgets its return drops every event, and says so in the debug output alone.",
		logSampling:  "Why a transaction was not sampled is known to the SDK only: the rate, the sampler, or the caller.",
		logProfiles:  "Profiles need a sampled transaction that is long enough and a profiler that was started; which of them is missing stands here.",
		logQueue:     "In an outage more events are made than the SDK can hold, and what is lost is what one would like to see.",
		logExit:      "What is still in the queue when a process ends is lost: SDKs send in the background.",
		logRelease:   "Sessions without a release are thrown away before they are sent.",
		logProcesses: "A worker that is killed takes along what it still held, the error that would explain it among it.",

		"preflight-dsn":           "The first deployment with a placeholder or with the receiver of development sends nothing, and nobody misses it until the first outage.",
		"preflight-environment":   "Errors of production under another name reach no alert rule of production.",
		"preflight-rates":         "Every error is wanted; transactions and profiles are paid by the piece. Twice the recommended rate is taken for intention, more for a value left over from testing.",
		"preflight-personal-data": "What has been sent cannot be called back: Sentry's own scrubbing comes after it has left.",
		"preflight-debug":         "Debug output shows events in the logs, unscrubbed.",
		"preflight-spotlight":     "Spotlight is for a developer's machine: in production it is a second place that events go to.",
		"preflight-secrets":       "What is in the repository is deployed along with it, and is known to all who can read it.",
		"preflight-release":       "A release tells since when an error exists. One that was detected on this machine is not known in an image, which has no git.",
		"preflight-delivery":      "A checklist whose last line is not an event that arrived is a hope.",
		"preflight-alerts":        "An error that alarms nobody is found by customers.",
		"preflight-notifications": "A rule that notifies nobody fires unheard, at night and by day.",
	}
}
