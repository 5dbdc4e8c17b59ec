package verify

import (
	"context"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
)

// appPlay is how a check of the suite is made of an application.
type appPlay struct {
	title string // empty: the suite's own
	needs []string
	run   func(context.Context, *Lab) check.Result
}

// appPlays are the checks that say something about an application. All need
// that it starts, and those of tracing that it traces.
func appPlays() map[string]appPlay {
	starts := []string{configDSNCheck}
	traces := []string{"transaction-arrives"}
	both := []string{"config-sample-rate", "config-traces-rate"}
	of := func(needs []string, body func(*trial)) appPlay { return appPlay{needs: needs, run: tried(body)} }
	on := func(needs []string, title string, body func(*trial)) appPlay {
		return appPlay{title: title, needs: needs, run: tried(body)}
	}
	return map[string]appPlay{
		"config-env-file":      {run: appEnvFile},
		configDSNCheck:         {title: "the application starts, and sends to the DSN that it is given", run: appStarts},
		"config-environment":   of(starts, appEnvironment),
		"config-release":       of(starts, appRelease),
		"config-sample-rate":   of(starts, appSampleRate),
		"config-traces-rate":   of(starts, appTracesRate),
		"config-profiles-rate": on([]string{"config-traces-rate"}, "SENTRY_PROFILES_SAMPLE_RATE is a rate, and is obeyed", appProfilesRate),
		"config-privacy":       of(starts, appPrivacy),
		"config-debug":         on(starts, "SENTRY_DEBUG is a boolean, and is obeyed", appDebug),
		"rate-zero":            of(both, appRateZero),
		"client-off":           on(starts, "without a DSN the application starts, and sends nothing", appOff),

		"user-fields":      of(starts, appUserFields),
		"user-email":       of(starts, appUserEmail),
		"user-isolation":   of(starts, appUserIsolation),
		"user-scope":       of(starts, appUserScope),
		"user-transaction": of([]string{"config-traces-rate"}, appUserTransaction),

		"business-fields":        of(starts, appBusinessFields),
		"business-area":          of(starts, appBusinessArea),
		"business-nested":        of([]string{"business-fields"}, appBusinessNested),
		"business-breadcrumb":    of(starts, appBusinessBreadcrumb),
		"performance-breadcrumb": of(starts, appPerformanceBreadcrumb),
		"breadcrumb-order":       on([]string{"business-breadcrumb"}, "the last breadcrumbs arrive, oldest first", appBreadcrumbOrder),

		"booking-error":     of(starts, appBookingError),
		"payment-error":     of(starts, appPaymentError),
		"integration-error": of(starts, appIntegrationError),
		"error-chain":       of(starts, appErrorChain),
		"error-stack":       on(starts, "the stack names the function that raised", appErrorStack),
		"error-grouping":    of([]string{"booking-error"}, appErrorGrouping),
		"error-unencodable": of([]string{"business-fields"}, appErrorUnencodable),
		"error-large":       of(starts, appErrorLarge),
		"message-level":     of(starts, appMessageLevel),
		"panic-in-handler":  on(starts, "an exception in a handler arrives once, and the process lives", appExceptionInHandler),

		"transaction-arrives": of([]string{"config-traces-rate"}, appTransactionArrives),
		"span-tree":           of(traces, appSpanTree),
		"transaction-status":  of(traces, appTransactionStatus),
		"sample-share":        of(traces, appSampleShare),
		"trace-continued":     of(traces, appTraceContinued),
		"trace-decision":      of([]string{"transaction-arrives", "rate-zero"}, appTraceDecision),

		"database-connection": of(starts, appDatabase),
		"query-fast":          of([]string{"database-connection"}, appQueryFast),
		"query-slow-warning":  of([]string{"database-connection"}, appQuerySlow("warning", 1.1)),
		"query-slow-error":    of([]string{"database-connection"}, appQuerySlow("error", 5.1)),
		"query-failure":       of([]string{"database-connection"}, appQueryFailure),
		"query-values":        of([]string{"database-connection"}, appQueryValues),

		"celery-broker":  {run: broker(celeryBroker, false)},
		"celery-workers": {needs: []string{"celery-broker"}, run: broker(celeryWorkers, true)},
		"task-success":   of(starts, appTaskSuccess),
		"task-failure":   of(starts, appTaskFailure),
		"task-retry":     of([]string{"task-success"}, appTaskRetry),
		"task-slow":      on(starts, "a slow task leaves its name and duration", appTaskSlow),

		"redis-connection": {run: appRedis},
		"redis-fast":       of(starts, appRedisFast),
		"redis-slow":       on(starts, "a slow operation leaves its name and duration", appRedisSlow),
		"redis-lost":       of(starts, appRedisLost),

		"filter-cancelled":  on(starts, "exceeded deadlines are not dropped", appFilterCancelled),
		"filter-disconnect": on(starts, "refused connections are not dropped", appFilterDisconnect),
		"filter-paths":      of(traces, appFilterPaths),
		"secrets-scrubbed":  of(starts, appSecrets),
		"lookalikes-kept":   of(starts, appLookalikes),

		"delivery-background":  on(starts, "what is captured last arrives although nobody flushes", appBackground),
		"test-events":          {needs: []string{"secrets-scrubbed"}, run: testEvents},
		"delivery-error":       {needs: []string{configDSNCheck, "test-events"}, run: appDeliver(kindError)},
		"delivery-transaction": {needs: []string{"delivery-error"}, run: appDeliver(kindTransaction)},
		"delivery-message":     {needs: []string{"delivery-error"}, run: appDeliver(kindMessage)},
	}
}

// appEnvFile is what the loader says of the .env file: the application reads
// it by itself.
func appEnvFile(_ context.Context, l *Lab) check.Result {
	if problems := l.problems(config.KeyEnvFile); len(problems) > 0 {
		return judged(problems)
	}
	path, found := l.o.Config.EnvFile()
	if !found {
		return check.Skipped("there is no .env file")
	}
	return check.Passed("%s is read alike by all readers where it matters", path)
}

// appRedis asks the real Redis where one is set. No stand-in says anything
// about an application.
func appRedis(ctx context.Context, l *Lab) check.Result {
	if _, ok := l.set(config.KeyRedisURL); !ok {
		return check.Skipped("REDIS_URL is set nowhere")
	}
	return redisConnection(ctx, l)
}

// appDeliver sends a test event to the configured DSN, where it can be used.
func appDeliver(kind string) func(context.Context, *Lab) check.Result {
	return func(ctx context.Context, l *Lab) check.Result {
		if l.dsn == nil && !l.o.Local && l.o.Config.DSNState() != config.DSNAbsent {
			problems := l.problems(config.KeyDSN)
			switch {
			case len(problems) > 0 && problems[0].Cause == cause.DSNMissing:
				return check.Skipped("%s", problems[0].Evidence)
			case len(problems) > 0:
				return judged(problems)
			}
			return check.Skipped("SENTRY_DSN cannot be used")
		}
		return deliver(kind)(ctx, l)
	}
}
