package verify

import (
	"context"
	"slices"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
)

// The checks that the others stand on.
const (
	sampleRateCheck = "config-sample-rate"
	tracesRateCheck = "config-traces-rate"
)

// serviceTimeout bounds a check of a service: the tests of a project run side by
// side, on machines that are busy with them.
const serviceTimeout = 30 * time.Second

// ServiceChecks is the suite for a Go service: the ids and groups of Checks, in
// their order. What is not listed in servicePlays acts as in Checks, on the
// service's client.
func ServiceChecks() []Check {
	plays := servicePlays()
	suite := Checks()
	for i, c := range suite {
		suite[i].Needs, suite[i].Timeout = serviceNeeds(c), serviceTimeout
		p := plays[c.ID]
		if p.title != "" {
			suite[i].Title = p.title
		}
		if p.run != nil {
			suite[i].Run = p.run
		}
	}
	return suite
}

// serviceNeeds are what a check needs of a service: that its client sends to
// the receiver, and its errors as well.
func serviceNeeds(c Check) []string {
	switch c.ID {
	case "config-env-file", configDSNCheck, "celery-broker":
		return nil
	case "celery-workers":
		return c.Needs
	}
	needs := []string{configDSNCheck}
	switch c.ID {
	case "config-environment", "config-release", sampleRateCheck, tracesRateCheck, "config-profiles-rate", "config-debug", "client-off",
		"user-transaction", "transaction-arrives", "span-tree", "trace-continued", "trace-decision":
	case "sample-share":
		needs = append(needs, tracesRateCheck)
	default:
		needs = append(needs, sampleRateCheck)
	}
	for _, need := range c.Needs {
		if !slices.Contains(needs, need) {
			needs = append(needs, need)
		}
	}
	return needs
}

// servicePlay is how a check of the suite is made of a service. What is empty
// is the suite's own.
type servicePlay struct {
	title string
	run   func(context.Context, *Lab) check.Result
}

func servicePlays() map[string]servicePlay {
	judge := func(body func(context.Context, *trial, *service)) servicePlay { return servicePlay{run: posed(body)} }
	act := func(body scenario) servicePlay { return servicePlay{run: play(body)} }
	transported := func(run func(context.Context, *Lab) check.Result) servicePlay {
		return servicePlay{run: whole(recharged(run, cause.LibraryBroken, cause.AppNetworkError, fixTransport))}
	}
	elsewhere := servicePlay{run: libraryOfItsOwn("nothing is sent to a DSN from a test: bbctl test sends three test events")}
	return map[string]servicePlay{
		"config-env-file":      {run: libraryOfItsOwn("no .env file is read here: bbctl test judges it")},
		configDSNCheck:         {title: "the service makes a client for the DSN that it is given", run: serviceStarts},
		"config-environment":   judge(serviceEnvironment),
		"config-release":       judge(serviceRelease),
		sampleRateCheck:        {title: "all errors and messages are sent", run: posed(serviceSampleRate)},
		tracesRateCheck:        {title: "transactions that begin in the service are sampled", run: posed(serviceTracesRate)},
		"config-profiles-rate": act(serviceProfiles),
		"config-privacy":       judge(servicePrivacy),
		"config-debug":         {run: libraryOfItsOwn("the service's logger is its own")},
		"rate-zero":            judge(serviceRateZero),
		"client-off":           {title: "without a DSN the client is off", run: posed(serviceOff)},
		"user-email":           judge(serviceEmail),

		"sample-share":   {title: "transactions are sampled at the rate that is configured", run: posed(serviceShare)},
		"trace-decision": act(serviceDecision),

		"task-slow":        {run: serviceSlowTask},
		"redis-connection": {title: "Redis answers", run: serviceRedis},
		"redis-clean":      {run: serviceRedisClean},

		"filter-shutdown":  act(serviceShutdownNoise),
		"secrets-scrubbed": {run: recharged(play(secretsScrubbed), cause.AppContextMissing, cause.AppPII, "leave monitoring.WithScrubber out, or hand it what scrub.New returned")},

		"delivery-receipts":    {title: "the client's account says what was delivered", run: play(serviceAccount)},
		"delivery-rejected":    transported(rejections),
		"delivery-rate-limit":  transported(rateLimited),
		"delivery-lost":        transported(play(connectionLost)),
		"delivery-background":  {title: "what is captured last arrives before the service ends", run: serviceEnd},
		"test-events":          transported(testEvents),
		"delivery-error":       elsewhere,
		"delivery-transaction": elsewhere,
		"delivery-message":     elsewhere,
	}
}
