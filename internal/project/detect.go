package project

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Found is what Detect recognised of an application.
type Found struct {
	// File is without commands where none was recognised for certain, and without
	// a URL where it is not known what they answer: what is idle sends nothing,
	// and cannot be judged.
	File File
	From []string // the files that say so, from the folder, with slashes
	Left []string // in words: what was seen and not taken, and why
}

// The names of commands that are written.
const (
	webName    = "web"
	workerName = "worker"
	beatName   = "beat"
)

// usualPort is where a web command listens that can be told.
const usualPort = 8000

// blindTime is how long commands run of which no URL is known: nothing else
// would end servers.
const blindTime = 15 * time.Second

// Detect recognises how the application in a folder is started, by its files
// alone: nothing is run. Only what is certain is taken: where two commands
// could be meant, there is none. It looks at a bounded number of files, follows
// no link, and leaves tests, virtual environments and hidden folders out.
func Detect(dir string) (Found, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Found{}, fmt.Errorf("recognising the application: %w", err)
	}
	t, err := readTree(dir)
	if err != nil {
		return Found{}, fmt.Errorf("recognising the application: %w", err)
	}
	d := &detector{tree: t}
	if !d.procfile() {
		d.byKind()
	}
	return d.found(), nil
}

// detector collects what is recognised.
type detector struct {
	tree     *tree
	commands []Command
	port     int    // where the web command listens; 0: not known
	path     string // that it answers; empty: /
	from     []string
	left     []string
}

// web is one way of starting a web server.
type web struct {
	what string // in words, such as "FastAPI in main.py"
	file string
	args []string
	port int
	path string
}

// byKind looks for the frameworks that are known. Of two web servers neither
// is certain.
func (d *detector) byKind() {
	var webs []web
	for _, look := range []func() []web{d.pythonWeb, d.djangoWeb, d.nodeWeb, d.goWeb} {
		webs = append(webs, look()...)
	}
	switch {
	case len(webs) == 1:
		w := webs[0]
		d.add(webName, w.args, w.file)
		d.port, d.path = w.port, w.path
	case len(webs) > 1:
		var all []string
		for _, w := range webs {
			all = append(all, w.what)
		}
		d.leave("%s: which of them is the application is not certain", strings.Join(all, " and "))
	}
	d.celery()
}

func (d *detector) add(name string, args []string, file string) {
	d.commands = append(d.commands, Command{Name: name, Args: args})
	if !slices.Contains(d.from, file) {
		d.from = append(d.from, file)
	}
}

func (d *detector) leave(format string, args ...any) {
	d.left = append(d.left, fmt.Sprintf(format, args...))
}

// sure is what a healthy application sends in any case. Transactions come at a
// rate that is not known here, and an error that arrives, such as that of a
// worker whose broker is not there, is monitoring that works.
const sure = "envelope"

// found is the file that comes of it.
func (d *detector) found() Found {
	f := Found{From: d.from, Left: d.left}
	if len(d.commands) == 0 {
		return f
	}
	f.File = File{Run: d.commands, Expect: []string{sure}}
	if d.port > 0 {
		path := d.path
		if path == "" {
			path = "/"
		}
		f.File.URLs = []URL{{URL: fmt.Sprintf("http://127.0.0.1:%d%s", d.port, path)}}
	}
	return f
}

// Given is a file for commands and URLs that somebody named. Where no URL is
// known, the commands run for a while: nothing else would end a server.
func Given(run []Command, urls []URL) File {
	f := File{Run: run, URLs: urls, Expect: []string{sure}}
	if len(urls) == 0 {
		f.For = blindTime
	}
	return f
}
