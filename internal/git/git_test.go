package git

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// checkout makes a repository with one commit and one ignored file.
func checkout(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := t.TempDir()
	gitIn(t, dir, "init", "--quiet", "--initial-branch=main")
	write(t, filepath.Join(dir, "kept.txt"), "kept")
	write(t, filepath.Join(dir, ".gitignore"), ".env\n")
	write(t, filepath.Join(dir, "sub", "other.txt"), "other")
	gitIn(t, dir, "add", ".")
	gitIn(t, dir, "commit", "--quiet", "--message=first")
	return dir
}

// gitIn runs git without the settings of whoever runs the tests.
func gitIn(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	// A hook that runs the tests has GIT_DIR and the like set to this repository.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(line string) bool { return strings.HasPrefix(line, "GIT_") })
	cmd.Env = append(cmd.Env, "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Test", "GIT_AUTHOR_EMAIL=test@example.com",
		"GIT_COMMITTER_NAME=Test", "GIT_COMMITTER_EMAIL=test@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestHeadIsWhatGitSays compares with git itself in every layout that keeps
// the commit elsewhere.
func TestHeadIsWhatGitSays(t *testing.T) {
	t.Parallel()
	layouts := map[string]func(t *testing.T, dir string) string{
		"branch":    func(_ *testing.T, dir string) string { return dir },
		"subfolder": func(_ *testing.T, dir string) string { return filepath.Join(dir, "sub") },
		"detached":  func(t *testing.T, dir string) string { gitIn(t, dir, "checkout", "--quiet", "--detach"); return dir },
		"packed":    func(t *testing.T, dir string) string { gitIn(t, dir, "pack-refs", "--all"); return dir },
		"branch/folder": func(t *testing.T, dir string) string {
			gitIn(t, dir, "checkout", "--quiet", "-b", "fix/a/b")
			return dir
		},
		"packed, then moved": func(t *testing.T, dir string) string {
			gitIn(t, dir, "pack-refs", "--all")
			gitIn(t, dir, "commit", "--quiet", "--allow-empty", "--message=second")
			return dir
		},
		"worktree": func(t *testing.T, dir string) string {
			tree := filepath.Join(t.TempDir(), "tree")
			gitIn(t, dir, "worktree", "add", "--quiet", "-b", "beside", tree)
			gitIn(t, tree, "commit", "--quiet", "--allow-empty", "--message=beside")
			return tree
		},
		"worktree, packed": func(t *testing.T, dir string) string {
			tree := filepath.Join(t.TempDir(), "tree")
			gitIn(t, dir, "worktree", "add", "--quiet", "-b", "beside", tree)
			gitIn(t, dir, "pack-refs", "--all")
			return tree
		},
		"submodule": func(t *testing.T, dir string) string {
			outer := checkout(t)
			gitIn(t, outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", dir, "inner")
			return filepath.Join(outer, "inner")
		},
		"empty .git below": func(t *testing.T, dir string) string {
			below := filepath.Join(dir, "vendor", ".git")
			if err := os.MkdirAll(below, 0o755); err != nil {
				t.Fatal(err)
			}
			return filepath.Dir(below)
		},
	}
	for name, prepare := range layouts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := prepare(t, checkout(t))
			want := gitIn(t, dir, "rev-parse", "HEAD")
			got, err := Head(t.Context(), dir)
			if err != nil || got != want {
				t.Errorf("Head = %q, %v; git says %q", got, err, want)
			}
		})
	}
}

func TestHeadOfSHA256Repository(t *testing.T) {
	t.Parallel()
	checkout(t) // skips without git
	dir := t.TempDir()
	gitIn(t, dir, "init", "--quiet", "--object-format=sha256")
	gitIn(t, dir, "commit", "--quiet", "--allow-empty", "--message=first")
	got, err := Head(t.Context(), dir)
	if want := gitIn(t, dir, "rev-parse", "HEAD"); err != nil || got != want || len(got) != 64 {
		t.Errorf("Head = %q, %v; git says %q", got, err, want)
	}
}

