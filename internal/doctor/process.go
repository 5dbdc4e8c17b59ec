package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// The roles of a process.
const (
	roleWeb     = "web"
	roleWorker  = "worker"
	roleBeat    = "beat"
	roleApp     = "app"
	roleMonitor = "monitor" // flower: it shows what workers do, and does none of it; looked at by --pid alone
)

// process is a running process of the application.
type process struct {
	pid, parent int
	args        []string
	command     command
	dir         string            // working directory; empty: not readable
	environ     map[string]string // as it was started; nil: not readable
	veiled      string            // why environ is not readable
	started     time.Time         // zero: not known
	unit        string            // of systemd, such as web.service
	contained   bool              // in a container
	asked       bool              // by --pid
	// children are its workers, which are the same in all that is judged.
	children []*process
	// spawned is a process that this one has started in its own likeness, by
	// Python's multiprocessing: what it was given, the parent has.
	spawned *process
	// loads is what the process puts into its own environment after it was
	// started, where its command line says so.
	loads commandLoads
	// access is how it gets at the .env file, which its source tells.
	access func() access
}

// String names a process without its arguments, which may hold secrets.
func (p *process) String() string {
	text := fmt.Sprintf("%s %d (%s", p.command.role, p.pid, p.command.name)
	switch n := len(p.children); n {
	case 0:
	case 1:
		text += " and its child"
	default:
		text += fmt.Sprintf(" and its %d children", n)
	}
	return text + ")"
}

// census is what was found of the application's running processes.
type census struct {
	text      string // for the first line: "web 4242 (uvicorn), worker 4243 (celery)"
	processes []*process
	source    *source // of the application
	// unavailable says why processes cannot be looked at on this system.
	unavailable string
	veiled      int      // of other users, which look like an application
	contained   int      // in containers of their own: whose they are is not to be told
	spawned     []int    // by Python's multiprocessing, whosever they are
	absent      []string // of --pid: what cannot be looked at, and why
}

// errNoProcesses says that a system does not list its processes as files.
var errNoProcesses = errors.New("this system does not list its processes under /proc")

// takeCensus looks for the processes of the application: those whose command
// line is that of one, and which run in the project's folder, or by a path in
// it. Their environment is read, and nobody else's.
func takeCensus(ctx context.Context, p *Patient) census {
	table, err := openTable(p.o.Proc)
	if err != nil {
		return census{unavailable: err.Error()}
	}
	s := newScope(ctx, p)
	c := census{source: newSource(ctx, p.folders(ctx), p.o.Dir)}
	kin := table.kin()
	for _, pid := range table.pids {
		asked := slices.Contains(p.o.PIDs, pid)
		if ctx.Err() != nil {
			break
		}
		if kin[pid] && !asked {
			continue
		}
		if found := c.look(table, s, pid, asked); found != nil {
			c.processes = append(c.processes, found)
		}
	}
	c.adopt(table)
	for _, pid := range p.o.PIDs {
		if !slices.Contains(table.pids, pid) {
			c.absent = append(c.absent, fmt.Sprintf("--pid %d: there is no such process", pid))
		}
	}
	c.processes = joined(c.processes)
	slices.SortStableFunc(c.processes, func(a, b *process) int { return cmp.Compare(rank(a), rank(b)) })
	for _, found := range c.processes {
		found.access = sync.OnceValue(func() access { return p.accessOf(c.source, found) })
	}
	c.text = c.words()
	return c
}

func rank(p *process) int {
	return slices.Index([]string{roleWeb, roleWorker, roleBeat, roleApp, roleMonitor}, p.command.role)
}

// look reads one process; nil: it is none of the application's.
func (c *census) look(t *table, s scope, pid int, asked bool) *process {
	args := t.args(pid)
	command, ok := recognise(args)
	if !ok && !asked {
		if isSpawned(args) {
			c.spawned = append(c.spawned, pid)
		}
		return nil
	}
	if len(args) == 0 {
		if asked {
			c.absent = append(c.absent, fmt.Sprintf("--pid %d: it has ended, or is one of the system's own", pid))
		}
		return nil
	}
	if !ok {
		command = plainCommand(args)
	}
	found := &process{pid: pid, args: args, command: command, asked: asked}
	t.place(found)
	if !asked && !s.mayOwn(found) {
		switch {
		case command.generic:
		case found.contained:
			c.contained++
		case found.veiled != "":
			c.veiled++
		}
		return nil
	}
	t.environment(found)
	if !asked && !s.owns(found) || !c.source.vouches(found) && !asked {
		return nil
	}
	if found.veiled != "" && asked {
		c.absent = append(c.absent, fmt.Sprintf("--pid %d (%s): %s", pid, command.name, found.veiled))
	}
	t.details(found)
	found.loads = loadsOf(found)
	return found
}

