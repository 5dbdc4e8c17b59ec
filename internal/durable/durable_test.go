package durable

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// secret stands in every file of these tests: no error may hold it.
const secret = "planted-secret-5f0c"

const limit = 1 << 20

var errStop = errors.New("changed my mind")

// drafts are the two ways to make a new file: the one of this system, and the
// one of file systems that know no unnamed files.
func drafts(t *testing.T, test func(t *testing.T, draft drafter)) {
	for name, draft := range map[string]drafter{"system": newDraft, "named": namedDraft} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, draft)
		})
	}
}

// file makes a .env of the given bytes in a folder of its own.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), ".env")
	write(t, path, text)
	return path
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func stat(t *testing.T, path string) fs.FileInfo {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func to(text string) func(*File) ([]byte, error) {
	return func(*File) ([]byte, error) { return []byte(text), nil }
}

// holds checks the bytes of a file, and that it is alone in its folder but for
// the files named.
func holds(t *testing.T, path, text string, others ...string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != text {
		t.Errorf("%s holds %.80q, want %.80q", filepath.Base(path), b, text)
	}
	alone(t, filepath.Dir(path), append(others, filepath.Base(path))...)
}

func alone(t *testing.T, folder string, names ...string) {
	t.Helper()
	var got []string
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		got = append(got, e.Name())
	}
	sorted := cmp.Transformer("set", func(s []string) map[string]bool {
		set := map[string]bool{}
		for _, name := range s {
			set[name] = true
		}
		return set
	})
	if diff := cmp.Diff(names, got, sorted); diff != "" {
		t.Errorf("the folder (-want +got):\n%s", diff)
	}
}

// failed checks an error: what it is, that it is a *fs.PathError of the path,
// and that it holds nothing of the file.
func failed(t *testing.T, path string, err, want error) {
	t.Helper()
	var named *fs.PathError
	if !errors.Is(err, want) || !errors.As(err, &named) || named.Path != path {
		t.Errorf("got error %v (%T), want a path error with %v", err, err, want)
	}
	if err != nil && strings.Contains(err.Error(), secret) {
		t.Errorf("the error holds bytes of the file: %v", err)
	}
}

func TestUpdateReplacesTheFile(t *testing.T) {
	t.Parallel()
	drafts(t, func(t *testing.T, draft drafter) {
		path := file(t, "A="+secret)
		before := stat(t, path)
		out, err := update(t.Context(), path, Options{Limit: limit}, func(f *File) ([]byte, error) {
			if want := "A=" + secret; string(f.Bytes) != want || !f.Exists {
				t.Errorf("change is given %+v", f)
			}
			return append(f.Bytes, "\nB=2\n"...), nil
		}, draft)
		if diff := cmp.Diff(Outcome{Changed: true}, out); diff != "" || err != nil {
			t.Errorf("error %v, outcome (-want +got):\n%s", err, diff)
		}
		holds(t, path, "A="+secret+"\nB=2\n")
		if os.SameFile(before, stat(t, path)) {
			t.Error("it was overwritten, not replaced")
		}
	})
}

func TestUpdateMakesANewFile(t *testing.T) {
	t.Parallel()
	drafts(t, func(t *testing.T, draft drafter) {
		path := filepath.Join(t.TempDir(), ".env")
		out, err := update(t.Context(), path, Options{Limit: limit}, to("A=1"), draft)
		if diff := cmp.Diff(Outcome{Created: true, Changed: true}, out); diff != "" || err != nil {
			t.Errorf("error %v, outcome (-want +got):\n%s", err, diff)
		}
		holds(t, path, "A=1")
	})
}

func TestTheSameBytesTouchNothing(t *testing.T) {
	t.Parallel()
	path := file(t, "A=1")
	before := stat(t, path)
	out, err := Update(t.Context(), path, Options{Limit: limit}, to("A=1"))
	if err != nil || out != (Outcome{}) {
		t.Errorf("got %+v, %v", out, err)
	}
	after := stat(t, path)
	if !os.SameFile(before, after) || !before.ModTime().Equal(after.ModTime()) {
		t.Error("the file was touched")
	}
	missing := filepath.Join(t.TempDir(), ".env")
	if out, err := Update(t.Context(), missing, Options{Limit: limit}, to("")); err != nil || out != (Outcome{}) {
		t.Errorf("a file of no bytes: got %+v, %v", out, err)
	}
	alone(t, filepath.Dir(missing))
}

