package verify

// Why says in a sentence or two why a check is worth making, empty for an id
// that is no check. It is what `bbctl explain` and docs/checks.md add to the
// check's title.
func Why(id string) string {
	return reasons()[id]
}

func reasons() map[string]string {
	return map[string]string{
		"config-env-file":      "The readers of a .env (python-dotenv, godotenv, shells, docker, systemd) disagree on comments, quotes, blanks, BOM and line ends. A file that they read differently works on one machine and not on the next.",
		"config-dsn":           "A DSN that is nearly right is refused by one SDK and silently accepted by another, which then sends to a project that does not exist.",
		"config-environment":   "Unset, sentry-python says production and sentry-go says nothing, so that development noise lands in production's issues. Names that Sentry removes make events invisible under every environment filter.",
		"config-release":       "Without a release no regression is found; with three different ones for the same commit nothing matches.",
		"config-sample-rate":   "SDKs do not read this variable by themselves, and a string or a comma in it disables sampling without a word.",
		"config-traces-rate":   "As with errors; and a rate that is out of range drops every transaction.",
		"config-profiles-rate": "sentry-go has no profiler since 0.31. The rate counts for the Python side, relative to the traces rate.",
		"config-privacy":       "Personal data must leave the process only where somebody decided so.",
		"config-debug":         "Debug output explains lost events, and belongs on the log: never on the wire, never in production.",
		"rate-zero":            "To sentry-go a sample rate of 0 means 1: who switches errors off gets all of them.",
		"client-off":           "Given an empty DSN, sentry-go takes the one from the environment: a dry run that sends to production.",

		"user-fields":      "Who was affected is the first question of every incident.",
		"user-email":       "An address that is set on the user is sent by the SDKs even where personal data is off.",
		"user-isolation":   "A scope that two requests share puts one customer's name on another's error.",
		"user-scope":       "A user that outlives the request is attached to background work that is not theirs.",
		"user-transaction": "Slow requests are asked about by user as well.",

		"business-fields":        "The booking, barber and client make an error findable in the business's own terms.",
		"business-area":          "Alert rules and searches go by business_area.",
		"business-nested":        "A step that replaces the context of its operation hides what was being done.",
		"business-breadcrumb":    "What the user did before the error is often the cause of it.",
		"performance-breadcrumb": "The slow step before an error is often the cause of it.",
		"breadcrumb-order":       "The newest breadcrumbs matter, and an order that is wrong tells a wrong story.",

		"booking-error":     "The stage and the service decide who looks at it.",
		"payment-error":     "The payment intent is what Stripe's log is searched for.",
		"integration-error": "Service, operation and code tell our fault from theirs.",
		"error-chain":       "The root cause stands at the end of the chain; an SDK that sends the outermost text alone hides it.",
		"error-stack":       "A stack that ends in the monitoring library names nobody.",
		"error-grouping":    "Issues per booking bury the failure; titles such as *errors.errorString say nothing.",
		"error-unencodable": "One NaN in a context makes sentry-go send the event without all contexts, and still return an id.",
		"error-large":       "Sentry refuses events over 1 MiB with a 413, and the SDK does not try again.",
		"message-level":     "A level that is lost alarms at night or not at all.",
		"panic-in-handler":  "A panic that is reported twice counts double; one that kills the process takes everyone's requests with it.",

		"transaction-arrives": "Without transactions there is no latency to alert on.",
		"span-tree":           "Spans without the right parent make a flat list of a tree.",
		"transaction-status":  "Failure rates are computed from it, and errors are found from it by their trace.",
		"sample-share":        "A sampler that is off by a little costs money; one that is off by a lot looks like missing events.",
		"trace-continued":     "Without it the frontend's trace ends where the service begins.",
		"trace-decision":      "A service that decides by itself leaves half traces behind.",

		"database-connection": "The checks below it need a database that answers.",
		"query-fast":          "An event per query would bury everything else.",
		"query-slow-warning":  "Queries over 1 s are what users wait for.",
		"query-slow-error":    "Queries over 5 s time out somewhere else.",
		"query-failure":       "The table tells whose query it is.",
		"query-values":        "Values of a statement are personal data more often than not.",

		"celery-broker":  "Without the broker no task is ever run.",
		"celery-workers": "A queue that nobody reads fails in silence.",
		"task-success":   "An event per task would bury everything else.",
		"task-failure":   "The last attempt is the one that lost something.",
		"task-retry":     "Attempts that are repeated are not lost yet: as errors they would be noise.",
		"task-slow":      "Slow tasks hold up the queue behind them.",
		"task-panic":     "A worker that recovers from panics loses them otherwise.",

		"redis-connection": "The checks below it need a Redis that answers.",
		"redis-fast":       "An event per command would bury everything else.",
		"redis-slow":       "Slow commands block everybody, since Redis runs one at a time.",
		"redis-lost":       "Caches hide their failure: without an event nobody learns of it.",
		"redis-clean":      "A test must leave a shared server as it was.",

		"filter-cancelled":    "A client that goes away is no fault of ours; a deadline that passes is.",
		"filter-disconnect":   "The same, seen from the socket.",
		"filter-shutdown":     "Reloads during development are noise; a server that ends in production is not.",
		"filter-paths":        "Probes ask many times a minute, and would be most of what is paid for.",
		"filter-test-traffic": "Load tests must not look like an outage.",
		"filter-counted":      "A drop that is not counted looks like a lost event.",
		"secrets-scrubbed":    "Cards, tokens and addresses end up in messages, queries and breadcrumbs. SDKs scrub a few keys and leave the rest.",
		"lookalikes-kept":     "A scrubber that eats order numbers is switched off by those who need them.",

		"delivery-receipts":    "An id that capture returns says nothing: the server's answer does.",
		"delivery-rejected":    "Flush of the SDKs is true after 401, 403, 413 and 500.",
		"delivery-rate-limit":  "After a 429 the SDK drops for a minute what it gives out ids for.",
		"delivery-lost":        "A connection that is refused is silent too.",
		"delivery-background":  "A process that ends before its queue is empty loses the error that ended it.",
		"test-events":          "Test events must not alarm anybody, make issues pile up, or carry a secret to a real server.",
		"delivery-error":       "The last step: the real server takes a real error. Its answer names the cause if it does not.",
		"delivery-transaction": "Transactions have a quota of their own.",
		"delivery-message":     "So that all three kinds of the team's events are known to be taken.",
	}
}
