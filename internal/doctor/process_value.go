package doctor

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bookedbarber/bbctl/internal/config"
)

// judgedKeys are the variables that a process needs: those of the team's
// table, and those that lead to the ingest.
func judgedKeys() []string {
	return []string{
		config.KeyDSN, config.KeyEnvironment, config.KeyRelease, config.KeySampleRate, config.KeyTracesSampleRate,
		config.KeyProfilesSampleRate, config.KeyDebug, config.KeySendDefaultPII,
		config.KeyHTTPSProxy, config.KeyHTTPSProxyLower, config.KeyHTTPProxy, config.KeyHTTPProxyLower,
		config.KeyNoProxy, config.KeyNoProxyLower, config.KeySSLCertFile, config.KeySSLCertDir, config.KeyCABundle,
	}
}

// fromSentry says whether a variable is one of the table's.
func fromSentry(key string) bool { return strings.HasPrefix(key, "SENTRY_") }

// reference is the value that counts for the application.
type reference struct {
	value  string
	origin string // in words
	file   bool   // it stands in the .env file
	// now is the value that wins in the settings, which may be another.
	now string
}

// referenceOf finds what a process should have: what the .env file says, and
// else the settings. bbctl's own environment is not the application's, so that
// of it only what is Sentry's is expected elsewhere.
func (p *Patient) referenceOf(key string) (reference, bool) {
	v := p.o.Config.Value(key)
	for _, found := range v.All {
		if found.Origin.Kind == config.KindFile && strings.TrimSpace(found.Value) != "" {
			return reference{found.Value, found.Origin.String(), true, v.Value}, true
		}
	}
	if v.Set && strings.TrimSpace(v.Value) != "" && fromSentry(key) {
		return reference{v.Value, v.Origin.String(), false, v.Value}, true
	}
	return reference{}, false
}

// value is what a process has of a variable, as far as it shows, and where it
// comes from. present is set for an empty one too.
func (p *process) value(key string) (value, from string, present bool) {
	if value, present = p.loads.given[key]; present {
		return value, "by its option -e", true
	}
	if value, present = p.environ[key]; present {
		return value, "in its environment", true
	}
	if p.spawned != nil {
		if value, present = p.spawned.environ[key]; present {
			return value, fmt.Sprintf("in the environment of its child %d", p.spawned.pid), true
		}
	}
	if value, present = p.loads.values[key]; present {
		return value, "from " + filepath.Base(p.loads.file) + " (" + p.loads.how + ")", true
	}
	return "", "", false
}

// has says whether a process shows that it has a variable, in the other case
// too where a proxy's name may be written in both.
func (p *process) has(key string) bool {
	for _, name := range []string{key, otherCase(key)} {
		if value, _, _ := p.value(name); strings.TrimSpace(value) != "" {
			return true
		}
	}
	return false
}

func otherCase(key string) string {
	switch {
	case fromSentry(key), !strings.HasSuffix(strings.ToUpper(key), "_PROXY"):
		return key
	case strings.ToUpper(key) == key:
		return strings.ToLower(key)
	}
	return strings.ToUpper(key)
}

// alive is when a process last began: its code, and what it loads.
func (p *process) alive() time.Time {
	if p.spawned != nil && !p.spawned.started.IsZero() {
		return p.spawned.started
	}
	if p.command.role != roleWeb || len(p.children) == 0 {
		return p.started
	}
	oldest := p.children[0].started // a server's workers import the application
	for _, child := range p.children[1:] {
		if child.started.Before(oldest) {
			oldest = child.started
		}
	}
	return oldest
}

// sameValue compares two values of a variable as the SDKs read them.
func sameValue(key, a, b string) bool {
	a, b = strings.TrimSpace(a), strings.TrimSpace(b)
	switch key {
	case config.KeySampleRate, config.KeyTracesSampleRate, config.KeyProfilesSampleRate:
		one, err := strconv.ParseFloat(a, 64)
		other, errOther := strconv.ParseFloat(b, 64)
		if err == nil && errOther == nil {
			return one == other
		}
	case config.KeyDebug, config.KeySendDefaultPII:
		one, ok := config.ParseBool(a)
		other, okOther := config.ParseBool(b)
		if ok && okOther {
			return one == other
		}
	}
	return a == b
}

// needless says whether a process without the variable does the same as one
// with this value.
func needless(key, value string) bool {
	switch key {
	case config.KeySampleRate:
		return sameValue(key, value, "1")
	case config.KeyTracesSampleRate, config.KeyProfilesSampleRate:
		return sameValue(key, value, "0")
	case config.KeyDebug, config.KeySendDefaultPII:
		return sameValue(key, value, "false")
	}
	return false
}

// access is how a process gets at the .env file; its zero value: not at all.
type access struct {
	how       string // in words
	insists   bool   // the file wins over the process environment
	elsewhere string // a loader that this process does not reach
	// partly is how many files were read, where others might load it; 0: all
	// that matters was read.
	partly int
}

// accessOf finds out whether a process loads the .env file by itself.
func (p *Patient) accessOf(s *source, q *process) access {
	path, ok := p.o.Config.EnvFile()
	if !ok {
		return access{}
	}
	if q.loads.file != "" && sameFile(q.loads.file, path) {
		return access{how: q.loads.how}
	}
	found, ok, graph := s.reachedBy(q)
	if ok {
		return access{how: words(found), insists: found.overrides}
	}
	if graph != nil && graph.open {
		if l, ok := s.beside(graph.entry, newBudget()); ok {
			return access{how: words(l), insists: l.overrides}
		}
	}
	all := s.search()
	var a access
	for _, l := range all.loaders {
		if graph.mayReach(s.shown(l.path)) {
			return access{how: words(l), insists: l.overrides}
		}
		a.elsewhere = cmp.Or(a.elsewhere, l.String())
	}
	if all.cut && (graph == nil || graph.open) || slices.ContainsFunc(all.unread, func(path string) bool { return graph.mayReach(s.shown(path)) }) {
		a.partly = all.files
	}
	return a
}

func words(l loader) string {
	if l.exports {
		return l.String()
	}
	return l.String() + ", for the application's own settings: init must be given them"
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	other, errOther := os.Stat(b)
	return err == nil && errOther == nil && os.SameFile(one, other)
}
