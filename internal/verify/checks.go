package verify

import (
	"time"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/monitoring"
)

// Check is a check of this suite.
type Check = check.Check[*Lab]

// The groups of `bbctl test`.
const (
	groupConfiguration = "configuration"
	groupUser          = "user-context"
	groupBusiness      = "business-context"
	groupCapture       = "error-capture"
	groupPerformance   = "performance"
	groupDatabase      = "database"
	groupCelery        = "celery"
	groupRedis         = "redis"
	groupFiltering     = "event-filtering"
	groupDelivery      = "delivery"
)

// Groups are the groups of the suite, in reading order.
func Groups() []check.Group {
	return []check.Group{
		{ID: groupConfiguration, Title: "Configuration: what was set is what is sent"},
		{ID: groupUser, Title: "User context: who was affected"},
		{ID: groupBusiness, Title: "Business context: which booking, which payment"},
		{ID: groupCapture, Title: "Error capture: errors arrive whole"},
		{ID: groupPerformance, Title: "Performance: transactions and spans"},
		{ID: groupDatabase, Title: "Database: slow and failing queries"},
		{ID: groupCelery, Title: "Celery: tasks and workers"},
		{ID: groupRedis, Title: "Redis: slow and failing operations"},
		{ID: groupFiltering, Title: "Event filtering: no noise, no secrets"},
		{ID: groupDelivery, Title: "Delivery: the fate of an event is known"},
	}
}

// How long a check may take: most talk to loopback alone; those that ask a
// real part or the DSN wait for it.
const (
	short = 10 * time.Second
	long  = 15 * time.Second
)

