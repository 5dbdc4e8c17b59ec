package setup_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/prompt"
	"github.com/bookedbarber/bbctl/internal/setup"
)

// TestDiffShowsNoSecret plants one in every place of a file.
func TestDiffShowsNoSecret(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const planted = "kqzxwvjy7391"
	oldDSN, newDSN := sentryDSN("4b7a"), strings.Replace(sentryDSN("4b7a"), "4b7a4b7a@", "4b7a4b7b@", 1)
	l.write(".env", "# "+planted+"\nPASSWORD="+planted+"\n"+planted+"\n"+planted+"==\nexport KEY='"+planted+"\n"+planted+"'\nSENTRY_DSN="+oldDSN+
		" # "+planted+"\nAPI_URL=https://user:"+planted+"@host/\nREDIS_URL=redis://:"+planted+"@localhost/0\n#SENTRY_DSN="+oldDSN+"\n")
	result := l.well(l.run(withDSN(newDSN), func(o *setup.Options) { o.DryRun = true }))
	shown := result.Diff() + l.talk.String() + fmt.Sprintf("%+v", result)
	for _, secret := range []string{planted, strings.Repeat("4b7a", 8), "4b7a4b7b"} {
		if strings.Contains(shown, secret) {
			t.Errorf("%q is shown:\n%s", secret, shown)
		}
	}
	for _, seen := range []string{"-SENTRY_DSN=https://4b7a****@o1", "+SENTRY_DSN=https://4b7a****@o1.ingest.us.sentry.io/42  (other characters"} {
		if !strings.Contains(result.Diff(), seen) {
			t.Errorf("%q is not in the diff:\n%s", seen, result.Diff())
		}
	}
}

// TestReadersOfTheProjectAreTold: a value that one of them would read otherwise
// is refused with its place.
func TestReadersOfTheProjectAreTold(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for name, text := range map[string]string{
		"compose.yaml":               "services:\n  web:\n    env_file:\n      - .env\n",
		"deploy/app.service":         "[Service]\nEnvironmentFile=/srv/app/.env\n",
		"Makefile":                   "include .env\nrun:\n\tdocker run --env-file .env app\n",
		"scripts/run.sh":             "#!/bin/sh\n# . .env\nset -a; . ./.env\n",
		"scripts/other.sh":           "docker run --env-file .env.example app\n",
		"node_modules/x/compose.yml": "env_file: .env\n",
		"b/compose.yml":              "services:\n  web:\n    env_file: .env.production\n    image: x\n  db:\n    env_file:\n      - db.env\n",
		"README.md":                  "docker run --env-file .env\n",
	} {
		l.write(name, text)
	}
	result := l.well(l.run(noProof, withDSN(l.dsn)))
	var told []string
	for _, n := range result.Notices {
		told = append(told, n.Text)
	}
	want := []string{
		"make reads .env too (Makefile:1)", "docker run --env-file reads .env too (Makefile:3)",
		"docker compose reads .env too (compose.yaml:3)", "systemd reads .env too (deploy/app.service:2)", "a shell reads .env too (scripts/run.sh:3)",
	}
	if diff := cmp.Diff(strings.Join(want, "\n"), strings.Join(told, "\n")); diff != "" {
		t.Errorf("-expected +told\n%s", diff)
	}
	services := []setup.Service{{Key: config.KeyRedisURL, URL: "redis://:a#b&c@localhost/0"}}
	_, err := l.run(noProof, given(func(g *setup.Given) { g.Services = services }))
	var wrong *setup.AnswerError
	if !errors.As(err, &wrong) || !strings.Contains(err.Error(), "Makefile:") || strings.Contains(err.Error(), "a#b") {
		t.Errorf("error %v", err)
	}
}

func TestUnportableValueIsRefusedWithoutQuotingIt(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	services := []setup.Service{{Key: config.KeyRedisURL, URL: "redis://:it's\"$x@localhost/0"}}
	_, err := l.run(noProof, withDSN(l.dsn), given(func(g *setup.Given) { g.Services = services }))
	var wrong *setup.AnswerError
	if !errors.As(err, &wrong) || wrong.Flag != "--service-urls" || strings.Contains(err.Error(), "it's") || l.read(".env") != "" {
		t.Errorf("error %v", err)
	}
}

