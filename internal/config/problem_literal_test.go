package config

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// carriedOut runs a fix as somebody does who copies it into a shell.
func carriedOut(t *testing.T, dir, fix string) {
	t.Helper()
	for _, name := range []string{"sh", "iconv"} {
		if _, err := exec.LookPath(name); err != nil || runtime.GOOS == "windows" {
			t.Skip(name + " is not there")
		}
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", fix)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", fix, err, out)
	}
}

// TestTheFixOfATrackedFileWorksAsItStands: in the root and below it, with a
// .gitignore that ends in a newline, in none, or is not there.
func TestTheFixOfATrackedFileWorksAsItStands(t *testing.T) {
	t.Parallel()
	ignoring := func(text string) func(*testing.T, string) {
		return func(t *testing.T, dir string) { t.Helper(); put(t, dir, ".gitignore", text) }
	}
	added := func(t *testing.T, dir string) { t.Helper(); inGit(t, dir, "add", ".env") }
	steps := []struct {
		name    string
		from    string // the working directory
		prepare func(t *testing.T, dir string)
		want    string // in the fix; empty: no problem
	}{
		{"ignored", ".", ignoring(".env\n"), ""},
		{"not ignored", ".", func(*testing.T, string) {}, "echo .env >> .gitignore"},
		{"no newline at the end", ".", ignoring("node_modules"), `printf '\n%s\n' .env >> .gitignore`},
		{"an exception", ".", ignoring("*.log\n!.env\n"), "echo .env >> .gitignore"},
		{"from below", "sub", ignoring("node_modules"), `printf '\n%s\n' .env >> ../.gitignore`},
		{"tracked", ".", added, "git rm --cached .env && "},
		{"tracked, from below", "sub", added, "git -C .. rm --cached .env && echo .env >> ../.gitignore"},
		{"tracked and ignored", ".", func(t *testing.T, dir string) { t.Helper(); added(t, dir); put(t, dir, ".gitignore", ".env\n") }, "git rm --cached .env"},
	}
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			t.Parallel()
			dir := repository(t)
			put(t, dir, ".env", "SENTRY_ENVIRONMENT=production\n")
			step.prepare(t, dir)
			from := filepath.Join(dir, step.from)
			if err := os.MkdirAll(from, 0o755); err != nil {
				t.Fatal(err)
			}
			found := only(load(t, from).Problems(), cause.EnvFileTracked)
			if (len(found) == 1) != (step.want != "") || len(found) == 1 && !strings.Contains(found[0].Fix, step.want) {
				t.Fatalf("got %+v, want %q", found, step.want)
			}
			if step.want == "" {
				return
			}
			carriedOut(t, from, found[0].Fix)
			if left := only(load(t, from).Problems(), cause.EnvFileTracked); len(left) > 0 {
				t.Errorf("afterwards there is %+v", left)
			}
			if _, err := os.Stat(filepath.Join(dir, ".env")); err != nil {
				t.Error(err)
			}
		})
	}
}

// inUTF16 is a text with a byte-order mark, the low byte first.
func inUTF16(text string) string {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

// TestTheFixOfAnotherEncodingWorksAsItStands and keeps the mode of the file.
func TestTheFixOfAnotherEncodingWorksAsItStands(t *testing.T) {
	t.Parallel()
	text := "# Gäste\nSENTRY_ENVIRONMENT=production\n"
	tests := map[string]struct{ file, fix string }{
		"latin1":              {strings.ReplaceAll(text, "ä", "\xe4"), "iconv -f latin1"},
		"Windows":             {strings.ReplaceAll(text, "Gäste", "\x80 5"), "iconv -f CP1252"},
		"UTF-16":              {inUTF16(text), "iconv -f UTF-16 "},
		"UTF-16 without mark": {inUTF16(text)[2:], "iconv -f UTF-16LE"},
		"NUL":                 {text + "A=\x00b\n", "tr -d"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, ".env")
			if err := os.WriteFile(path, []byte(test.file), 0o600); err != nil {
				t.Fatal(err)
			}
			found := only(load(t, dir).Problems(), cause.EnvFileUnreadable)
			if len(found) != 1 || !strings.Contains(found[0].Fix, test.fix) {
				t.Fatalf("got %+v, want %s", found, test.fix)
			}
			carriedOut(t, dir, found[0].Fix)
			c := load(t, dir)
			if left := c.file.unreadable; left != "" || c.Environment() != "production" {
				t.Errorf("afterwards: %q, %s", left, c.Environment())
			}
			info, err := os.Stat(path)
			if err != nil || info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
				t.Errorf("%v, %v", info.Mode(), err)
			}
		})
	}
}

// errRoot is why a test of permissions cannot be made.
var errRoot = errors.New("root and Windows read everything")

// TestTheFixOfAnUnreadableFileFitsTheReason where it is another one.
func TestTheFixOfAnUnreadableFileFitsTheReason(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(path string) error
		fix     string
	}{
		"a folder":            {func(path string) error { return os.Mkdir(path, 0o755) }, "rmdir .env && bbctl setup"},
		"a folder with files": {func(path string) error { return os.MkdirAll(filepath.Join(path, "x"), 0o755) }, "mv .env .env.d && bbctl setup"},
		"a link":              {func(path string) error { return os.Symlink("absent", path) }, "rm .env && bbctl setup"},
		"a mixture":           {func(path string) error { return os.WriteFile(path, []byte("A=ä\nB=\xe4\n"), 0o600) }, "type line 2 of .env anew"},
		"too large":           {func(path string) error { return os.WriteFile(path, bytes.Repeat([]byte("#\n"), 5<<20), 0o600) }, "it has 10 MiB, and 8 are read"},
		"no permission": {func(path string) error {
			if os.Geteuid() <= 0 {
				return errRoot
			}
			return os.WriteFile(path, []byte("A=b\n"), 0o000)
		}, "chmod u+r .env"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := test.prepare(filepath.Join(dir, ".env")); errors.Is(err, errRoot) {
				t.Skip(err)
			} else if err != nil {
				t.Fatal(err)
			}
			found := only(load(t, dir).Problems(), cause.EnvFileUnreadable)
			if len(found) != 1 || !strings.Contains(found[0].Fix, test.fix) {
				t.Errorf("got %+v, want %s", found, test.fix)
			}
		})
	}
}
