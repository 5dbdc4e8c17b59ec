package doctor_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/doctor"
)

// surroundings are what the stage of the environment looks at.
type surroundings struct {
	file    string // .env; "none": there is none
	environ []string
	mode    fs.FileMode // 0: for its owner alone
	prepare func(t *testing.T, dir string)
}

// aKey and aDSN are made, so that no text here looks like a key of somebody.
func envKey() string { return strings.Repeat("a1", 16) }
func envDSN() string { return "https://" + envKey() + "@o42.ingest.us.sentry.io/4505" }

// healthyFile is a .env of production as the team writes it, in which lines
// take the place of those of the same variables.
func healthyFile(lines ...string) string {
	text := strings.Join(lines, "\n")
	if text != "" {
		text += "\n"
	}
	for _, line := range []string{
		"SENTRY_DSN=" + envDSN(), "SENTRY_ENVIRONMENT=production", "SENTRY_RELEASE=bookedbarber@2.1.0", "SENTRY_SAMPLE_RATE=1.0",
		"SENTRY_TRACES_SAMPLE_RATE=0.05", "SENTRY_PROFILES_SAMPLE_RATE=0.05", "SENTRY_DEBUG=false", "SENTRY_SEND_DEFAULT_PII=false",
	} {
		key, _, _ := strings.Cut(line, "=")
		if !slices.ContainsFunc(lines, func(given string) bool {
			name := strings.TrimPrefix(strings.TrimPrefix(given, "export "), "-")
			return strings.HasPrefix(name, key) && (len(name) == len(key) || strings.ContainsRune("=: ", rune(name[len(key)])))
		}) {
			text += line + "\n"
		}
	}
	return strings.ReplaceAll(text, "-SENTRY_", "# no SENTRY_")
}

