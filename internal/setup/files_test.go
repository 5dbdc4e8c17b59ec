package setup_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/durable"
	"github.com/bookedbarber/bbctl/internal/envfile"
	"github.com/bookedbarber/bbctl/internal/prompt"
	"github.com/bookedbarber/bbctl/internal/receiver"
	"github.com/bookedbarber/bbctl/internal/setup"
)

// refuse has the receiver answer as Sentry does to a key of another project.
func refuse(l *lab, times int) {
	for range times {
		l.receiver.Script(receiver.Answer{Status: http.StatusForbidden, Body: `{"detail":"event submission rejected with_reason: ProjectId"}`})
	}
}

func TestAfterAFailedProofTheFileIsInNoDoubt(t *testing.T) {
	t.Parallel()
	const old = "A=1\n"
	tests := []struct {
		name, choice string
		more         []string
		want         func(l *lab) string
		undone       bool
	}{
		{"put it back", "put it back", nil, func(*lab) string { return old }, true},
		{"keep it", "keep it", nil, func(l *lab) string { return old + development(l.dsn) }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.write(".env", old)
			refuse(l, 1)
			result, _, err := l.ask(append([]string{l.dsn, "", "", "", test.choice}, test.more...))
			l.well(result, err)
			if diff := cmp.Diff(test.want(l), l.read(".env")); diff != "" {
				t.Errorf("-expected +is\n%s", diff)
			}
			if result.Verdict() != check.VerdictFail || result.Proof.Cause != cause.KeyRejected || result.Undone != test.undone {
				t.Errorf("verdict %s, cause %s, undone %v", result.Verdict(), result.Proof.Cause, result.Undone)
			}
		})
	}
}

// TestGoingBackAsksAgain: the answers of the first round are offered, and the
// file that is edited is the one from before it.
func TestGoingBackAsksAgain(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.write(".env", "A=1\n")
	refuse(l, 1)
	wrong := strings.Replace(l.dsn, receiver.Key(), strings.Repeat("9c31", 8), 1)
	result, script, err := l.ask([]string{wrong, "staging", "", "", "answer again", l.dsn, "", "", ""})
	l.well(result, err)
	if !strings.HasPrefix(script.Asked[5].Default, "keeps ") || script.Asked[6].Default != "staging" {
		t.Errorf("offered in the second round: %q and %q", script.Asked[5].Default, script.Asked[6].Default)
	}
	values := config.ReadSample([]byte(l.read(".env")))
	if values[config.KeyDSN] != l.dsn || values[config.KeyEnvironment] != "staging" || strings.Contains(l.read(".env"), wrong) {
		t.Errorf("values %v", values)
	}
	if !result.Proof.Accepted() || result.Verdict() != check.VerdictPass {
		t.Errorf("proof %+v", result.Proof)
	}
	l.well(setup.Undo(context.Background(), l.options()))
	if l.read(".env") != "A=1\n" {
		t.Errorf("undone to %q", l.read(".env"))
	}
}

func TestFailedProofWithoutAPersonKeepsTheFileAndFails(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	refuse(l, 1)
	result := l.well(l.run(withDSN(l.dsn)))
	if result.Verdict() != check.VerdictFail || l.read(".env") != development(l.dsn) {
		t.Errorf("verdict %s, file %q", result.Verdict(), l.read(".env"))
	}
	roots := result.RootCauses()
	if len(roots) != 1 || roots[0].Cause != cause.KeyRejected || roots[0].Fix == "" {
		t.Errorf("root causes %+v", roots)
	}
}

