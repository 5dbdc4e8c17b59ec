package setup_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/durable"
	projectfile "github.com/bookedbarber/bbctl/internal/project"
	"github.com/bookedbarber/bbctl/internal/prompt"
	"github.com/bookedbarber/bbctl/internal/setup"
)

// shop is a lab whose folder holds an application that is recognised.
func shop(t *testing.T) *lab {
	t.Helper()
	l := newLab(t)
	l.write("main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n")
	return l
}

func offering(o *setup.Options)         { o.OfferProject = true }
func asksFor(g *setup.Given)            { g.ProjectFile = yes() }
func undo(l *lab) (setup.Result, error) { return setup.Undo(context.Background(), l.options()) }

// written reads bbctl.yaml as bbctl test does.
func (l *lab) written() projectfile.File {
	l.t.Helper()
	f, err := projectfile.Load(l.path(projectfile.Name), projectfile.Rules{})
	if err != nil {
		l.t.Fatal(err)
	}
	return f
}

func TestTheProjectFileIsOfferedAfterTheProof(t *testing.T) {
	t.Parallel()
	l := shop(t)
	result, script, err := l.ask([]string{l.dsn, "", "", "", ""}, offering)
	l.well(result, err)
	if n := len(script.Asked); n != 5 || script.Asked[4].Message != "Write bbctl.yaml?" || script.Asked[4].Default != "yes" {
		t.Errorf("asked %+v", script.Asked)
	}
	if f := l.written(); len(f.Run) != 1 || f.Run[0].Name != "web" || len(f.URLs) != 1 {
		t.Errorf("it says %+v", f)
	}
	if !result.Proof.Accepted() || !result.Project.Written || result.Project.Reason != "" || len(result.Files) != 2 || !result.Files[1].Created {
		t.Errorf("result %+v", result)
	}
	if talk := l.talk.String(); !strings.Contains(talk, "  web: python3 -m uvicorn main:app --port 8000\n") {
		t.Errorf("it was not shown:\n%s", talk)
	}
	undone := l.well(undo(l))
	if len(undone.Files) != 2 || l.read(".env") != "" || l.read(projectfile.Name) != "" {
		t.Errorf("one undo is not of both: %+v", undone.Files)
	}
}

// TestWhoDoesNotAnswerTheOfferKeepsTheProof: the .env file stays as it was
// proven, and nothing else is written.
func TestWhoDoesNotAnswerTheOfferKeepsTheProof(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answers  []string
		canceled bool
	}{
		"goes away": {[]string{"", "", ""}, true},
		"says no":   {[]string{"", "", "", "no"}, false},
	} {
		l := shop(t)
		result, script, err := l.ask(append([]string{l.dsn}, tt.answers...), offering)
		if errors.Is(err, prompt.ErrCanceled) != tt.canceled || err != nil && !tt.canceled || len(script.Asked) != 5 {
			t.Errorf("%s: %v, asked %+v", name, err, script.Asked)
		}
		if !result.Written || !result.Proof.Accepted() || !strings.HasPrefix(l.read(".env"), "SENTRY_DSN="+l.dsn) {
			t.Errorf("%s: %+v, .env is %q", name, result, l.read(".env"))
		}
		if result.Project.Written || result.Project.Reason == "" || l.read(projectfile.Name) != "" || strings.Contains(l.talk.String(), "nothing was written") {
			t.Errorf("%s: %+v, bbctl.yaml is %q\n%s", name, result.Project, l.read(projectfile.Name), l.talk.String())
		}
		l.well(undo(l))
		if l.read(".env") != "" {
			t.Errorf("%s: the undo has left .env", name)
		}
	}
}

func TestNothingIsOfferedWithoutReason(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*lab, *setup.Options){
		"nothing is recognised":    func(l *lab, _ *setup.Options) { _ = os.Remove(l.path("main.py")) },
		"a worker alone":           func(l *lab, _ *setup.Options) { l.write("main.py", "from celery import Celery\n\napp = Celery()\n") },
		"a file is there":          func(l *lab, _ *setup.Options) { l.write(projectfile.Name, "") },
		"a folder is there":        func(l *lab, _ *setup.Options) { l.write(projectfile.Name+"/a", "") },
		"a pipe answers":           func(_ *lab, o *setup.Options) { o.OfferProject = false },
		"it is not wanted":         func(_ *lab, o *setup.Options) { o.Given.ProjectFile = no() },
		"a command has a password": func(l *lab, _ *setup.Options) { l.write("Procfile", "web: ./serve hunter2\n") },
	} {
		l := shop(t)
		_, script, err := l.ask([]string{l.dsn, "", "", ""}, offering, func(o *setup.Options) {
			o.Show.Redact = func(text string) string { return strings.ReplaceAll(text, "hunter2", "****") }
			prepare(l, o)
		})
		if err != nil || len(script.Asked) != 4 {
			t.Errorf("%s: %v, asked %+v", name, err, script.Asked)
		}
		if _, err := os.Stat(l.path(projectfile.Name)); err == nil != strings.HasSuffix(name, "is there") {
			t.Errorf("%s: bbctl.yaml: %v", name, err)
		}
	}
}

