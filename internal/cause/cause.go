// Package cause is the catalogue of reasons why events go missing or arrive
// wrong: what each means, how it shows, how to find it by hand, and the fix.
package cause

import (
	"slices"

	"github.com/bookedbarber/bbctl/internal/nearest"
)

// ID names a cause. It is an anchor of docs/causes.md and an argument of
// `bbctl explain`.
type ID string

// Doc is where the cause is documented, relative to the repository's root.
func (id ID) Doc() string { return "docs/causes.md#" + string(id) }

// Stage is where a cause can be found.
type Stage string

// The stages, in the order in which they are gone through.
const (
	StageEnvironment Stage = "environment" // settings and files, without a network
	StageProbe       Stage = "probe"       // the ingest, asked from here
	StageApp         Stage = "app"         // the application, run against the receiver
	StageAPI         Stage = "api"         // the web API
	StageServices    Stage = "services"    // database, Redis, Celery
	StageSuite       Stage = "suite"       // bbctl itself
)

// Severity says whether a cause loses events or only deserves to be known.
type Severity string

// The severities.
const (
	Fail Severity = "fail"
	Warn Severity = "warn"
)

// Cause is one entry of the catalogue.
type Cause struct {
	ID        ID
	Stage     Stage
	Severity  Severity
	Catalogue []string // codes of the research that it goes back to
	Title     string   // what is wrong, in a sentence
	Why       string   // what it means
	Shows     string   // how it shows
	Find      string   // how to find it by hand
	Fix       string   // the one action that helps
	Sources   []string // public threads and documents
}

// catalogue returns the lists of the stages, in their order. They are made
// when asked for, so that nobody can change what another reads.
func catalogue() []func() []Cause {
	return []func() []Cause{environment, probe, app, api, services, suite}
}

// All returns the catalogue in its order. The slice is the caller's own.
func All() []Cause {
	var all []Cause
	for _, list := range catalogue() {
		all = append(all, list()...)
	}
	return all
}

// Get returns the cause with an id.
func Get(id ID) (Cause, bool) {
	for _, list := range catalogue() {
		causes := list()
		if i := slices.IndexFunc(causes, func(c Cause) bool { return c.ID == id }); i >= 0 {
			return causes[i], true
		}
	}
	return Cause{}, false
}

// Nearest returns up to three ids that are spelt much like a text, the
// nearest first.
func Nearest(text string) []ID {
	var known []string
	for _, c := range All() {
		known = append(known, string(c.ID))
	}
	var near []ID
	for _, id := range nearest.To(text, known) {
		near = append(near, ID(id))
	}
	return near
}
