package doctor

// whyOfApp says in a sentence or two why a check of the application is worth
// making; empty: it is none of them.
func whyOfApp(id string) string {
	return map[string]string{
		"app-init":         "An init that raises leaves the application without the SDK, and a try around it hides that.",
		"app-threads":      "SDKs send from a thread of their own: a server that lets none run sends nothing, and says so in one line at its start.",
		"app-exit":         "What a process held when it was killed is lost, and nobody is told.",
		"app-dsn":          "A DSN in the source, or an empty one, makes every setting from outside useless.",
		"app-answers":      "A server that does not answer proves nothing by what it does not send.",
		"app-flush":        "Event ids are handed out long before anything is sent: a process that ends in between loses its events.",
		"app-celery":       "A worker needs an init of its own, in the right place; without one its failures stand in a log that nobody reads.",
		"app-sends":        "Only what arrives counts: SDKs return ids and flush well for events that nobody gets.",
		"app-processes":    "The web process reports and the job beside it does not: what is missing is not seen among what comes.",
		"app-hooks":        "A hook that returns nothing, or raises, drops every event without a word.",
		"app-sampling":     "A sample rate of 0 drops every error, and only client reports tell.",
		"app-size":         "The largest events are those of the worst failures, and they are refused whole.",
		"app-queue":        "In an outage everything fails at once, and a full queue drops most of it.",
		"app-limits":       "After one 429 an SDK drops everything of that category until the time is over.",
		"app-network":      "SDKs try once: what is lost on the way stays lost.",
		"app-errors":       "A handler that answers 500 by itself takes the error away from the SDK.",
		"app-rates":        "SDKs do not read the variables of sample rates: what init is not given stays at its default.",
		"app-callers":      "The decision of who began a trace is stronger than a process's own rate.",
		"app-traces":       "A rate as a text, or out of range, drops every transaction; a low one only looks like it.",
		"app-profiles":     "A profile hangs on a sampled transaction that takes a while, and on an SDK that makes any.",
		"app-settings":     "bbctl gives the application its DSN; whoever starts it otherwise relies on what loads the .env.",
		"app-environment":  "Events under another environment are not seen under the filter of their own.",
		"app-release":      "Without a release, or under two, a regression cannot be told from an old fault.",
		"app-privacy":      "SDKs remove values by the names of their keys: what stands in a text, or deeper, goes out.",
		"app-integrations": "What the SDK does not watch it does not report, whatever else comes.",
		"app-sdk":          "An SDK of the first generation sends what later ones hold back, and lacks what is set.",
		"app-expectations": "What is filtered in silence leaves no trace: only that it is missed tells of it.",
	}[id]
}