// TestHeadNeedsNoGit reads a checkout that was written by hand, as a container
// without git meets it.
func TestHeadNeedsNoGit(t *testing.T) {
	t.Parallel()
	const sha = "0123456789abcdef0123456789abcdef01234567"
	tests := map[string]struct {
		files map[string]string
		want  string
		err   error
	}{
		"loose":      {map[string]string{".git/HEAD": "ref: refs/heads/main\n", ".git/refs/heads/main": sha + "\n"}, sha, nil},
		"detached":   {map[string]string{".git/HEAD": sha + "\n"}, sha, nil},
		"packed":     {map[string]string{".git/HEAD": "ref: refs/heads/main\n", ".git/packed-refs": "# pack-refs with: peeled\n" + sha + " refs/heads/main\n^" + sha + "\n"}, sha, nil},
		"no commit":  {map[string]string{".git/HEAD": "ref: refs/heads/main\n"}, "", ErrNoCommit},
		"other ref":  {map[string]string{".git/HEAD": "ref: refs/heads/main\n", ".git/packed-refs": sha + " refs/heads/mainly\n"}, "", ErrNoCommit},
		"gitdir":     {map[string]string{".git": "gitdir: elsewhere/state\n", "elsewhere/state/HEAD": sha, "elsewhere/state/objects/info/packs": ""}, sha, nil},
		"not a repo": {map[string]string{".git/config": ""}, "", ErrNoRepository},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for path, text := range test.files {
				write(t, filepath.Join(dir, filepath.FromSlash(path)), text)
			}
			if _, ok := test.files[".git/HEAD"]; ok {
				write(t, filepath.Join(dir, ".git", "objects", "info", "packs"), "")
			}
			got, err := Head(t.Context(), dir)
			if got != test.want || !errors.Is(err, test.err) {
				t.Errorf("Head = %q, %v; want %q, %v", got, err, test.want, test.err)
			}
		})
	}
}

func TestHeadRefusesWhatIsNoCommit(t *testing.T) {
	t.Parallel()
	for name, head := range map[string]string{
		"garbage": "hello", "outside": "ref: ../../etc/passwd", "circle": "ref: HEAD", "short": "0123456",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, filepath.Join(dir, ".git", "HEAD"), head)
			write(t, filepath.Join(dir, ".git", "objects", "x"), "")
			if got, err := Head(t.Context(), dir); err == nil {
				t.Errorf("Head = %q, want an error", got)
			}
		})
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	gitIn(t, dir, "-c", "tag.gpgSign=false", "tag", "-a", "v1.2.0", "--message=release")
	write(t, filepath.Join(dir, "kept.txt"), "changed")
	got, err := Describe(t.Context(), dir)
	if err != nil || !strings.HasPrefix(got, "v1.2.0-0-g") || !strings.HasSuffix(got, "-dirty") {
		t.Errorf("Describe = %q, %v; want v1.2.0-0-g…-dirty", got, err)
	}
	if _, err := Describe(t.Context(), t.TempDir()); !errors.Is(err, ErrNoRepository) {
		t.Errorf("Describe outside = %v, want ErrNoRepository", err)
	}
}

func TestRoot(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	got, err := Root(t.Context(), filepath.Join(dir, "sub"))
	if err != nil || got != dir {
		t.Errorf("Root = %q, %v; want %q", got, err, dir)
	}
}

