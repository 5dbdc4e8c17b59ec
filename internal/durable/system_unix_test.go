//go:build unix

package durable

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// insideVar says to a test that it runs again, in a process made for it.
const insideVar = "BBCTL_DURABLE_INSIDE"

// plainUser is who a test runs as that root cannot run.
const plainUser = 65534

// inside says whether this is the process made for the test. Where it is not,
// it makes it, and reports what came of it.
func inside(t *testing.T, attr *syscall.SysProcAttr) bool {
	t.Helper()
	if os.Getenv(insideVar) == t.Name() {
		return true
	}
	// The folder of the test binary is closed to other users.
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	if _, err := os.Stat(cmd.Path); err != nil {
		cmd.Path = os.Args[0]
	}
	cmd.Env = append(os.Environ(), insideVar+"="+t.Name(), promptEnd)
	cmd.Dir, cmd.SysProcAttr = os.TempDir(), attr
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

// asPlainUser says whether the test runs as a user whom permissions bind. For
// root it starts it again as another.
func asPlainUser(t *testing.T) bool {
	t.Helper()
	if os.Geteuid() != 0 {
		return true
	}
	return inside(t, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: plainUser, Gid: plainUser}})
}

// agree lets a file be overwritten in place, and keeps the reason.
func agree(why *string) Options {
	return Options{Limit: limit, InPlace: func(w string) error { *why = w; return nil }}
}

// inPlace checks that a file is overwritten in place: foreseen, announced, and
// only with consent.
func inPlace(t *testing.T, path, want string) {
	t.Helper()
	old, err := Read(path, limit)
	if err != nil || !strings.Contains(old.InPlace, want) || old.Unwritable != nil {
		t.Fatalf("got %+v, %v", old, err)
	}
	before := stat(t, old.Target)
	_, err = Update(t.Context(), path, Options{Limit: limit}, to("B=2"))
	failed(t, path, err, ErrInPlace)
	_, err = Update(t.Context(), path, Options{Limit: limit, InPlace: func(string) error { return errStop }}, to("B=2"))
	if err != errStop { //nolint:errorlint // as it is
		t.Errorf("got %v", err)
	}
	if f, err := Read(path, limit); err != nil || string(f.Bytes) != string(old.Bytes) {
		t.Errorf("written without consent: %v", err)
	}
	var why string
	_, err = Update(t.Context(), path, Options{Limit: limit, InPlace: func(string) error { write(t, path, string(old.Bytes)+"!"); return nil }}, to("B=2"))
	failed(t, path, err, ErrChanged)
	for _, text := range []string{"A longer text than the one before, " + secret, "short", string(old.Bytes)} {
		out, err := Update(t.Context(), path, agree(&why), to(text))
		if err != nil || !out.Changed || out.InPlace != old.InPlace || why != old.InPlace {
			t.Errorf("got %+v, %v, asked with %q", out, err, why)
		}
		if f, err := Read(path, limit); err != nil || string(f.Bytes) != text {
			t.Errorf("it does not hold the new bytes: %v", err)
		}
	}
	if after := stat(t, old.Target); !os.SameFile(before, after) || before.Mode() != after.Mode() {
		t.Error("it was replaced")
	}
}

func TestPipesAndDevicesAreRefusedWithoutWaiting(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), ".env")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, os.DevNull} {
		done := make(chan error, 1)
		go func() {
			_, err := Read(path, limit)
			done <- err
		}()
		select {
		case err := <-done:
			failed(t, path, err, ErrNotRegular)
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: it waits", path)
		}
	}
}

func TestLinksStayAndLeadToTheNewFile(t *testing.T) {
	t.Parallel()
	drafts(t, func(t *testing.T, draft drafter) {
		folder := t.TempDir()
		for _, dir := range []string{"real/deep", "links"} {
			if err := os.MkdirAll(filepath.Join(folder, dir), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		target := filepath.Join(folder, "real", "env")
		write(t, target, "A=1")
		// A folder that is a link, too: ".." leads to real, not to links.
		for name, to := range map[string]string{"links/dir": "../real/deep", "links/one": "dir/../env", "links/two": "one"} {
			if err := os.Symlink(to, filepath.Join(folder, name)); err != nil {
				t.Fatal(err)
			}
		}
		path := filepath.Join(folder, "links", "two")
		out, err := update(t.Context(), path, Options{Limit: limit}, to("B=2"), draft)
		if err != nil || out != (Outcome{Changed: true}) {
			t.Errorf("got %+v, %v", out, err)
		}
		holds(t, target, "B=2", "deep")
		if link, err := os.Readlink(path); err != nil || link != "one" {
			t.Errorf("the link leads to %q, %v", link, err)
		}
	})
}

func TestALinkThatLeadsNowhereIsNotWritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), ".env")
	if err := os.Symlink("missing", path); err != nil {
		t.Fatal(err)
	}
	f, err := Read(path, limit)
	if err != nil || f.Exists || !errors.Is(f.Unwritable, ErrDangling) || filepath.Base(f.Target) != "missing" {
		t.Errorf("got %+v, %v", f, err)
	}
	_, err = Update(t.Context(), path, Options{Limit: limit}, to("A"))
	failed(t, path, err, ErrDangling)
	failed(t, path, Remove(t.Context(), path, nil), ErrChanged)
	round := filepath.Join(t.TempDir(), ".env")
	if err := os.Symlink(".env", round); err != nil {
		t.Fatal(err)
	}
	_, err = Read(round, limit)
	failed(t, round, err, syscall.ELOOP)
}

