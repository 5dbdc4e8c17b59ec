package doctor

import (
	"context"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
)

// findProblems are those of the loader, and those that are none to a suite
// that can do without a DSN: a doctor is called where events are missing.
func (p *Patient) findProblems() []config.Problem {
	var own []config.Problem
	if problem, ok := p.fileMissing(); ok {
		own = append(own, problem)
	}
	if problem, ok := p.dsnMissing(); ok {
		own = append(own, problem)
	}
	return append(own, p.o.Config.Problems()...)
}

// fileMissing: without a .env file all must come from the process environment.
func (p *Patient) fileMissing() (config.Problem, bool) {
	cfg := p.o.Config
	if _, there := cfg.EnvFile(); there {
		return config.Problem{}, false
	}
	for _, key := range []string{config.KeyDSN, config.KeyEnvironment} {
		if value, ok := cfg.Lookup(key); !ok || value == "" {
			return config.Problem{
				Cause: cause.EnvFileMissing, Severity: cause.Warn, Key: config.KeyEnvFile,
				Evidence: "no .env file was found from here up to the repository's root, and the process environment has no " + key,
				Fix:      "bbctl setup (or --env-file FILE, where it has another name)",
			}, true
		}
	}
	return config.Problem{}, false
}

// dsnMissing is the DSN that nobody has asked for.
func (p *Patient) dsnMissing() (config.Problem, bool) {
	if p.o.Config.DSNState() != config.DSNAbsent {
		return config.Problem{}, false
	}
	fix := "bbctl setup, or where the process is started: export SENTRY_DSN=https://KEY@HOST/PROJECT, from Project Settings > Client Keys (DSN)"
	return config.Problem{
		Cause: cause.DSNMissing, Severity: cause.Fail, Key: config.KeyDSN, Fix: fix,
		Evidence: "SENTRY_DSN is set nowhere: not in the process environment" + p.orInFile(),
	}, true
}

func (p *Patient) orInFile() string {
	if file := p.file(); file != "" {
		return ", not in " + file
	}
	return ", and there is no .env file"
}

// found is a check that passes where the loader has found none of the causes.
func found(id, group, title string, causes ...cause.ID) Check {
	return Check{ID: id, Group: group, Title: title, Run: func(_ context.Context, p *Patient) check.Result {
		if group == groupFile && p.file() == "" && !slices.Contains(causes, cause.EnvFileMissing) {
			return check.Skipped("there is no .env file")
		}
		return p.judge(id, func(problem config.Problem) bool { return slices.Contains(causes, problem.Cause) })
	}}
}

// needing is a check that says nothing where another one does not pass.
func needing(need string, c Check) Check {
	c.Needs = append(c.Needs, need)
	return c
}

// foundFor is one that passes where the loader has found nothing wrong with
// the value of a variable. What other checks find of it is left to them.
func foundFor(key, id, title string) Check {
	return Check{ID: id, Group: groupSettings, Title: title, Run: func(_ context.Context, p *Patient) check.Result {
		return p.judge(id, func(problem config.Problem) bool {
			return problem.Key == key && !slices.Contains(elsewhere(), problem.Cause)
		})
	}}
}

// elsewhere are the causes that have a check for all variables together.
func elsewhere() []cause.ID {
	return []cause.ID{cause.EnvNameMisspelt, cause.EnvShellEmptyShadows, cause.EnvShellShadows, cause.ValueUnexpanded}
}

// judge makes a result of the problems that belong to a check: of the gravest,
// with the evidence of others of the same cause behind it.
func (p *Patient) judge(id string, mine func(config.Problem) bool) check.Result {
	var all []config.Problem
	for _, problem := range p.problems() {
		if mine(problem) {
			all = append(all, problem)
		}
	}
	if len(all) == 0 {
		return check.Passed("%s", p.saw(id))
	}
	slices.SortStableFunc(all, func(a, b config.Problem) int { return grave(a) - grave(b) })
	first := all[0]
	if root := checkOf(first.Follows); root != "" && root != id {
		if p.runs(root) {
			return check.BlockedBy(root, "follows from %s: %s", root, first.Evidence)
		}
		first = p.rootOf(first) // nobody else would tell it
	}
	evidence := []string{first.Evidence}
	for _, other := range all[1:] {
		evidence = append(evidence, other.Evidence)
	}
	result := check.Warned(first.Cause, first.Fix, "%s", strings.Join(evidence, "; also "))
	if first.Severity == cause.Fail {
		result.Outcome = check.Fail
	}
	return result
}

// rootOf is the problem that another one follows from.
func (p *Patient) rootOf(follower config.Problem) config.Problem {
	for _, problem := range p.problems() {
		if problem.Cause == follower.Follows {
			return problem
		}
	}
	return follower
}

func grave(problem config.Problem) int {
	if problem.Severity == cause.Fail {
		return 0
	}
	return 1
}

// checkOf is the check that names a cause which others follow from.
func checkOf(id cause.ID) string {
	switch id {
	case cause.EnvFileUnreadable:
		return "env-file"
	case cause.EnvFileBOM:
		return "env-start"
	case cause.EnvFileSyntax:
		return "env-syntax"
	case cause.EnvReaderDivergence:
		return "env-readers"
	case cause.EnvNameMisspelt:
		return "setting-names"
	case cause.EnvShellEmptyShadows:
		return "setting-emptied"
	}
	return ""
}
