package setup_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/durable"
	"github.com/bookedbarber/bbctl/internal/prompt"
	"github.com/bookedbarber/bbctl/internal/setup"
)

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