// vouches says whether a program that runs on, or that has to do with Sentry,
// is what a process is: a script that fills a database once is none of the
// application's. It learns the role from the source.
func (s *source) vouches(p *process) bool {
	c := &p.command
	if !c.guessed {
		return c.role != roleMonitor // it shows what others do
	}
	if c.name == "manage.py" || c.script == "" && c.module == "" {
		return true // Django loads its settings, and those Sentry, by a name
	}
	g := s.graphOf(p)
	for _, entry := range slices.Clone(g.queue) {
		if role := s.look(entry).runs; role != "" {
			c.role, c.guessed = role, false
			return true
		}
	}
	if c.role != roleApp {
		return true
	}
	knows := false
	s.walk(g, func(f facts) bool {
		knows = knows || f.sentry
		return knows
	})
	return knows
}

// isSpawned says whether a process is one of Python's multiprocessing: the
// reloaded half of uvicorn --reload, the workers of uvicorn --workers.
func isSpawned(args []string) bool {
	return slices.ContainsFunc(args, func(arg string) bool { return strings.Contains(arg, "multiprocessing.spawn") })
}

// adopt gives each process the oldest of those that it has spawned.
func (c *census) adopt(t *table) {
	for _, pid := range c.spawned {
		child := &process{pid: pid}
		t.details(child)
		at := slices.IndexFunc(c.processes, func(p *process) bool { return p.pid == child.parent })
		if at < 0 {
			continue
		}
		if old := c.processes[at].spawned; old == nil || child.started.Before(old.started) {
			t.environment(child)
			c.processes[at].spawned = child
		}
	}
}

// words are the census for people.
func (c *census) words() string {
	var parts []string
	for _, p := range c.processes {
		parts = append(parts, p.String())
	}
	text := strings.Join(parts, ", ")
	if text == "" {
		text = "no running process of this application found"
	}
	if c.veiled > 0 {
		text += fmt.Sprintf("; %d of other users cannot be read", c.veiled)
	}
	if c.contained > 0 {
		text += fmt.Sprintf("; %d in containers are left out (--pid names one)", c.contained)
	}
	return strings.Join(append([]string{text}, c.absent...), "; ")
}

// prefixes are the Python installations in which the processes run.
func (c census) prefixes() []string {
	var all []string
	for _, p := range c.processes {
		for _, path := range p.args[:min(2, len(p.args))] {
			folder := filepath.Dir(path)
			prefix := filepath.Dir(folder)
			if filepath.IsAbs(path) && filepath.Base(folder) == "bin" && exists(filepath.Join(prefix, "pyvenv.cfg")) && !slices.Contains(all, prefix) {
				all = append(all, prefix)
			}
		}
	}
	return all
}

// joined puts children under the parent of the same kind that they are alike
// to: the workers of gunicorn, the pool of Celery.
func joined(all []*process) []*process {
	byPID := make(map[int]*process, len(all))
	for _, p := range all {
		byPID[p.pid] = p
	}
	return slices.DeleteFunc(all, func(p *process) bool {
		parent := byPID[p.parent]
		if parent == nil || p.asked || parent == p || parent.command.name != p.command.name || parent.command.role != p.command.role || !alike(parent, p) {
			return false
		}
		parent.children = append(parent.children, p)
		return true
	})
}

// alike says whether two processes were given the same values.
func alike(a, b *process) bool {
	if (a.environ == nil) != (b.environ == nil) {
		return b.environ == nil // one that hides nothing new is its parent's
	}
	for _, key := range judgedKeys() {
		one, inOne := a.environ[key]
		other, inOther := b.environ[key]
		if one != other || inOne != inOther {
			return false
		}
	}
	return true
}