func TestTrackedAndIgnored(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	write(t, filepath.Join(dir, ".env"), "A=b\n")
	write(t, filepath.Join(dir, "new.txt"), "new")
	write(t, filepath.Join(dir, "[ab].txt"), "a name that is a pattern too")
	write(t, filepath.Join(dir, "a.txt"), "a")
	gitIn(t, dir, "add", "a.txt")
	// An entry that is only announced has a longer form in the index.
	write(t, filepath.Join(dir, "announced.txt"), "b")
	gitIn(t, dir, "add", "--intent-to-add", "announced.txt")
	tests := []struct {
		path             string
		tracked, ignored bool
	}{
		{"announced.txt", true, false},
		{"kept.txt", true, false},
		{"sub/other.txt", true, false},
		{".env", false, true},
		{"new.txt", false, false},
		{"[ab].txt", false, false},
		{"absent.txt", false, false},
	}
	for _, test := range tests {
		path := filepath.Join(dir, filepath.FromSlash(test.path))
		if got, err := Tracked(t.Context(), path); err != nil || got != test.tracked {
			t.Errorf("Tracked(%s) = %t, %v; want %t", test.path, got, err, test.tracked)
		}
		repo, name, err := locate(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := repo.indexed(name); err != nil || got != test.tracked {
			t.Errorf("indexed(%s) = %t, %v; want %t", test.path, got, err, test.tracked)
		}
		if got, err := Ignored(t.Context(), path); err != nil || got != test.ignored {
			t.Errorf("Ignored(%s) = %t, %v; want %t", test.path, got, err, test.ignored)
		}
	}
	outside := filepath.Join(t.TempDir(), ".env")
	if _, err := Tracked(t.Context(), outside); !errors.Is(err, ErrNoRepository) {
		t.Errorf("Tracked outside = %v, want ErrNoRepository", err)
	}
}

// TestOtherUsersCheckout runs in a checkout that git refuses because another
// user owns it, as a container meets a mounted one.
func TestOtherUsersCheckout(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	dir := checkout(t)
	want := gitIn(t, dir, "rev-parse", "HEAD")
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, 65534, 65534)
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Head(t.Context(), dir); err != nil || got != want {
		t.Errorf("Head = %q, %v; want %q", got, err, want)
	}
	for name, tracked := range map[string]bool{"kept.txt": true, "absent.txt": false} {
		if got, err := Tracked(t.Context(), filepath.Join(dir, name)); err != nil || got != tracked {
			t.Errorf("Tracked(%s) = %t, %v; want %t", name, got, err, tracked)
		}
	}
	// Whoever has declared every directory safe gets an answer here too.
	if _, err := Ignored(t.Context(), filepath.Join(dir, ".env")); err != nil && !errors.Is(err, ErrUnavailable) {
		t.Errorf("Ignored = %v, want ErrUnavailable", err)
	}
}

// TestEnvironmentOfAHookIsIgnored runs where GIT_DIR points elsewhere, as in a
// hook.
func TestEnvironmentOfAHookIsIgnored(t *testing.T) {
	dir, other := checkout(t), checkout(t)
	gitIn(t, other, "commit", "--quiet", "--allow-empty", "--message=second")
	want := gitIn(t, dir, "rev-parse", "--short", "HEAD")
	t.Setenv("GIT_DIR", filepath.Join(other, ".git"))
	if got, err := Describe(t.Context(), dir); err != nil || got != want {
		t.Errorf("Describe = %q, %v; want %q", got, err, want)
	}
}

func TestCancelledContextEndsGit(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Describe(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("Describe = %v, want context.Canceled", err)
	}
}

func FuzzInIndex(f *testing.F) {
	f.Add([]byte("DIRC\x00\x00\x00\x02\x00\x00\x00\x01"), "a")
	f.Add(append([]byte("DIRC\x00\x00\x00\x02\x00\x00\x00\x01"), append(make([]byte, entryFixed), "kept.txt\x00\x00"...)...), "kept.txt")
	f.Fuzz(func(_ *testing.T, b []byte, name string) {
		_, _ = inIndex(b, name, entryFixed) // must end, and not read past the end
	})
}

func BenchmarkHead(b *testing.B) {
	dir := b.TempDir()
	for path, text := range map[string]string{"HEAD": "0123456789abcdef0123456789abcdef01234567\n", "objects/x": ""} {
		full := filepath.Join(dir, ".git", path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if _, err := Head(b.Context(), dir); err != nil {
			b.Fatal(err)
		}
	}
}