func TestUndoPutsAllFilesBack(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	checkout(t, l.dir)
	const old = "A=1\r\nSENTRY_DEBUG=true # mine\r\n"
	l.write(".env", old)
	l.write(".gitignore", "*.pyc\n")
	result := l.well(l.run(noProof, withDSN(l.dsn), given(func(g *setup.Given) { g.Preset, g.Example = "production", yes() })))
	if len(result.Files) != 3 || l.read(".env") == old {
		t.Fatalf("files %+v", result.Files)
	}
	if got := l.read(".gitignore"); got != "*.pyc\n.env\n.env.bbctl-*\n" {
		t.Errorf(".gitignore is %q", got)
	}
	if got := l.read(".env.example"); strings.Contains(got, "http") || !strings.Contains(got, "SENTRY_DSN=\n") {
		t.Errorf(".env.example is %q", got)
	}
	undone := l.well(setup.Undo(context.Background(), l.options()))
	if !undone.Undone || l.read(".env") != old || l.read(".gitignore") != "*.pyc\n" {
		t.Errorf(".env is %q, .gitignore %q", l.read(".env"), l.read(".gitignore"))
	}
	if _, err := os.Stat(l.path(".env.example")); !os.IsNotExist(err) {
		t.Error(".env.example is still there")
	}
	var nothing *setup.NothingToUndoError
	if _, err := setup.Undo(context.Background(), l.options()); !errors.As(err, &nothing) {
		t.Errorf("a second undo: %v", err)
	}
}

func TestUndoLosesNothingThatWasWrittenSince(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	checkout(t, l.dir)
	l.well(l.run(noProof, withDSN(l.dsn)))
	ignored := l.read(".gitignore")
	since := l.read(".env") + "MINE=1\n"
	l.write(".env", since)
	_, err := setup.Undo(context.Background(), l.options())
	var changed *setup.ChangedSinceError
	if !errors.As(err, &changed) || l.read(".env") != since || l.read(".gitignore") != ignored {
		t.Errorf("error %v, file %q", err, l.read(".env"))
	}
	if _, err := os.Stat(changed.Backup); err != nil {
		t.Errorf("the backup: %v", err)
	}
}

func TestBackupIsReadableByItsUserAlone(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.write(".env", "PASSWORD=hunter2\n")
	result := l.well(l.run(noProof, withDSN(l.dsn)))
	for path, mode := range map[string]os.FileMode{result.Backup: 0o600, filepath.Dir(result.Backup): 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: mode %v, expected %v (%v)", path, info.Mode(), mode, err)
		}
	}
	entries, err := os.ReadDir(l.state)
	if err != nil || len(entries) != 2 { // the file's folder and .gitignore
		t.Errorf("the folder holds %v (%v)", entries, err)
	}
	l.well(l.run(noProof, given(func(g *setup.Given) { g.SampleRate = "0.5" })))
	if entries, err = os.ReadDir(l.state); err != nil || len(entries) != 2 { // of the same file
		t.Errorf("after a second run the folder holds %v (%v)", entries, err)
	}
}

func TestBackupOfACheckoutWithoutAHome(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	homeless := func(o *setup.Options) { o.StateDirs = nil }
	l.write(".env", "A=1\n")
	var none *setup.NoBackupError
	if _, err := l.run(noProof, withDSN(l.dsn), homeless); !errors.As(err, &none) || l.read(".env") != "A=1\n" {
		t.Errorf("without any place: %v", err)
	}
	if result := l.well(l.run(noProof, withDSN(l.dsn), homeless, func(o *setup.Options) { o.EnvFile = "new.env" })); result.Backup != "" || len(result.Notices) == 0 {
		t.Errorf("a new file without any place: backup %q, notices %+v", result.Backup, result.Notices)
	}
	checkout(t, l.dir)
	result := l.well(l.run(noProof, withDSN(l.dsn), homeless))
	if !strings.HasPrefix(result.Backup, filepath.Join(l.dir, ".git")) {
		t.Errorf("the backup is at %s", result.Backup)
	}
	l.well(setup.Undo(context.Background(), l.options(homeless)))
}

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

