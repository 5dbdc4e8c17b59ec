package doctor

import (
	"context"
	"slices"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/observe"
)

// groupApp holds the checks of what the application sent.
const groupApp = "application"

// application is what the judgements work on: what was seen while the
// application ran, and the settings that it was given.
type application struct {
	seen     observe.Evidence
	settings *config.Config
}

// judgement is one check of the application, before it is bound to a suite.
type judgement struct {
	id, title string
	needs     []string
	judge     func(application) check.Result
}

// appChecks are the checks of what an application sent while it was run
// against the receiver.
func appChecks() []Check {
	var suite []Check
	for _, j := range judgements() {
		suite = append(suite, Check{ID: j.id, Group: groupApp, Title: j.title, Needs: j.needs, Run: func(ctx context.Context, p *Patient) check.Result {
			seen, err := evidenceOf(ctx, p)
			if err != nil {
				return check.BrokenBy(err)
			}
			return j.run(ctx, application{seen, p.o.Config})
		}})
	}
	return suite
}

func (j judgement) run(_ context.Context, a application) check.Result { return j.judge(a) }

// judgements are in reading order: whether the processes ran, whether anything
// came, what was dropped on the way, and what is wrong with what came.
func judgements() []judgement {
	return slices.Concat(ranWell(), came(), kept(), traced(), content(), []judgement{
		{"app-expectations", "what is expected arrives", []string{
			"app-sends", "app-hooks", "app-sampling", "app-size", "app-queue", "app-limits", "app-network", "app-celery",
		}, application.expectations},
	})
}

// ranWell are the judgements that know what silence means: where nothing came,
// one of them, or of those in came, tells why, and the others follow from it.
func ranWell() []judgement {
	return []judgement{
		{"app-init", "the SDK takes the options that init gives it", nil, application.initialises},
		{"app-threads", "the server lets the SDK's thread run", nil, application.threads},
		{"app-exit", "every command runs until it is done or stopped", nil, application.exits},
		{"app-dsn", "the application sends where SENTRY_DSN says", nil, application.destination},
		{"app-answers", "every URL is answered", nil, application.answers},
		{"app-flush", "no event is lost at the end of a process", nil, application.flushes},
	}
}

func came() []judgement {
	return []judgement{
		{"app-celery", "no task fails in silence", nil, application.celery},
		{"app-sends", "what the application sends arrives", nil, application.sends},
		{"app-processes", "no process fails in silence while others report", []string{"app-sends"}, application.processes},
	}
}

// kept are the judgements of what was made and dropped. Those without needs
// know what silence means.
func kept() []judgement {
	sends := []string{"app-sends"}
	return []judgement{
		{"app-hooks", "before_send and its like keep what they should", nil, application.hooks},
		{"app-sampling", "errors are not sampled away", sends, application.sampling},
		{"app-size", "nothing is over Sentry's limits of size", sends, application.size},
		{"app-queue", "the SDK holds what is made at once", sends, application.queue},
		{"app-limits", "nothing is held back because of a rate limit", sends, application.limits},
		{"app-network", "nothing is lost on the way", nil, application.network},
		{"app-errors", "no failure goes without an error event", nil, application.errors},
	}
}

// traced are the judgements of transactions and profiles.
func traced() []judgement {
	return []judgement{
		{"app-rates", "the sample rates are the ones that are set", []string{"app-sends", "app-sampling"}, application.rates},
		{"app-callers", "no caller switches the tracing off", []string{"app-sends"}, application.callers},
		{"app-traces", "transactions come as the rate lets expect", []string{"app-sends", "app-hooks", "app-rates", "app-network"}, application.traces},
		{"app-profiles", "profiles come as the rate lets expect", []string{"app-sends", "app-hooks", "app-rates", "app-network"}, application.profiles},
	}
}

// content are the judgements of what came.
func content() []judgement {
	sends := []string{"app-sends"}
	return []judgement{
		{"app-settings", "what the .env says reaches the application", sends, application.loaded},
		{"app-environment", "events carry the environment that is set", []string{"app-sends", "app-settings"}, application.environment},
		{"app-release", "events carry the release that is set", []string{"app-sends", "app-settings"}, application.release},
		{"app-privacy", "nothing personal or secret goes over the wire", sends, application.privacy},
		{"app-integrations", "the SDK watches the libraries that are in use", nil, application.integrations},
		{"app-sdk", "the SDK is none of old", sends, application.sdk},
	}
}
