package cmd

import (
	"errors"
	"net/http"
	"strings"

	"github.com/spf13/pflag"

	"github.com/bookedbarber/bbctl/internal/observe"
	"github.com/bookedbarber/bbctl/internal/project"
	"github.com/bookedbarber/bbctl/internal/setup"
)

// registerProject adds the flags about bbctl.yaml. Its commands and URLs are
// spelled as those of bbctl test.
func (o *setupOptions) registerProject(flags *pflag.FlagSet) {
	flags.BoolVar(&o.projectFile, "project-file", false, "write "+project.Name+" too, where there is none: how bbctl test runs the application; =false: do not offer it")
	flags.StringArrayVar(&o.app.runs, "run", nil, "put `NAME='COMMAND'` into "+project.Name+", in place of what is recognised (repeatable)")
	flags.StringArrayVar(&o.app.urls, "url", nil, "put a `URL` into "+project.Name+", which is asked once the application listens (repeatable)")
}

// readProject turns them into answers.
func (o *setupOptions) readProject(flags *pflag.FlagSet) error {
	says := len(o.app.runs)+len(o.app.urls) > 0
	if flags.Changed("project-file") {
		o.given.ProjectFile = &o.projectFile
		if says && !o.projectFile {
			return usagef("--run and --url say what %s holds, and --project-file=false wants none", project.Name)
		}
	}
	var read observe.Options
	if err := errors.Join(o.app.commands(&read), o.app.requests(&read)); err != nil {
		return &usageError{err: err, hint: "bbctl setup --run web='uvicorn main:app --port 8000' --url http://127.0.0.1:8000/"}
	}
	for _, c := range read.Commands {
		o.given.Run = append(o.given.Run, project.Command{Name: c.Name, Args: c.Args})
	}
	for _, r := range read.Requests {
		u := project.URL{URL: r.URL}
		if r.Method != http.MethodGet {
			u.Method = strings.ToUpper(r.Method)
		}
		o.given.URLs = append(o.given.URLs, u)
	}
	return nil
}

// setupProject is what became of bbctl.yaml.
type setupProject struct {
	File     string   `json:"file"`
	From     []string `json:"from"`
	Commands []string `json:"commands"`
	Content  string   `json:"content"`
	Written  bool     `json:"written"`
	Reason   string   `json:"reason"` // why it was not written
}

func describeProject(p setup.ProjectFile, redact func(string) string) setupProject {
	return setupProject{
		File: redact(p.File), From: append([]string{}, p.From...), Commands: append([]string{}, p.Commands...),
		Content: redact(p.Content), Written: p.Written, Reason: redact(p.Reason),
	}
}

// goneLines say which files an undo takes away: they were not there before.
func goneLines(o *setupOptions, r setup.Result) []string {
	var lines []string
	for _, f := range r.Files {
		switch {
		case !f.Removed:
		case o.dryRun:
			lines = append(lines, f.File+" would be taken away: bbctl setup made it")
		default:
			lines = append(lines, f.File+" is taken away: bbctl setup had made it")
		}
	}
	return lines
}

// projectLines say what a dry run would have asked.
func projectLines(o *setupOptions, r setup.Result) []string {
	switch p := r.Project; {
	case !o.dryRun || o.undo || p.File == "" || o.given.ProjectFile != nil || len(o.given.Run)+len(o.given.URLs) > 0:
		return nil
	case p.Offer:
		return []string{"the application is recognised by " + strings.Join(p.From, " and ") + ": " + p.File + " would be offered (--project-file shows it)"}
	default:
		return []string{"the application is recognised by " + strings.Join(p.From, " and ") + ": --project-file would write " + p.File}
	}
}