// Checks is the suite of `bbctl test`, in reading order.
func Checks() []Check {
	return []Check{
		{ID: "config-env-file", Group: groupConfiguration, Title: "the .env file says the same to all its readers", Timeout: short, Run: settled(configFile, config.KeyEnvFile)},
		{ID: "config-dsn", Group: groupConfiguration, Title: "SENTRY_DSN is one that every SDK understands", Timeout: short, Run: settled(configDSN, config.KeyDSN)},
		{ID: "config-environment", Group: groupConfiguration, Title: "events carry the configured environment", Timeout: short, Run: settled(configEnvironment, config.KeyEnvironment)},
		{ID: "config-release", Group: groupConfiguration, Title: "events carry the release", Timeout: short, Run: settled(configRelease, config.KeyRelease)},
		{ID: "config-sample-rate", Group: groupConfiguration, Title: "SENTRY_SAMPLE_RATE is a rate, and is obeyed", Timeout: short, Run: settled(configSampleRate, config.KeySampleRate)},
		{ID: "config-traces-rate", Group: groupConfiguration, Title: "SENTRY_TRACES_SAMPLE_RATE is a rate, and is obeyed", Timeout: short, Run: settled(configTracesRate, config.KeyTracesSampleRate)},
		{ID: "config-profiles-rate", Group: groupConfiguration, Title: "SENTRY_PROFILES_SAMPLE_RATE is a rate, and Go sends no profile", Timeout: short, Run: settled(configProfilesRate, config.KeyProfilesSampleRate)},
		{ID: "config-privacy", Group: groupConfiguration, Title: "SENTRY_SEND_DEFAULT_PII is a boolean, and is obeyed", Timeout: short, Run: settled(configPrivacy, config.KeySendDefaultPII)},
		{ID: "config-debug", Group: groupConfiguration, Title: "SENTRY_DEBUG is a boolean, and explains on the log alone", Timeout: short, Run: settled(configDebug, config.KeyDebug)},
		{ID: "rate-zero", Group: groupConfiguration, Title: "a rate of 0 sends nothing", Timeout: short, Run: play(rateZero, configured(func(c *monitoring.Config) {
			c.SampleRate, c.TracesSampleRate = monitoring.Rate{Set: true}, monitoring.Rate{Set: true}
		}))},
		{ID: "client-off", Group: groupConfiguration, Title: "a client without a DSN is off", Timeout: short, Run: play(clientOff)},

		{ID: "user-fields", Group: groupUser, Title: "id, role, organization and barber of the user arrive", Timeout: short, Run: play(userFields)},
		{ID: "user-email", Group: groupUser, Title: "the e-mail address arrives only where personal data is allowed", Timeout: short, Run: userEmail},
		{ID: "user-isolation", Group: groupUser, Title: "two concurrent requests keep their users apart", Timeout: short, Run: play(userIsolation)},
		{ID: "user-scope", Group: groupUser, Title: "the user is gone when the request is", Timeout: short, Run: play(userScope)},
		{ID: "user-transaction", Group: groupUser, Title: "transactions carry the user too", Timeout: short, Run: play(userOnTransaction)},

		{ID: "business-fields", Group: groupBusiness, Title: "all fields of the business context arrive", Timeout: short, Run: play(businessFields)},
		{ID: "business-area", Group: groupBusiness, Title: "errors carry the tag of their business area", Timeout: short, Run: play(businessArea)},
		{ID: "business-nested", Group: groupBusiness, Title: "a step adds to the context of its operation", Timeout: short, Run: play(businessNested)},
		{ID: "business-breadcrumb", Group: groupBusiness, Title: "business breadcrumbs arrive with their fields", Timeout: short, Run: play(businessBreadcrumb)},
		{ID: "performance-breadcrumb", Group: groupBusiness, Title: "performance breadcrumbs arrive with their figures", Timeout: short, Run: play(performanceBreadcrumb)},
		{ID: "breadcrumb-order", Group: groupBusiness, Title: "the last 100 breadcrumbs arrive, oldest first", Timeout: short, Run: play(breadcrumbOrder)},

		{ID: "booking-error", Group: groupCapture, Title: "a booking error arrives with its details", Timeout: short, Run: play(bookingError)},
		{ID: "payment-error", Group: groupCapture, Title: "a payment error arrives with its details", Timeout: short, Run: play(paymentError)},
		{ID: "integration-error", Group: groupCapture, Title: "an integration error arrives with its details", Timeout: short, Run: play(integrationError)},
		{ID: "error-chain", Group: groupCapture, Title: "a wrapped error keeps its chain", Timeout: short, Run: play(errorChain)},
		{ID: "error-stack", Group: groupCapture, Title: "the stack names the function that captured", Timeout: short, Run: play(errorStack)},
		{ID: "error-grouping", Group: groupCapture, Title: "the same failure of two bookings is one issue", Timeout: short, Run: play(errorGrouping)},
		{ID: "error-unencodable", Group: groupCapture, Title: "a value that JSON cannot say costs no context", Timeout: short, Run: play(errorUnencodable)},
		{ID: "error-large", Group: groupCapture, Title: "an event over Sentry's limit is cut until it fits", Timeout: short, Run: play(errorLarge)},
		{ID: "message-level", Group: groupCapture, Title: "a message arrives with its level", Timeout: short, Run: play(messageLevel)},
		{ID: "panic-in-handler", Group: groupCapture, Title: "a panic in a handler arrives once, and the process lives", Timeout: short, Run: play(panicInHandler)},

		{ID: "transaction-arrives", Group: groupPerformance, Title: "a transaction arrives with name, operation and times", Timeout: short, Run: play(transactionArrives)},
		{ID: "span-tree", Group: groupPerformance, Title: "nested spans name their parents", Timeout: short, Run: play(spanTree)},
		{ID: "transaction-status", Group: groupPerformance, Title: "a failing request marks its transaction and shares its trace", Timeout: short, Run: play(transactionStatus)},
		{ID: "sample-share", Group: groupPerformance, Title: "at rate 0.25 a quarter of the transactions is kept", Timeout: short, Run: play(sampleShare, configured(func(c *monitoring.Config) {
			c.TracesSampleRate = monitoring.Rate{Value: sampleRate, Set: true}
		}))},
		{ID: "trace-continued", Group: groupPerformance, Title: "an incoming trace is continued", Timeout: short, Run: play(traceContinued)},
		{ID: "trace-decision", Group: groupPerformance, Title: "the caller's sampling decision is honoured", Timeout: short, Run: traceDecision},

		{ID: "database-connection", Group: groupDatabase, Title: "the database answers a query", Timeout: long, Run: databaseConnection},
		{ID: "query-fast", Group: groupDatabase, Title: "a fast query makes no event", Needs: []string{"database-connection"}, Timeout: long, Run: query(queryFast, paced(never))},
		{ID: "query-slow-warning", Group: groupDatabase, Title: "a query over the first threshold is a warning", Needs: []string{"database-connection"}, Timeout: long, Run: query(querySlow("warning"), paced(warnOnly))},
		{ID: "query-slow-error", Group: groupDatabase, Title: "a query over the second threshold is an error", Needs: []string{"database-connection"}, Timeout: long, Run: query(querySlow("error"), paced(always))},
		{ID: "query-failure", Group: groupDatabase, Title: "a failing query is an error with its table", Needs: []string{"database-connection"}, Timeout: long, Run: query(queryFailure, paced(never))},
		{ID: "query-values", Group: groupDatabase, Title: "statements arrive with placeholders, never with values", Needs: []string{"database-connection"}, Timeout: long, Run: query(queryValues, paced(warnOnly))},

		{ID: "celery-broker", Group: groupCelery, Title: "the broker of CELERY_BROKER_URL takes a control command", Timeout: long, Run: broker(celeryBroker, false)},
		{ID: "celery-workers", Group: groupCelery, Title: "a Celery worker answers", Needs: []string{"celery-broker"}, Timeout: long, Run: broker(celeryWorkers, true)},
		{ID: "task-success", Group: groupCelery, Title: "a task that succeeds in time makes no event", Timeout: short, Run: play(taskSuccess, paced(never))},
		{ID: "task-failure", Group: groupCelery, Title: "a task that fails for good is an error", Timeout: short, Run: play(taskFailure, paced(never))},
		{ID: "task-retry", Group: groupCelery, Title: "a task that is tried again is no error yet", Timeout: short, Run: play(taskRetry, paced(never))},
		{ID: "task-slow", Group: groupCelery, Title: "a task over the first threshold is a warning", Timeout: short, Run: play(taskSlow, paced(warnOnly))},
		{ID: "task-panic", Group: groupCelery, Title: "a task that panics is an event", Timeout: short, Run: play(taskPanic, paced(never))},

		{ID: "redis-connection", Group: groupRedis, Title: "Redis takes a key and gives it back", Timeout: long, Run: redisConnection},
		{ID: "redis-fast", Group: groupRedis, Title: "fast operations make no event", Needs: []string{"redis-connection"}, Timeout: long, Run: command(redisFast, paced(never))},
		{ID: "redis-slow", Group: groupRedis, Title: "an operation over the threshold is a warning, without its value", Needs: []string{"redis-connection"}, Timeout: long, Run: command(redisSlow, paced(warnOnly))},
		{ID: "redis-lost", Group: groupRedis, Title: "a lost connection is an error", Timeout: long, Run: play(redisLost, paced(never))},
		{ID: "redis-clean", Group: groupRedis, Title: "no key of the test is left behind", Needs: []string{"redis-connection"}, Timeout: long, Run: command(redisClean, paced(never))},

		{ID: "filter-cancelled", Group: groupFiltering, Title: "cancelled contexts are dropped, exceeded deadlines are not", Timeout: short, Run: play(filterCancelled)},
		{ID: "filter-disconnect", Group: groupFiltering, Title: "clients that hang up are dropped, refused connections are not", Timeout: short, Run: play(filterDisconnect)},
		{ID: "filter-shutdown", Group: groupFiltering, Title: "the end of a server is dropped in development alone", Timeout: short, Run: filterShutdown},
		{ID: "filter-paths", Group: groupFiltering, Title: "health checks are dropped, paths much like them are not", Timeout: short, Run: play(filterPaths)},
		{ID: "filter-test-traffic", Group: groupFiltering, Title: "test traffic is dropped, browsers are not", Timeout: short, Run: play(filterTestTraffic)},
		{ID: "filter-counted", Group: groupFiltering, Title: "every drop is counted by its reason", Timeout: short, Run: play(filterCounted)},
		{ID: "secrets-scrubbed", Group: groupFiltering, Title: "forty planted secrets of ten kinds do not leave the process", Timeout: short, Run: play(secretsScrubbed)},
		{ID: "lookalikes-kept", Group: groupFiltering, Title: "harmless look-alikes of secrets arrive unharmed", Timeout: short, Run: play(lookalikesKept)},

		{ID: "delivery-receipts", Group: groupDelivery, Title: "every envelope has a receipt with the server's answer", Timeout: short, Run: receipts},
		{ID: "delivery-rejected", Group: groupDelivery, Title: "a refusal by the server is reported as such", Timeout: short, Run: rejections},
		{ID: "delivery-rate-limit", Group: groupDelivery, Title: "what a rate limit holds back is counted", Timeout: short, Run: rateLimited},
		{ID: "delivery-lost", Group: groupDelivery, Title: "a lost connection is in the account", Timeout: short, Run: play(connectionLost)},
		{ID: "delivery-background", Group: groupDelivery, Title: "Flush waits for what is under way", Timeout: short, Run: background},
		{ID: "test-events", Group: groupDelivery, Title: "test events are marked as such and carry no secret", Needs: []string{"secrets-scrubbed"}, Timeout: short, Run: testEvents},
		{ID: "delivery-error", Group: groupDelivery, Title: "the DSN accepts an error", Needs: []string{"config-dsn", "test-events"}, Timeout: long, Run: deliver(kindError)},
		{ID: "delivery-transaction", Group: groupDelivery, Title: "the DSN accepts a transaction", Needs: []string{"delivery-error"}, Timeout: long, Run: deliver(kindTransaction)},
		{ID: "delivery-message", Group: groupDelivery, Title: "the DSN accepts a message", Needs: []string{"delivery-error"}, Timeout: long, Run: deliver(kindMessage)},
	}
}