func TestWhatCannotBeWrittenIsSaidBeforeAnyQuestion(t *testing.T) {
	t.Parallel()
	nobody := func(o *setup.Options) { o.Prompter = &prompt.Scripted{} }
	for name, prepare := range map[string]func(l *lab) error{
		"read-only":                 func(l *lab) error { l.write(".env", "A=1\n"); return os.Chmod(l.path(".env"), 0o444) },
		"a link that leads nowhere": func(l *lab) error { return os.Symlink("gone/.env", l.path(".env")) },
		"a folder":                  func(l *lab) error { return os.Mkdir(l.path(".env"), 0o755) },
	} {
		l := newLab(t)
		if err := prepare(l); err != nil {
			t.Fatal(err)
		}
		_, err := l.run(withDSN(l.dsn), nobody)
		if err == nil || errors.Is(err, prompt.ErrCanceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLinkedFileIsWrittenThroughTheLink(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.write("shared/env", "A=1\n")
	if err := os.Symlink("shared/env", l.path(".env")); err != nil {
		t.Fatal(err)
	}
	l.well(l.run(noProof, withDSN(l.dsn)))
	if target, err := os.Readlink(l.path(".env")); err != nil || target != "shared/env" {
		t.Errorf("the link: %q, %v", target, err)
	}
	if !strings.HasPrefix(l.read("shared/env"), "A=1\nSENTRY_DSN=") {
		t.Errorf("the file is %q", l.read("shared/env"))
	}
	l.well(setup.Undo(context.Background(), l.options()))
	if l.read("shared/env") != "A=1\n" {
		t.Errorf("undone to %q", l.read("shared/env"))
	}
}

// TestFileThatPythonCannotReadFails: the settings are written, and it is not
// claimed that they have an effect.
func TestFileThatPythonCannotReadFails(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.write(".env", "NAME=caf\xe9\n")
	result := l.well(l.run(withDSN(l.dsn)))
	if result.Verdict() != check.VerdictFail || result.Proof.Sent || !hasNotice(result, cause.EnvFileUnreadable) {
		t.Errorf("verdict %s, proof %+v, notices %+v", result.Verdict(), result.Proof, result.Notices)
	}
	if !strings.HasPrefix(l.read(".env"), "NAME=caf\xe9\n") {
		t.Errorf("the file is %q", l.read(".env"))
	}
}

func TestExampleIsNeverTheFileItself(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	var wrong *setup.AnswerError
	_, err := l.run(noProof, withDSN(l.dsn), func(o *setup.Options) { o.EnvFile = ".env.example"; o.Given.Example = yes() })
	if !errors.As(err, &wrong) || wrong.Flag != "--example" || l.read(".env.example") != "" {
		t.Errorf("error %v, file %q", err, l.read(".env.example"))
	}
}

// TestExampleOfTheRepositoryIsMaskedToo: people put real values there.
func TestExampleOfTheRepositoryIsMaskedToo(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const planted = "kqzxwvjy7391"
	l.write(".env.example", "SECRET_KEY="+planted+"\nDB=postgres://u:"+planted+"@h/x\n")
	result, _, err := l.ask([]string{l.dsn, "", "", ""}, given(func(g *setup.Given) { g.Example = yes() }))
	l.well(result, err)
	if strings.Contains(l.talk.String()+result.Diff(), planted) {
		t.Errorf("it is shown:\n%s", l.talk.String())
	}
	if !strings.HasPrefix(l.read(".env.example"), "SECRET_KEY="+planted+"\n") {
		t.Errorf("the file is %q", l.read(".env.example"))
	}
}

func TestPastesAreUnderstood(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for _, form := range []string{
		"%s", " %s\n", `"%s"`, "SENTRY_DSN=%s", "export SENTRY_DSN='%s'", `SENTRY_DSN: "%s"`, `dsn="%s",`, `export SENTRY_DSN="%s" # ours`, "`%s`", `"SENTRY_DSN=%s"`,
	} {
		l.well(l.run(noProof, withDSN(fmt.Sprintf(form, l.dsn)), func(o *setup.Options) { o.EnvFile = "paste.env" }))
		if got := config.ReadSample([]byte(l.read("paste.env")))[config.KeyDSN]; got != l.dsn {
			t.Errorf("%s: the DSN is %q", form, got)
		}
		if err := os.Remove(l.path("paste.env")); err != nil {
			t.Fatal(err)
		}
	}
}

func TestUTF16IsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"\xff\xfeA\x00=\x001\x00", "A\x00=\x001\x00\n\x00"} {
		l := newLab(t)
		l.write(".env", text)
		var unwritable *setup.UnwritableError
		if _, err := l.run(withDSN(l.dsn)); !errors.As(err, &unwritable) || l.read(".env") != text {
			t.Errorf("error %v, file %q", err, l.read(".env"))
		}
	}
}