func TestGitignoreIsOfferedOnlyWhereItIsNeeded(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, ignore string
		given        *bool
		repository   bool
		want         string
	}{
		{"no checkout", "", nil, false, ""},
		{"covered", ".env*\n", nil, true, ".env*\n"},
		{"not covered", "*.pyc", nil, true, "*.pyc\n.env\n.env.bbctl-*\n"},
		{"not there", "", nil, true, ".env\n.env.bbctl-*\n"},
		{"not wanted", "*.pyc\n", no(), true, "*.pyc\n"},
		{"covered, asked for", ".env\n", yes(), true, ".env\n"},
		{"Windows line ends", "a\r\n", nil, true, "a\r\n.env\r\n.env.bbctl-*\r\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			if test.repository {
				checkout(t, l.dir)
			}
			if test.ignore != "" {
				l.write(".gitignore", test.ignore)
			}
			l.well(l.run(noProof, withDSN(l.dsn), given(func(g *setup.Given) { g.Gitignore = test.given })))
			if got := l.read(".gitignore"); got != test.want {
				t.Errorf(".gitignore is %q, expected %q", got, test.want)
			}
		})
	}
}

func TestTrackedFileIsTold(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	checkout(t, l.dir)
	l.write(".env", "A=1\n")
	git(t, l.dir, "add", ".env")
	result := l.well(l.run(noProof, withDSN(l.dsn)))
	if !hasNotice(result, cause.EnvFileTracked) || l.read(".gitignore") != "" {
		t.Errorf("notices %+v, .gitignore %q", result.Notices, l.read(".gitignore"))
	}
}

func TestFileOfAnotherNameInASubfolder(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	checkout(t, l.dir)
	l.write("deploy/.keep", "")
	l.well(l.run(noProof, withDSN(l.dsn), func(o *setup.Options) { o.EnvFile = "deploy/staging[1].env" }))
	if l.read("deploy/staging[1].env") != development(l.dsn) {
		t.Errorf("the file is %q", l.read("deploy/staging[1].env"))
	}
	if got := l.read(".gitignore"); got != "/deploy/staging\\[1].env\n/deploy/staging\\[1].env.bbctl-*\n" {
		t.Errorf(".gitignore is %q", got)
	}
	if out := git(t, l.dir, "status", "--porcelain", "--untracked-files=all"); strings.Contains(out, "staging") {
		t.Errorf("git still sees it:\n%s", out)
	}
}

