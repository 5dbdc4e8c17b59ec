package doctor

import (
	"fmt"
	"strconv"
	"strings"
)

// crowd names several processes: those of one program together, so that twelve
// workers are one word. "web 1, 2 and 4 more (uvicorn) and worker 7 (celery)".
func crowd(all []*process) string {
	var kinds []string
	of := map[string][]*process{}
	for _, p := range all {
		kind := p.command.role + "\x00" + p.command.name
		if of[kind] == nil {
			kinds = append(kinds, kind)
		}
		of[kind] = append(of[kind], p)
	}
	for i, kind := range kinds {
		kinds[i] = kin(of[kind])
	}
	return strings.Join(kinds, " and ")
}

// shownPIDs are how many of a kind are named before the rest is counted.
const shownPIDs = 3

// kin names processes of one program and role.
func kin(all []*process) string {
	if len(all) == 1 {
		return all[0].String()
	}
	shown := len(all)
	if shown > shownPIDs {
		shown = shownPIDs - 1
	}
	var pids []string
	for _, p := range all[:shown] {
		pids = append(pids, strconv.Itoa(p.pid))
	}
	text := all[0].command.role + " " + strings.Join(pids, ", ")
	if more := len(all) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	children := 0
	for _, p := range all {
		children += len(p.children)
	}
	switch children {
	case 0:
		return text + " (" + all[0].command.name + ")"
	case 1:
		return text + " (" + all[0].command.name + " and one child)"
	default:
		return text + fmt.Sprintf(" (%s and %d children)", all[0].command.name, children)
	}
}

// gathered brings together the processes of which the same is to be said, in
// the order in which it is said first.
type gathered struct {
	clauses []string
	of      map[string][]*process
}

func (g *gathered) add(clause string, p *process) {
	if g.of == nil {
		g.of = map[string][]*process{}
	}
	if g.of[clause] == nil {
		g.clauses = append(g.clauses, clause)
	}
	g.of[clause] = append(g.of[clause], p)
}

// plural makes what is said of one process fit several.
func plural(text string, n int) string {
	if n > 1 {
		text = strings.NewReplacer("has SENTRY_DSN", "have SENTRY_DSN", "loads it from", "load it from", "in its environment", "in their environment", "by its option", "by their option").Replace(text)
	}
	return text
}