func TestALinkThatIsTurnedIsALostRace(t *testing.T) {
	t.Parallel()
	for name, move := range map[string]func(from, to string) error{
		"to another file":         func(_, to string) error { return os.WriteFile(to, []byte("A=1"), 0o600) },
		"after the file it moved": os.Rename,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			path, one, two := filepath.Join(folder, ".env"), filepath.Join(folder, "one"), filepath.Join(folder, "two")
			write(t, one, "A=1")
			if err := os.Symlink("one", path); err != nil {
				t.Fatal(err)
			}
			was, err := read(path, limit)
			if err != nil {
				t.Fatal(err)
			}
			var why string
			_, err = Update(t.Context(), path, agree(&why), func(*File) ([]byte, error) {
				return []byte("B=2"), errors.Join(move(one, two), os.Remove(path), os.Symlink("two", path))
			})
			failed(t, path, err, ErrChanged)
			if b, err := os.ReadFile(path); string(b) != "A=1" {
				t.Errorf("it holds %q, %v", b, err)
			}
			// The last comparison sees it too, however late it comes.
			if err := (unfinished{state: was}).same(); !errors.Is(err, ErrChanged) {
				t.Errorf("compared: got %v", err)
			}
		})
	}
}

func TestModeAndOwnerAreKept(t *testing.T) {
	t.Parallel()
	drafts(t, func(t *testing.T, draft drafter) {
		path := file(t, "A=1")
		owner := os.Geteuid()
		if owner == 0 { // only root gives files away
			owner = plainUser
		}
		if err := os.Chown(path, owner, -1); err != nil {
			t.Fatal(err)
		}
		for _, mode := range []fs.FileMode{0o640, 0o600, 0o666, 0o755} {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			if _, err := update(t.Context(), path, Options{Limit: limit, Mode: 0o604}, to("mode "+mode.String()), draft); err != nil {
				t.Fatal(err)
			}
			info := stat(t, path)
			if uid := info.Sys().(*syscall.Stat_t).Uid; info.Mode().Perm() != mode || int(uid) != owner {
				t.Errorf("mode %v, owner %d; want %v, %d", info.Mode(), uid, mode, owner)
			}
		}
	})
}

func TestANewFileHasTheModeAskedForWhateverTheUmask(t *testing.T) {
	if !inside(t, nil) { // the umask is the process's
		return
	}
	syscall.Umask(0o077)
	drafts(t, func(t *testing.T, draft drafter) {
		for given, want := range map[fs.FileMode]fs.FileMode{0: 0o600, 0o600: 0o600, 0o664: 0o664} {
			path := filepath.Join(t.TempDir(), ".env")
			if _, err := update(t.Context(), path, Options{Limit: limit, Mode: given}, to("A"), draft); err != nil {
				t.Fatal(err)
			}
			if got := stat(t, path).Mode().Perm(); got != want {
				t.Errorf("mode %v, want %v", got, want)
			}
		}
	})
}

func TestHardLinksAreNotBroken(t *testing.T) {
	t.Parallel()
	path := file(t, "A=1")
	other := filepath.Join(t.TempDir(), "other")
	if err := os.Link(path, other); err != nil {
		t.Fatal(err)
	}
	inPlace(t, path, "hard links")
	if !os.SameFile(stat(t, path), stat(t, other)) {
		t.Error("the names are of two files")
	}
}

// TestConcurrentProcessesInTwoFolders shares no lock of a folder: the names of
// one file.
func TestConcurrentProcessesInTwoFolders(t *testing.T) {
	t.Parallel()
	path := file(t, "# first\n")
	other := filepath.Join(t.TempDir(), ".env")
	if err := os.Link(path, other); err != nil {
		t.Fatal(err)
	}
	concurrent(t, path, other)
}