// TestWithoutAPersonTheFlagDecides: nothing is written that was not asked for.
func TestWithoutAPersonTheFlagDecides(t *testing.T) {
	t.Parallel()
	l := shop(t)
	result := l.well(l.run(withDSN(l.dsn)))
	if l.read(projectfile.Name) != "" || result.Project.Reason != "--project-file was not given" {
		t.Errorf("without the flag: %+v", result.Project)
	}
	if step := result.Next[0]; !strings.HasSuffix(step.Command, "--project-file") || !strings.Contains(step.Why, "web") {
		t.Errorf("what is next: %+v", result.Next)
	}
	result = l.well(l.run(given(asksFor)))
	if !result.Project.Written || len(l.written().Run) != 1 || len(result.Files) != 1 {
		t.Errorf("with it: %+v", result)
	}
	if info, err := os.Stat(l.path(projectfile.Name)); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("the file: %v, %v", info, err)
	}
	before := l.read(projectfile.Name)
	result = l.well(l.run(given(asksFor)))
	if result.Written || result.Project.Written || l.read(projectfile.Name) != before {
		t.Errorf("once more: %+v", result)
	}
	l.well(undo(l))
	if l.read(projectfile.Name) != "" || l.read(".env") == "" {
		t.Error("the last run that wrote anything wrote bbctl.yaml alone")
	}
}

func TestWhatIsSaidStandsInTheFile(t *testing.T) {
	t.Parallel()
	l := shop(t)
	says := given(func(g *setup.Given) {
		g.Run = []projectfile.Command{{Name: "job", Args: []string{"./job", "a b"}}}
		g.URLs = []projectfile.URL{{URL: "http://127.0.0.1:9/x", Method: "POST"}}
	})
	l.well(l.run(withDSN(l.dsn), noProof, says))
	f := l.written()
	if len(f.Run) != 1 || f.Run[0].Args[1] != "a b" || f.URLs[0].Method != http.MethodPost || f.For != 0 {
		t.Errorf("it says %+v", f)
	}
	l.well(l.run(noProof, says)) // it is so already
	_, err := l.run(noProof, given(func(g *setup.Given) { g.Run = []projectfile.Command{{Name: "web", Args: []string{"./web"}}} }))
	var answer *setup.AnswerError
	if !errors.As(err, &answer) || answer.Flag != "--run" || !strings.Contains(err.Error(), "is there already, and says something else") || l.written().Run[0].Name != "job" {
		t.Errorf("other commands: %v, the file says %+v", err, l.written())
	}
	other := shop(t)
	other.well(other.run(withDSN(other.dsn), noProof, given(func(g *setup.Given) { g.URLs = []projectfile.URL{{URL: "http://127.0.0.1:9/x"}} })))
	if f := other.written(); f.Run[0].Name != "web" || len(f.URLs) != 1 || f.URLs[0].URL != "http://127.0.0.1:9/x" {
		t.Errorf("a URL for what is recognised: %+v", f)
	}
}

// TestWhatCannotBeWrittenIsRefusedBeforeAnythingIs.
func TestWhatCannotBeWrittenIsRefusedBeforeAnythingIs(t *testing.T) {
	t.Parallel()
	for want, prepare := range map[string]func(*lab){
		"no command of an application was recognised for certain here": func(l *lab) { _ = os.Remove(l.path("main.py")) },
		"an idle one sends nothing": func(l *lab) {
			l.write("main.py", "from celery import Celery\n\napp = Celery()\n")
		},
		"bbctl.yaml is a folder": func(l *lab) { l.write(projectfile.Name+"/a", "") },
		"bbctl.yaml is a link": func(l *lab) {
			if err := os.Symlink(filepath.Join(l.state, "elsewhere"), l.path(projectfile.Name)); err != nil {
				l.t.Fatal(err)
			}
		},
		"something secret": func(l *lab) { l.write("Procfile", "web: ./serve hunter2\n") },
	} {
		l := shop(t)
		prepare(l)
		_, err := l.run(withDSN(l.dsn), given(asksFor), func(o *setup.Options) {
			o.Show.Redact = func(text string) string { return strings.ReplaceAll(text, "hunter2", "****") }
		})
		var answer *setup.AnswerError
		if !errors.As(err, &answer) || answer.Fix == "" || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
		if l.read(".env") != "" {
			t.Errorf("%s: .env was written", want)
		}
		if _, err := os.Stat(filepath.Join(l.state, "elsewhere")); err == nil {
			t.Errorf("%s: a link was written through", want)
		}
	}
}

