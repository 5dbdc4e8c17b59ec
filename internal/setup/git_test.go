package setup_test

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/setup"
)

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
