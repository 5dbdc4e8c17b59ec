package doctor

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/observe"
)

// sdk finds one of the first generation.
func (a application) sdk() check.Result {
	var names []string
	for _, p := range a.seen.Processes {
		for _, c := range clientsOf(p) {
			names = append(names, strings.TrimSpace(c.name+" "+c.version))
			if c.language == python && c.before(2, 0) {
				text := fmt.Sprintf("%s sends with %s %s", nameOf(p), c.name, c.version)
				if p.Seen.StoreRequests > 0 {
					text += fmt.Sprintf(", %s of it to /store/", numbered(p.Seen.StoreRequests, "request"))
				}
				return check.Warned(cause.AppSDKOld, "pip install --upgrade 'sentry-sdk>=2'", "%s", text)
			}
		}
		if p.Seen.StoreRequests > 0 {
			return check.Warned(cause.AppSDKOld, inWords(p, "pip install --upgrade 'sentry-sdk>=2'", "go get github.com/getsentry/sentry-go@latest", "npm install @sentry/node@latest"),
				"%s of %s to /store/, which SDKs of today do not use", numbered(p.Seen.StoreRequests, "request"), nameOf(p))
		}
	}
	slices.Sort(names)
	return check.Passed("%s", strings.Join(slices.Compact(names), ", "))
}

// integrations compares those that events name with the libraries that are
// seen in use.
func (a application) integrations() check.Result {
	return a.unlessSilent("app-integrations", func() check.Result {
		for _, p := range a.seen.Processes {
			if missing, use := a.missing(p); missing != "" {
				return check.Warned(cause.AppIntegrationMissing, fixOfMissing(missing), "%s; the events of %s name %s", use, nameOf(p), cmp.Or(tally(p.Seen.Integrations), "none"))
			}
		}
		return check.Passed("%s", a.saying(func(s observe.Seen) map[string]int { return s.Integrations }))
	})
}

func fixOfMissing(missing string) string {
	switch missing {
	case "default":
		return "remove default_integrations=False from init"
	case "fastapi":
		return "remove auto_enabling_integrations=False from init, or list StarletteIntegration() and FastApiIntegration()"
	}
	return "remove auto_enabling_integrations=False from init, or list that integration as well"
}

// missing is an integration that the events of a process do not name, and how
// it is seen that what it watches is in use.
func (a application) missing(p observe.Process) (name, use string) {
	if languageOf(p) != python || len(p.Seen.SDKs) == 0 {
		return "", "" // what no event says is not known
	}
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return p.Seen.Integrations[name] > 0 })
	}
	lines := slices.Concat(p.Tracebacks, p.Stdout, p.Stderr)
	database, _ := a.settings.Lookup(config.KeyDatabaseURL)
	scheme, _, _ := strings.Cut(database, "://")
	switch {
	case !has("excepthook", "logging", "dedupe", "stdlib"):
		return "default", "none of the SDK's default integrations is on"
	case has("fastapi") && !has("starlette"):
		return "fastapi", "FastApiIntegration reports nothing without StarletteIntegration"
	case works(p) && !has("celery"):
		return "celery", nameOf(p) + " is a worker of Celery"
	case serves(p) && !has(webIntegrations()...):
		return "fastapi", nameOf(p) + " answers requests"
	case !has("sqlalchemy") && last(lines, "sqlalchemy.", "sqlalche.me") != "":
		return "sqlalchemy", fmt.Sprintf("SQLAlchemy is in use, as %q tells", strings.TrimSpace(last(lines, "sqlalchemy.", "sqlalche.me")))
	case !has("sqlalchemy") && has("starlette", "celery") && strings.Contains(scheme, "+"):
		return "sqlalchemy", fmt.Sprintf("SQLAlchemy is in use, as the form of DATABASE_URL tells (%s)", scheme)
	case !has("redis") && last(lines, "redis.exceptions.") != "":
		return "redis", fmt.Sprintf("redis-py is in use, as %q tells", strings.TrimSpace(last(lines, "redis.exceptions.")))
	}
	return "", ""
}

// webIntegrations are those of frameworks: one of them sees each request.
func webIntegrations() []string {
	return []string{
		"starlette", "fastapi", "django", "flask", "quart", "litestar", "starlite", "aiohttp",
		"tornado", "sanic", "falcon", "bottle", "pyramid", "strawberry", "ariadne", "chalice", "aws_lambda", "gcp", "serverless",
	}
}

// serves says whether a process is a server for one of these frameworks: by
// its program, its log, or the errors that it logs.
func serves(p observe.Process) bool {
	if works(p) {
		return false
	}
	if last(slices.Concat(p.Stdout, p.Stderr), "Uvicorn running on ", "[INFO] Listening at: ") != "" {
		return true
	}
	return p.Program == "uvicorn" || slices.ContainsFunc(p.Seen.Exceptions, func(e observe.Exception) bool { return e.Logger == "uvicorn.error" })
}

// withoutDefaults finds, where nothing came at all, that the integration which
// reports uncaught errors is off.
func (a application) withoutDefaults() check.Result {
	for _, p := range a.closer() {
		line := last(p.Debug.Lines, "Setting up integrations (with default = False)")
		if line != "" && len(p.Tracebacks) > 0 {
			return check.Failed(cause.AppIntegrationMissing, fixOfMissing("default"), "the SDK's log of %s says %q, and nothing was sent of %q", nameOf(p), line, p.Tracebacks[len(p.Tracebacks)-1])
		}
	}
	return check.Passed("")
}

// expectations fails where something that was stated did not arrive.
func (a application) expectations() check.Result {
	var unmet, met []string
	for _, e := range a.seen.Expected {
		text := fmt.Sprintf("%q: %d came", e.Text, e.Seen)
		switch {
		case e.Met():
			met = append(met, text)
		case e.None:
			unmet = append(unmet, text+", expected none")
		default:
			unmet = append(unmet, fmt.Sprintf("%s, expected %d", text, e.Want))
		}
	}
	if len(unmet) == 0 {
		return check.Passed("%s", strings.Join(atMost(met), ", "))
	}
	return check.Failed(cause.AppExpectationUnmet, "let the application send what is expected, or state what it does send", "%s; %s", strings.Join(atMost(unmet), ", "), a.receivedOfAll())
}