// TestAFileOfAnotherIsNotWrittenOver, also where it came while the person read.
func TestAFileOfAnotherIsNotWrittenOver(t *testing.T) {
	t.Parallel()
	l := shop(t)
	script := &prompt.Scripted{Answers: []string{l.dsn, "", "", "", ""}}
	count := 0
	result, err := l.run(offering, func(o *setup.Options) {
		o.Prompter = onConfirm{script, func() {
			if count++; count == 2 {
				l.write(projectfile.Name, "# mine\n")
			}
		}}
	})
	var failed *setup.ProjectError
	if !errors.As(err, &failed) || !errors.Is(err, durable.ErrChanged) || l.read(projectfile.Name) != "# mine\n" {
		t.Errorf("error %v, file %q", err, l.read(projectfile.Name))
	}
	if !result.Written || result.Project.Written || !result.Proof.Accepted() {
		t.Errorf("result %+v", result)
	}
	if undone := l.well(undo(l)); len(undone.Notices) > 0 || l.read(".env") != "" || l.read(projectfile.Name) != "# mine\n" {
		t.Errorf("after the undo .env is %q, bbctl.yaml %q", l.read(".env"), l.read(projectfile.Name))
	}
}

// onWrite does something behind the wizard's back as soon as it talks.
type onWrite func()

func (act onWrite) Write(b []byte) (int, error) {
	act()
	return len(b), nil
}

// TestAFileThatCameMeanwhileStays where nobody is asked: all is put back.
func TestAFileThatCameMeanwhileStays(t *testing.T) {
	t.Parallel()
	l := shop(t)
	_, err := l.run(withDSN(l.dsn), given(asksFor), given(func(g *setup.Given) { g.Environment = "staging" }), func(o *setup.Options) {
		o.Show.W = onWrite(func() { l.write(projectfile.Name, "# mine\n") }) // it warns of a DSN that staging has not
	})
	if !errors.Is(err, durable.ErrChanged) || l.read(projectfile.Name) != "# mine\n" || l.read(".env") != "" {
		t.Errorf("error %v, bbctl.yaml %q, .env %q", err, l.read(projectfile.Name), l.read(".env"))
	}
}

func TestUndoLeavesAProjectFileThatWasChangedSince(t *testing.T) {
	t.Parallel()
	l := shop(t)
	l.well(l.run(withDSN(l.dsn), noProof, given(asksFor)))
	changed := l.read(projectfile.Name) + "for: 3s\n"
	l.write(projectfile.Name, changed)
	undone := l.well(undo(l))
	if l.read(".env") != "" || l.read(projectfile.Name) != changed {
		t.Errorf(".env is %q, bbctl.yaml %q", l.read(".env"), l.read(projectfile.Name))
	}
	if len(undone.Notices) != 1 || !strings.Contains(undone.Notices[0].Text, "bbctl.yaml was changed since, and is left alone") {
		t.Errorf("notices %+v", undone.Notices)
	}
}

// TestAFailedProofOffersNothing: first things first. What a flag asks for is
// part of what is put back.
func TestAFailedProofOffersNothing(t *testing.T) {
	t.Parallel()
	l := shop(t)
	wrong := strings.Replace(l.dsn, "//", "//0", 1)
	result, script, err := l.ask([]string{wrong, "", "", "", "keep it"}, offering)
	l.well(result, err)
	if len(script.Asked) != 5 || l.read(projectfile.Name) != "" || result.Project.Reason != "the settings are not proven" {
		t.Errorf("asked %+v, %+v", script.Asked, result.Project)
	}
	other := shop(t)
	result, _, err = other.ask([]string{wrong, "", "", "", "put it back"}, given(asksFor))
	other.well(result, err)
	if other.read(".env") != "" || other.read(projectfile.Name) != "" || result.Project.Written || result.Project.Reason != "it was put back" {
		t.Errorf("%+v: .env %q, bbctl.yaml %q", result.Project, other.read(".env"), other.read(projectfile.Name))
	}
}

func TestADryRunShowsTheProjectFile(t *testing.T) {
	t.Parallel()
	l := shop(t)
	result := l.well(l.run(withDSN(l.dsn), given(asksFor), func(o *setup.Options) { o.DryRun = true }))
	if !strings.Contains(result.Diff(), "+  web: python3 -m uvicorn main:app --port 8000\n") || l.read(projectfile.Name) != "" || l.read(".env") != "" {
		t.Errorf("diff\n%s", result.Diff())
	}
	if result.Project.Written || result.Project.Reason != "--dry-run" {
		t.Errorf("%+v", result.Project)
	}
}
