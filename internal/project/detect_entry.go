package project

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// entry is a file that has an instance of a framework, and the name of it.
type entry struct {
	file  *source
	name  string
	class string
}

// entry finds the instances of classes, by package, and of them the one that
// processes are started by. It is certain where it stands alone, near or under
// one of the usual names of files, or alone in the nearest folder under one. Where one file of
// the starters' names imports it, that file is meant: what it sets up before,
// such as Sentry, would be missing else.
func (d *detector) entry(classes map[string]string, usual, starters []string) (e entry, seen []entry, ok bool) {
	for _, s := range d.tree.sources {
		made := s.instances(classes)
		for _, name := range slices.Sorted(maps.Keys(made)) {
			seen = append(seen, entry{s, name, made[name]})
		}
	}
	e, ok = chosen(seen, usual)
	if !ok {
		return entry{}, seen, false
	}
	var through []entry
	for _, s := range d.tree.sources {
		if s == e.file || !slices.Contains(starters, stem(s.path)) || runs().MatchString(s.code) {
			continue
		}
		for _, i := range s.imports() {
			for _, here := range slices.Sorted(maps.Keys(i.names)) {
				if i.names[here] == e.name && d.tree.pointsAt(s, i, e.file) {
					through = append(through, entry{s, here, e.class})
				}
			}
		}
	}
	if len(through) == 1 {
		e = through[0]
	}
	return e, seen, true
}

// runs is a call at module level that begins to serve: who imports such a file
// never comes back.
var runs = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^[A-Za-z_][\w.]*\.(?:run|start|serve|serve_forever|worker_main)[ \t]*\(`)
})

// chosen is the one entry that is certain.
func chosen(seen []entry, usual []string) (entry, bool) {
	if len(seen) == 1 {
		at := seen[0].file.path
		return seen[0], depth(at) <= 1 || slices.Contains(usual, stem(at))
	}
	var nearest []entry
	for _, e := range seen { // in the order of their depth
		if slices.Contains(usual, stem(e.file.path)) && (len(nearest) == 0 || depth(e.file.path) == depth(nearest[0].file.path)) {
			nearest = append(nearest, e)
		}
	}
	if len(nearest) > 1 && !slices.ContainsFunc(nearest, func(e entry) bool { return e.file != nearest[0].file }) {
		// In one file app is the application, and the others are parts of it.
		nearest = slices.DeleteFunc(nearest, func(e entry) bool { return e.name != "app" && e.name != "application" })
	}
	if len(nearest) != 1 {
		return entry{}, false
	}
	return nearest[0], true
}

func stem(at string) string { return strings.TrimSuffix(path.Base(at), ".py") }
func depth(at string) int   { return strings.Count(at, "/") }

// spots are the places of entries, in words.
func spots(all []entry) string {
	var words []string
	for _, e := range all {
		words = append(words, e.class+" in "+e.file.path)
	}
	return strings.Join(words, " and ")
}