// environmentStage runs the stage as the doctor does, with no process of the
// application to be seen.
func environmentStage(t testing.TB, dir string, environ []string) check.Report {
	t.Helper()
	c, err := config.Load(t.Context(), config.Options{Dir: dir, Environ: environ})
	if err != nil {
		t.Fatal(err)
	}
	report, err := doctor.Run(t.Context(), doctor.Options{Config: c, Dir: dir, Offline: true, Proc: t.TempDir(), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func (s surroundings) examine(t *testing.T) check.Report {
	t.Helper()
	dir := t.TempDir()
	if s.file != "none" {
		path := filepath.Join(dir, ".env")
		if err := os.WriteFile(path, []byte(s.file), 0o600); err != nil {
			t.Fatal(err)
		}
		if s.mode != 0 {
			if err := os.Chmod(path, s.mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	if s.prepare != nil {
		s.prepare(t, dir)
	}
	return environmentStage(t, dir, s.environ)
}

// found are the causes of a report by their severity, in order.
func found(report check.Report) (failed, warned []cause.ID) {
	for _, root := range report.RootCauses() {
		if root.Severity == cause.Fail {
			failed = append(failed, root.Cause)
		} else {
			warned = append(warned, root.Cause)
		}
	}
	return failed, warned
}

// TestEachFaultOfTheEnvironmentIsTheRootCause holds a fixture for every cause:
// it is named first, with the setting and its place, and nothing beside it but
// what is wrong too.
func TestEachFaultOfTheEnvironmentIsTheRootCause(t *testing.T) {
	t.Parallel()
	for _, test := range environmentFaults() {
		t.Run(string(test.id)+", "+test.name, func(t *testing.T) {
			t.Parallel()
			report := test.at.examine(t)
			roots := report.RootCauses()
			if len(roots) == 0 || roots[0].Cause != test.id {
				t.Fatalf("want %s first, got %+v", test.id, roots)
			}
			for part := range strings.SplitSeq(test.evidence, "|") {
				if !strings.Contains(roots[0].Evidence, part) {
					t.Errorf("evidence %q lacks %q", roots[0].Evidence, part)
				}
			}
			if roots[0].Fix == "" || strings.Contains(roots[0].Evidence+roots[0].Fix, envKey()) {
				t.Errorf("evidence %q, fix %q", roots[0].Evidence, roots[0].Fix)
			}
			failed, warned := found(report)
			var wantFailed, wantWarned []cause.ID
			if roots[0].Severity == cause.Fail {
				wantFailed = []cause.ID{test.id}
			} else {
				wantWarned = []cause.ID{test.id}
			}
			if diff := cmp.Diff(wantFailed, failed); diff != "" {
				t.Errorf("failures (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(append(wantWarned, test.beside...), warned); diff != "" {
				t.Errorf("warnings (-want +got)\n%s", diff)
			}
		})
	}
}

// TestEveryCauseOfTheEnvironmentHasAFixture but those of running processes and
// of the list before a deployment.
func TestEveryCauseOfTheEnvironmentHasAFixture(t *testing.T) {
	t.Parallel()
	elsewhere := []cause.ID{cause.EnvProcessLacks, cause.EnvProcessDiffers, cause.EnvironmentUnexpected, cause.RateMissing, cause.ReleaseUnknown}
	raised := map[cause.ID]bool{}
	for _, test := range environmentFaults() {
		raised[test.id] = true
	}
	for _, c := range cause.All() {
		if c.Stage == cause.StageEnvironment && !raised[c.ID] && !slices.Contains(elsewhere, c.ID) {
			t.Errorf("no fixture raises %s", c.ID)
		}
	}
}

// TestTwoFaultsAtOnce names both where they are independent, and one where the
// second comes of the first.
func TestTwoFaultsAtOnce(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name           string
		at             surroundings
		failed, warned []cause.ID
	}{
		{"a DSN with quotes, and a rate with a comma", surroundings{file: healthyFile(`SENTRY_DSN='"`+envDSN()+`"'`, "SENTRY_SAMPLE_RATE=0,5")}, []cause.ID{cause.DSNQuoted, cause.RateDecimalComma}, nil},
		{"no DSN, and a proxy without a scheme", surroundings{file: healthyFile("SENTRY_DSN="), environ: []string{"HTTPS_PROXY=p:1"}}, []cause.ID{cause.DSNMissing, cause.ProxyMalformed}, nil},
		{"an environment with a slash, and a release that is reserved", surroundings{file: healthyFile("SENTRY_ENVIRONMENT=a/b", "SENTRY_RELEASE=latest")}, []cause.ID{cause.EnvironmentInvalid, cause.ReleaseInvalid}, nil},
		{"prose, and an authority that is not there", surroundings{file: healthyFile("these are ours"), environ: []string{"SSL_CERT_FILE=absent.pem"}}, []cause.ID{cause.EnvFileSyntax, cause.CAFileMissing}, nil},
		{"CR LF, and debug", surroundings{file: strings.ReplaceAll(healthyFile("SENTRY_DEBUG=true"), "\n", "\r\n")}, nil, []cause.ID{cause.EnvFileCRLF, cause.DebugInProduction}},
		{"the DSN behind a byte-order mark", surroundings{file: "\ufeff" + healthyFile("SENTRY_DSN="+envDSN())}, []cause.ID{cause.EnvFileBOM}, nil},
		{"the DSN as in YAML", surroundings{file: healthyFile("SENTRY_DSN: " + envDSN())}, []cause.ID{cause.EnvReaderDivergence}, nil},
		{"the DSN behind an open quote", surroundings{file: healthyFile(`SENTRY_DSN="` + envDSN())}, []cause.ID{cause.EnvFileSyntax}, nil},
		{"the DSN emptied by the process", surroundings{file: healthyFile(), environ: []string{"SENTRY_DSN="}}, []cause.ID{cause.EnvShellEmptyShadows}, nil},
		{"the DSN under another name", surroundings{file: healthyFile("-SENTRY_DSN", "SENTRY_DNS="+envDSN())}, []cause.ID{cause.EnvNameMisspelt}, nil},
		{"the DSN under another name, in the process alone", surroundings{file: "none", environ: []string{"sentry_dsn=" + envDSN(), "SENTRY_ENVIRONMENT=qa", "SENTRY_RELEASE=v1"}}, []cause.ID{cause.EnvNameMisspelt}, []cause.ID{cause.EnvFileMissing}},
		{"nothing at all", surroundings{file: "none", environ: []string{"SENTRY_RELEASE=v1"}}, []cause.ID{cause.DSNMissing}, []cause.ID{cause.EnvFileMissing, cause.EnvironmentMissing}},
		{"a file that cannot be read, and nothing else", surroundings{file: "none", environ: []string{"SENTRY_RELEASE=v1"}, prepare: folderInstead}, []cause.ID{cause.EnvFileUnreadable}, nil},
		{"a process that wins over the file", surroundings{file: healthyFile(), environ: []string{"SENTRY_ENVIRONMENT=Prod"}}, nil, []cause.ID{cause.EnvShellShadows, cause.EnvironmentUnusual}},
		{"traces off, and profiles on", surroundings{file: healthyFile("SENTRY_TRACES_SAMPLE_RATE=0")}, nil, []cause.ID{cause.TracesRateZero, cause.ProfilesWithoutTraces}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			failed, warned := found(test.at.examine(t))
			if diff := cmp.Diff(test.failed, failed); diff != "" {
				t.Errorf("failures (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(test.warned, warned); diff != "" {
				t.Errorf("warnings (-want +got)\n%s", diff)
			}
		})
	}
}

// folderInstead is what docker makes of a file that it is to mount and does
// not find.
func folderInstead(t *testing.T, dir string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(dir, ".env"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// inCheckout makes the folder one that git knows; lines is its .gitignore.
func inCheckout(lines string) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		if _, err := exec.LookPath("git"); err != nil {
			t.Skip("git is not installed")
		}
		cmd := exec.CommandContext(t.Context(), "git", "init", "--quiet")
		cmd.Dir = dir
		cmd.Env = append(slices.DeleteFunc(os.Environ(), func(line string) bool { return strings.HasPrefix(line, "GIT_") }), "GIT_CONFIG_GLOBAL="+os.DevNull)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if err := os.WriteFile(filepath.Join(dir, ".gitignore"), []byte(lines), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkEnvironment is the whole stage in a checkout, git included: it is
// to take less than 50 ms.
func BenchmarkEnvironment(b *testing.B) {
	dir := b.TempDir()
	cmd := exec.CommandContext(b.Context(), "git", "init", "--quiet")
	cmd.Dir = dir
	if err := cmd.Run(); err != nil {
		b.Skip("git is not installed")
	}
	for name, text := range map[string]string{".env": healthyFile(), ".gitignore": ".env\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if roots := environmentStage(b, dir, nil).RootCauses(); len(roots) > 0 {
			b.Fatalf("%+v", roots)
		}
	}
}