func TestAnErrorOfTheChangeIsReturnedAsItIs(t *testing.T) {
	t.Parallel()
	path := file(t, "A=1")
	_, err := Update(t.Context(), path, Options{Limit: limit}, func(*File) ([]byte, error) { return []byte("B"), errStop })
	if err != errStop { //nolint:errorlint // as it is
		t.Errorf("got %v", err)
	}
	holds(t, path, "A=1")
}

// TestALostRaceIsAnError has another program, which knows nothing of locks,
// write between the reading and the rename.
func TestALostRaceIsAnError(t *testing.T) {
	t.Parallel()
	old, theirs := "A="+secret, "A=other-"+secret
	races := map[string]struct {
		race  func(t *testing.T, path string)
		holds string
	}{
		"written in place": {func(t *testing.T, path string) { write(t, path, theirs) }, theirs},
		"as many bytes":    {func(t *testing.T, path string) { write(t, path, "B="+secret) }, "B=" + secret},
		"other mode": {func(t *testing.T, path string) {
			if err := os.Chmod(path, 0o400); err != nil {
				t.Fatal(err)
			}
		}, old},
		"replaced by the same bytes": {func(t *testing.T, path string) {
			write(t, path+".theirs", old)
			if err := os.Rename(path+".theirs", path); err != nil {
				t.Fatal(err)
			}
		}, old},
	}
	for name, race := range races {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			drafts(t, func(t *testing.T, draft drafter) {
				path := file(t, old)
				out, err := update(t.Context(), path, Options{Limit: limit}, func(*File) ([]byte, error) {
					race.race(t, path)
					return []byte("ours"), nil
				}, draft)
				failed(t, path, err, ErrChanged)
				if out != (Outcome{}) {
					t.Errorf("got %+v", out)
				}
				holds(t, path, race.holds)
			})
		})
	}
}

func TestAFileThatOthersMadeOrRemovedIsALostRace(t *testing.T) {
	t.Parallel()
	drafts(t, func(t *testing.T, draft drafter) {
		path := filepath.Join(t.TempDir(), ".env")
		_, err := update(t.Context(), path, Options{Limit: limit}, func(*File) ([]byte, error) {
			write(t, path, "theirs")
			return []byte("ours"), nil
		}, draft)
		failed(t, path, err, ErrChanged)
		holds(t, path, "theirs")
		_, err = update(t.Context(), path, Options{Limit: limit}, func(*File) ([]byte, error) {
			return []byte("ours"), os.Remove(path)
		}, draft)
		failed(t, path, err, ErrChanged)
		alone(t, filepath.Dir(path))
	})
}

// TestTheLastStepOverwritesNothing goes past the comparison: a name that is
// taken at the very end is not taken over.
func TestTheLastStepOverwritesNothing(t *testing.T) {
	t.Parallel()
	drafts(t, func(t *testing.T, draft drafter) {
		path := file(t, "theirs")
		d, err := draft(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.place(path, false); !errors.Is(err, fs.ErrExist) {
			t.Errorf("got %v", err)
		}
		d.discard()
		holds(t, path, "theirs")
	})
}

func TestTheEndOfTheContextIsObeyedBeforeTheFirstChange(t *testing.T) {
	t.Parallel()
	path := file(t, "A=1")
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Update(ctx, path, Options{Limit: limit}, func(*File) ([]byte, error) {
		cancel()
		return []byte("B=2"), nil
	})
	failed(t, path, err, context.Canceled)
	holds(t, path, "A=1")
}

func TestAFileIsNeverLargerThanTheLimit(t *testing.T) {
	t.Parallel()
	path := file(t, strings.Repeat("x", 100))
	if _, err := Read(path, 100); err != nil {
		t.Error(err)
	}
	_, err := Read(path, 99)
	failed(t, path, err, ErrTooLarge)
	_, err = Update(t.Context(), path, Options{Limit: 100}, to(strings.Repeat("y", 101)))
	failed(t, path, err, ErrTooLarge)
	holds(t, path, strings.Repeat("x", 100))
}

func TestWhatIsReadOnlyIsNotWritten(t *testing.T) {
	t.Parallel()
	path := file(t, "A=1")
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	f, err := Read(path, limit)
	if err != nil || !errors.Is(f.Unwritable, ErrReadOnly) || f.Mode != 0o444 {
		t.Errorf("got %+v, %v", f, err)
	}
	_, err = Update(t.Context(), path, Options{Limit: limit}, to("B"))
	failed(t, path, err, ErrReadOnly)
	failed(t, path, Remove(t.Context(), path, []byte("A=1")), ErrReadOnly)
	if out, err := Update(t.Context(), path, Options{Limit: limit}, to("A=1")); err != nil || out.Changed {
		t.Errorf("the same bytes: got %+v, %v", out, err)
	}
	holds(t, path, "A=1")
}

func TestAFolderIsNotAFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	_, err := Read(folder, limit)
	failed(t, folder, err, ErrNotRegular)
	_, err = Update(t.Context(), folder, Options{Limit: limit}, to("A"))
	failed(t, folder, err, ErrNotRegular)
}