func TestAFolderThatCannotBeWritten(t *testing.T) {
	if !asPlainUser(t) {
		return
	}
	path := file(t, "A=1")
	if err := os.Chmod(filepath.Dir(path), 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(filepath.Dir(path), 0o700)
	inPlace(t, path, "folder cannot be written")
	missing := filepath.Join(filepath.Dir(path), "missing")
	f, err := Read(missing, limit)
	if err != nil || !errors.Is(f.Unwritable, fs.ErrPermission) {
		t.Errorf("got %+v, %v", f, err)
	}
	_, err = Update(t.Context(), missing, Options{Limit: limit}, to("A"))
	failed(t, missing, err, fs.ErrPermission)
	holds(t, path, "A=1")
}

// TestAFolderThatIsClosedMeanwhile finds out only in the act.
func TestAFolderThatIsClosedMeanwhile(t *testing.T) {
	if !asPlainUser(t) {
		return
	}
	drafts(t, func(t *testing.T, draft drafter) {
		path := file(t, "A=1")
		defer os.Chmod(filepath.Dir(path), 0o700)
		var why string
		out, err := update(t.Context(), path, agree(&why), func(*File) ([]byte, error) {
			return []byte("B=2"), os.Chmod(filepath.Dir(path), 0o500)
		}, draft)
		if err != nil || out.InPlace != "its folder cannot be written" || why != out.InPlace {
			t.Errorf("got %+v, %v, asked with %q", out, err, why)
		}
		holds(t, path, "B=2")
	})
}

// TestAFolderThatCannotBeRead is locked by a file that goes with the lock.
func TestAFolderThatCannotBeRead(t *testing.T) {
	if !asPlainUser(t) {
		return
	}
	path := file(t, "A=1")
	folder := filepath.Dir(path)
	if err := os.Chmod(folder, 0o300); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(folder, 0o700)
	out, err := Update(t.Context(), path, Options{Limit: limit}, func(*File) ([]byte, error) {
		_, err := Update(t.Context(), path, Options{Limit: limit, Wait: time.Millisecond}, to("C=3"))
		failed(t, path, err, ErrLocked)
		if !strings.Contains(err.Error(), path+lockEnd) {
			t.Errorf("the lock file is not named: %v", err)
		}
		return []byte("B=2"), nil
	})
	if err != nil || out != (Outcome{Changed: true}) {
		t.Errorf("got %+v, %v", out, err)
	}
	if err := os.Chmod(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	holds(t, path, "B=2")
}

func TestAFileThatCannotBeReadIsAnError(t *testing.T) {
	if !asPlainUser(t) {
		return
	}
	path := file(t, "A=1")
	if err := os.Chmod(path, 0o200); err != nil {
		t.Fatal(err)
	}
	_, err := Read(path, limit)
	failed(t, path, err, fs.ErrPermission)
}

// TestAFullDiskLosesNothing stands in for a full disk with a bound on the size
// of files, which needs no privilege.
func TestAFullDiskLosesNothing(t *testing.T) {
	if !inside(t, nil) { // the bound is the process's, and tests write files
		return
	}
	old := strings.Repeat("o", 100)
	path, linked := file(t, old), file(t, old)
	if err := os.Link(linked, linked+".other"); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	for _, bound := range []uint64{10, 150} {
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: bound, Max: was.Max}); err != nil {
			t.Fatal(err)
		}
		var why string
		_, named := update(t.Context(), path, agree(&why), to(strings.Repeat("n", 200)), namedDraft)
		_, system := Update(t.Context(), path, agree(&why), to(strings.Repeat("n", 200)))
		_, overwritten := Update(t.Context(), linked, agree(&why), to(strings.Repeat("n", 200)))
		_, shorter := Update(t.Context(), linked, agree(&why), to(strings.Repeat("n", 90)))
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &was); err != nil {
			t.Fatal(err)
		}
		failed(t, path, named, syscall.EFBIG)
		failed(t, path, system, syscall.EFBIG)
		failed(t, linked, overwritten, syscall.EFBIG)
		holds(t, path, old)
		if strings.Contains(overwritten.Error(), "damaged") {
			t.Errorf("the old bytes are there, and the error says: %v", overwritten)
		}
		if bound == 10 {
			failed(t, linked, shorter, syscall.EFBIG)
			holds(t, linked, old, ".env.other")
		} else {
			holds(t, linked, strings.Repeat("n", 90), ".env.other")
		}
	}
}
