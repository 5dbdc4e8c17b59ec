package cmd

import (
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/doctor"
	"github.com/bookedbarber/bbctl/internal/report"
	"github.com/bookedbarber/bbctl/internal/verify"
)

// suites are what the documentation and `bbctl explain` know of all suites.
func suites() []report.Suite {
	return []report.Suite{
		{Command: "bbctl test", Groups: verify.Groups(), Checks: docsOf(verify.Checks(), verify.Why)},
		{Command: "bbctl doctor", Groups: doctor.Groups(), Checks: docsOf(doctor.AllChecks(), doctor.Why)},
	}
}

func docsOf[T any](checks []check.Check[T], why func(id string) string) []report.CheckDoc {
	var docs []report.CheckDoc
	for _, c := range checks {
		docs = append(docs, report.CheckDoc{ID: c.ID, Group: c.Group, Title: c.Title, Needs: c.Needs, Why: why(c.ID)})
	}
	return docs
}

// checkDocs are the checks of all suites.
func checkDocs() []report.CheckDoc {
	var docs []report.CheckDoc
	for _, s := range suites() {
		docs = append(docs, s.Checks...)
	}
	return docs
}