func TestAFileInAMissingFolderCannotBeMade(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "missing", ".env")
	f, err := Read(path, limit)
	if err != nil || f.Exists || !errors.Is(f.Unwritable, fs.ErrNotExist) || f.Target == "" {
		t.Errorf("got %+v, %v", f, err)
	}
	_, err = Update(t.Context(), path, Options{Limit: limit}, to("A"))
	failed(t, path, err, fs.ErrNotExist)
}

func TestReadChangesNothing(t *testing.T) {
	t.Parallel()
	path := file(t, "A=1")
	f, err := Read(path, limit)
	if err != nil {
		t.Fatal(err)
	}
	want := &File{Path: path, Target: f.Target, Exists: true, Bytes: []byte("A=1"), Mode: 0o600}
	if diff := cmp.Diff(want, f); diff != "" || !filepath.IsAbs(f.Target) {
		t.Errorf("target %s (-want +got):\n%s", f.Target, diff)
	}
	other := filepath.Join(filepath.Dir(path), "new")
	if f, err := Read(other, limit); err != nil || f.Exists || f.Unwritable != nil || f.Mode != 0 {
		t.Errorf("got %+v, %v", f, err)
	}
	holds(t, path, "A=1")
}

func TestRemoveTakesOnlyWhatIsExpected(t *testing.T) {
	t.Parallel()
	path := file(t, "A="+secret)
	for _, expected := range []string{"", "A=", "A=" + secret + "x", strings.Repeat("x", len("A="+secret))} {
		failed(t, path, Remove(t.Context(), path, []byte(expected)), ErrChanged)
	}
	holds(t, path, "A="+secret)
	if err := Remove(t.Context(), path, []byte("A="+secret)); err != nil {
		t.Error(err)
	}
	alone(t, filepath.Dir(path))
	failed(t, path, Remove(t.Context(), path, []byte("A="+secret)), ErrChanged)
}

// TestLeftOversAreRemoved leaves what was not made here.
func TestLeftOversAreRemoved(t *testing.T) {
	t.Parallel()
	path := file(t, "A=1")
	folder := filepath.Dir(path)
	write(t, tempName(path), secret)
	write(t, path+".bbctl-1.tmp", secret)
	kept := []string{".env.bbctl-1.tmp.bak", ".env.bak", ".env.local", ".env.local.bbctl-1.tmp"}
	for _, name := range kept {
		write(t, filepath.Join(folder, name), "mine")
	}
	if err := os.Mkdir(path+".bbctl-2.tmp", 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Update(t.Context(), path, Options{Limit: limit}, to("A=1")); err != nil {
		t.Fatal(err)
	}
	holds(t, path, "A=1", append(kept, ".env.bbctl-2.tmp")...)
}

func TestAFailureLeavesNoDraft(t *testing.T) {
	t.Parallel()
	path := file(t, "A=1")
	d, err := namedDraft(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.file.WriteString(secret); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains([]byte(d.temp), []byte(".env.bbctl-")) || stat(t, d.temp).Mode().Perm() != 0o600 {
		t.Errorf("%s, mode %v", d.temp, stat(t, d.temp).Mode())
	}
	d.discard()
	holds(t, path, "A=1")
}