func TestFileIsFoundAboveAndNotMadeTwice(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	checkout(t, l.dir)
	l.write(".env", "A=1\n")
	l.write("services/api/main.py", "")
	l.well(l.run(noProof, withDSN(l.dsn), func(o *setup.Options) { o.Dir = l.path("services/api") }))
	if l.read("services/api/.env") != "" || !strings.HasPrefix(l.read(".env"), "A=1\nSENTRY_DSN=") {
		t.Errorf("the file above is %q", l.read(".env"))
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

// TestProcessesLoseNothing has 12 processes set a key of their own 20 times
// each, all in one file.
func TestProcessesLoseNothing(t *testing.T) {
	t.Parallel()
	const processes, times = 12, 20
	if key := os.Getenv("BBCTL_TEST_WRITER"); key != "" {
		setKey(t, os.Getenv("BBCTL_TEST_FILE"), key, times)
		return
	}
	path := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(path, []byte("# ours\nOTHER='it''s'\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var running []*exec.Cmd
	for n := range processes {
		child := exec.CommandContext(t.Context(), executable, "-test.run", "^TestProcessesLoseNothing$")
		child.Env = append(os.Environ(), fmt.Sprintf("BBCTL_TEST_WRITER=KEY_%d", n), "BBCTL_TEST_FILE="+path)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		running = append(running, child)
	}
	for _, child := range running {
		if err := child.Wait(); err != nil {
			t.Errorf("a writer: %v", err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	values := config.ReadSample(b)
	for n := range processes {
		if got := values[fmt.Sprintf("KEY_%d", n)]; got != fmt.Sprint(times) {
			t.Errorf("KEY_%d is %q, expected %d", n, got, times)
		}
	}
	if !strings.HasPrefix(string(b), "# ours\nOTHER='it''s'\n") {
		t.Errorf("the file is\n%s", b)
	}
}

func setKey(t *testing.T, path, key string, times int) {
	for n := range times {
		_, err := durable.Update(context.Background(), path, durable.Options{Limit: envfile.MaxSize, Mode: 0o600}, func(f *durable.File) ([]byte, error) {
			edited, err := envfile.Edit(f.Bytes, []envfile.Change{{Key: key, Value: fmt.Sprint(n + 1)}})
			return edited.Bytes, err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// checkout makes a folder a checkout.
func checkout(t *testing.T, dir string) {
	t.Helper()
	git(t, dir, "init", "--quiet")
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_NOSYSTEM=1"}
	if runtime.GOOS == "windows" {
		cmd.Env = append(os.Environ(), cmd.Env...)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestTornFileIsPutBack: a run was killed while it overwrote the file in place,
// so that the file holds neither the old bytes nor the new ones.
func TestTornFileIsPutBack(t *testing.T) {
	t.Parallel()
	const old = "A=1\nB=2\nC=3\n"
	l := newLab(t)
	l.write(".env", old)
	if err := os.Link(l.path(".env"), l.path("other-name")); err != nil {
		t.Fatal(err)
	}
	result := l.well(l.run(noProof, withDSN(l.dsn)))
	if result.Files[0].InPlace == "" || !strings.HasPrefix(l.read("other-name"), old+"SENTRY_DSN=") {
		t.Fatalf("it was not overwritten in place: %+v", result.Files[0])
	}
	// What a kill in the middle of it leaves.
	b, err := os.ReadFile(result.Backup)
	if err != nil {
		t.Fatal(err)
	}
	torn := strings.Replace(string(b), `"torn":false`, `"torn":true`, 1)
	if torn == string(b) {
		t.Fatal("the backup does not say whether the file is torn")
	}
	if err := os.WriteFile(result.Backup, []byte(torn), 0o600); err != nil {
		t.Fatal(err)
	}
	l.write(".env", "A=1\nB=")
	var first *setup.TornError
	if _, err := l.run(noProof, given(func(g *setup.Given) { g.SampleRate = "0.5" }), withDSN(l.dsn)); !errors.As(err, &first) || l.read(".env") != "A=1\nB=" {
		t.Errorf("another run would take the place of the only backup: %v", err)
	}
	l.well(setup.Undo(context.Background(), l.options()))
	if l.read(".env") != old || l.read("other-name") != old {
		t.Errorf("undone to %q", l.read(".env"))
	}
}

// TestSecondFileThatCannotBeWrittenUndoesTheFirst: .gitignore is written before
// .env, which changes while the person reads.
func TestSecondFileThatCannotBeWrittenUndoesTheFirst(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	checkout(t, l.dir)
	l.write(".env", "A=1\n")
	script := &prompt.Scripted{Answers: []string{l.dsn, "", "", ""}}
	_, err := l.run(func(o *setup.Options) { o.Prompter = onConfirm{script, func() { l.write(".env", "A=2\n") }} })
	if !errors.Is(err, durable.ErrChanged) || l.read(".env") != "A=2\n" {
		t.Errorf("error %v, file %q", err, l.read(".env"))
	}
	if _, err := os.Stat(l.path(".gitignore")); !os.IsNotExist(err) {
		t.Errorf(".gitignore is left: %q", l.read(".gitignore"))
	}
	var nothing *setup.NothingToUndoError
	if _, err := setup.Undo(context.Background(), l.options()); !errors.As(err, &nothing) {
		t.Errorf("a backup is left: %v", err)
	}
}

// TestLeavingAfterAFailedProofPutsTheFileBack, as at every other question.
func TestLeavingAfterAFailedProofPutsTheFileBack(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.write(".env", "A=1\n")
	refuse(l, 1)
	_, _, err := l.ask([]string{l.dsn, "", "", ""})
	if !errors.Is(err, prompt.ErrCanceled) || l.read(".env") != "A=1\n" {
		t.Errorf("error %v, file %q", err, l.read(".env"))
	}
	if said := l.talk.String(); strings.Contains(said, "nothing was written") || !strings.Contains(said, ".env is as it was before") {
		t.Errorf("it said\n%s", said)
	}
}

// TestFailedProofOfAnUntouchedFileOffersNoUndo: nothing was written in this run.
func TestFailedProofOfAnUntouchedFileOffersNoUndo(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.well(l.run(withDSN(l.dsn)))
	was := l.read(".env")
	refuse(l, 1)
	result, script, err := l.ask([]string{"", "", "", "leave it"})
	l.well(result, err)
	if offered := script.Asked[len(script.Asked)-1].Options; len(offered) != 2 || result.Undone || l.read(".env") != was {
		t.Errorf("offered %q, undone %v", offered, result.Undone)
	}
}

func TestNoticesOfTheFirstRoundAreForgotten(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	refuse(l, 1)
	result, _, err := l.ask([]string{l.dsn, "production", "", "", "answer again", "", "development", "", ""})
	l.well(result, err)
	if hasNotice(result, cause.DSNLocalReceiver) {
		t.Errorf("notices %+v", result.Notices)
	}
}

// TestRunsAtOnceKeepGitignoreAndUndoWhole has eight runs write all files of one
// project.
func TestRunsAtOnceKeepGitignoreAndUndoWhole(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	checkout(t, l.dir)
	errs := make(chan error, 8)
	for n := range cap(errs) {
		options := l.options(noProof, withDSN(l.dsn), given(func(g *setup.Given) { g.Example, g.SampleRate = yes(), fmt.Sprintf("0.%d", n+1) }))
		options.Show.W = io.Discard
		go func() {
			_, err := setup.Run(context.Background(), options)
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if got := l.read(".gitignore"); got != ".env\n.env.bbctl-*\n" {
		t.Errorf(".gitignore is %q", got)
	}
	if n := strings.Count(l.read(".env"), "SENTRY_SAMPLE_RATE="); n != 1 {
		t.Errorf(".env has %d sample rates\n%s", n, l.read(".env"))
	}
	l.well(setup.Undo(context.Background(), l.options()))
}

func TestOnlyGitignoreIsWrittenWithoutFalseAlarm(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.well(l.run(withDSN(l.dsn)))
	checkout(t, l.dir)
	result := l.well(l.run())
	if len(result.Files) != 1 || result.Files[0].File != ".gitignore" || len(result.Notices) != 0 || !result.Proof.Accepted() {
		t.Errorf("files %+v, notices %+v", result.Files, result.Notices)
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

func TestUndoThroughAnotherWayToTheFolder(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(l.dir, link); err != nil {
		t.Fatal(err)
	}
	l.write(".env", "A=1\n")
	l.well(l.run(noProof, withDSN(l.dsn), func(o *setup.Options) { o.Dir = link }))
	l.well(setup.Undo(context.Background(), l.options()))
	if l.read(".env") != "A=1\n" {
		t.Errorf("undone to %q", l.read(".env"))
	}
}

func TestUndoCommandCanBeCopied(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"":        "bbctl setup --undo",
		"qa.env":  "bbctl setup --undo --env-file qa.env",
		"it's me": `bbctl setup --undo --env-file 'it'\''s me'`,
	} {
		if got := setup.UndoCommand(file); got != want {
			t.Errorf("%q: %s", file, got)
		}
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

// TestFolderWithANameThatIsNoUTF8 can be undone too.
func TestFolderWithANameThatIsNoUTF8(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	dir := l.path("nu\xe9")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Skipf("this file system has no such names: %v", err)
	}
	there := func(o *setup.Options) { o.Dir = dir }
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte("A=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l.well(l.run(noProof, withDSN(l.dsn), there))
	l.well(setup.Undo(context.Background(), l.options(there)))
	if b, err := os.ReadFile(filepath.Join(dir, ".env")); err != nil || string(b) != "A=1\n" {
		t.Errorf("undone to %q (%v)", b, err)
	}
}

// TestDefaultYieldsToWhatAnotherRunWasAsked: the file gets an answer between
// the plan and the lock.
func TestDefaultYieldsToWhatAnotherRunWasAsked(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.write(".env", "A=1\n")
	const meanwhile = "A=1\nSENTRY_ENVIRONMENT=qa\nSENTRY_SEND_DEFAULT_PII=true\nSENTRY_SAMPLE_RATE=0.7\n"
	options := l.options(noProof, withDSN(l.dsn), given(func(g *setup.Given) { g.SampleRate = "0.5" }))
	options.Now = func() time.Time { return l.now }
	options.Show.Redact = func(s string) string { return s }
	options.StateDirs = []string{l.state}
	// The warning is told after the plan's beginning and before the file is
	// written: the moment in which another run may come.
	options.Environ = []string{"SENTRY_DEBUG=true"}
	options.Given.Debug = no()
	options.Show.W = writerFunc(func(b []byte) (int, error) {
		if strings.Contains(string(b), "another value of SENTRY_DEBUG") {
			l.write(".env", meanwhile)
		}
		return len(b), nil
	})
	result := l.well(setup.Run(context.Background(), options))
	values := config.ReadSample([]byte(l.read(".env")))
	if values["SENTRY_ENVIRONMENT"] != "qa" || values["SENTRY_SEND_DEFAULT_PII"] != "true" || values["SENTRY_SAMPLE_RATE"] != "0.5" || values["SENTRY_DSN"] != l.dsn {
		t.Errorf("values %v", values)
	}
	for _, c := range result.Files[0].Changes {
		if c.Key == "SENTRY_ENVIRONMENT" {
			t.Errorf("it is said to be %s", c.Action)
		}
	}
}

type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(b []byte) (int, error) { return w(b) }

// TestGitThatGivesNoAnswer: the checkout is broken, so that only .gitignore
// tells.
func TestGitThatGivesNoAnswer(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	checkout(t, l.dir)
	if err := os.WriteFile(l.path(".git/config"), []byte("[broken\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	result := l.well(l.run(noProof, withDSN(l.dsn)))
	if !hasNotice(result, cause.EnvFileTracked) || !strings.HasPrefix(l.read(".gitignore"), ".env\n") {
		t.Errorf("notices %+v, .gitignore %q", result.Notices, l.read(".gitignore"))
	}
	if result = l.well(l.run(noProof)); result.Planned {
		t.Errorf("a second run would change %+v", result.Files)
	}
}

func TestLinkToAFileThatGitSeesIsTold(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	checkout(t, l.dir)
	l.write("shared.txt", "A=1\n")
	git(t, l.dir, "add", "shared.txt")
	if err := os.Symlink("shared.txt", l.path(".env")); err != nil {
		t.Fatal(err)
	}
	l.well(l.run(noProof, withDSN(l.dsn)))
	if said := l.talk.String(); !strings.Contains(said, ".env leads to shared.txt, which git does not ignore") {
		t.Errorf("it said\n%s", said)
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

// TestCompanionThatWasChangedSinceIsLeftAlone: .env is put back all the same.
func TestCompanionThatWasChangedSinceIsLeftAlone(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	checkout(t, l.dir)
	l.write(".env", "A=1\n")
	l.well(l.run(noProof, withDSN(l.dsn)))
	l.write(".gitignore", l.read(".gitignore")+"*.pyc\n")
	result := l.well(setup.Undo(context.Background(), l.options()))
	if l.read(".env") != "A=1\n" || !strings.HasSuffix(l.read(".gitignore"), "*.pyc\n") || len(result.Notices) == 0 {
		t.Errorf(".env %q, .gitignore %q, notices %+v", l.read(".env"), l.read(".gitignore"), result.Notices)
	}
}

// TestRunWaitsForAnotherOne, and writes nothing until then.
func TestRunWaitsForAnotherOne(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	first := l.well(l.run(noProof, withDSN(l.dsn)))
	unlock, err := durable.Lock(context.Background(), filepath.Join(filepath.Dir(first.Backup), "run"), 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	was := l.read(".env")
	change := given(func(g *setup.Given) { g.SampleRate = "0.5" })
	if _, err := setup.Run(ctx, l.options(noProof, change)); !errors.Is(err, context.DeadlineExceeded) || l.read(".env") != was {
		t.Errorf("error %v", err)
	}
	unlock()
	l.well(l.run(noProof, change))
}
