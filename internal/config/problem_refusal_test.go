package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// TestWhoRefusesTheFileIsNamedAndSeesNothing: a faulty line is one failure, and
// no value is ascribed to a reader that takes nothing of the file.
func TestWhoRefusesTheFileIsNamedAndSeesNothing(t *testing.T) {
	t.Parallel()
	good := "SENTRY_ENVIRONMENT=production\nSENTRY_RELEASE=v1\n"
	tests := []struct {
		name, file string
		want       []cause.ID
		refuses    []string
	}{
		{"prose, and a DSN as in YAML", "FOO bar baz\nSENTRY_DSN: " + testDSN() + "\n" + good, []cause.ID{cause.EnvFileSyntax}, []string{"godotenv", "docker --env-file"}},
		{"prose", "this is not a setting\nSENTRY_DSN=" + testDSN() + "\n" + good, []cause.ID{cause.EnvFileSyntax}, []string{"godotenv", "docker --env-file"}},
		{"an open quote", "A=\"b\nSENTRY_DSN=" + testDSN() + "\n" + good, []cause.ID{cause.EnvFileSyntax}, []string{"godotenv", "a shell"}},
		{"prose, and quotes", "this is not a setting\nSENTRY_DSN='" + testDSN() + "'\n" + good, []cause.ID{cause.EnvFileSyntax, cause.EnvReaderDivergence}, []string{"godotenv"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			all := sceneOf(test.file).problems(t)
			if diff := cmp.Diff(test.want, roots(all)); diff != "" {
				t.Fatalf("(-want +got)\n%s", diff)
			}
			syntax := only(all, cause.EnvFileSyntax)[0]
			for _, reader := range test.refuses {
				if !strings.Contains(syntax.Evidence, reader+" refuses the") {
					t.Errorf("%q does not say that %s refuses the file", syntax.Evidence, reader)
				}
			}
			readers := only(all, cause.EnvReaderDivergence)
			if len(readers) == 0 {
				t.Error("nothing says that the readers differ")
			}
			for _, p := range readers {
				if strings.Contains(p.Evidence, `" for godotenv`) || strings.Contains(p.Evidence, ", godotenv") || strings.Contains(p.Evidence, "and godotenv") {
					t.Errorf("godotenv is said to see something: %s", p.Evidence)
				}
			}
		})
	}
}

func TestShellRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file string
		line       int
		why        string
	}{
		{"a good file", "A=b\nC=d\n", 0, ""},
		{"an apostrophe", "A=b\nMOTD=it's nice\nSENTRY_DEBUG=0\n", 2, "quote"},
		{"a parenthesis", "TITLE=Booked (dev)\n", 1, "parenthesis"},
		{"blanks, of which it makes a command", "TITLE=Booked Barber\n", 0, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := load(t, written(t, map[string]string{".env": test.file}))
			line, why := c.ShellRefuses()
			if line != test.line || !strings.Contains(why, test.why) || (why == "") != (test.why == "") {
				t.Errorf("line %d, %q", line, why)
			}
			if found := only(c.Problems(), cause.EnvFileSyntax); len(found) > 0 {
				t.Errorf("no shell is said to read the file, and yet: %+v", found)
			}
		})
	}
	if line, why := load(t, t.TempDir()).ShellRefuses(); line != 0 || why != "" {
		t.Errorf("without a file: line %d, %q", line, why)
	}
}

// TestADSNWithoutItsName is told as the line that it is; that there is none
// follows.
func TestADSNWithoutItsName(t *testing.T) {
	t.Parallel()
	all := sceneOf("SENTRY_ENVIRONMENT=production\n" + testDSN() + "\n").problems(t)
	missing := only(all, cause.DSNMissing)
	if len(missing) != 1 || missing[0].Follows != cause.EnvFileSyntax || missing[0].Origin.Line != 2 {
		t.Errorf("got %+v", missing)
	}
	alone := load(t, written(t, map[string]string{".env": testDSN() + "\n"}))
	if alone.DSNState() != DSNLost || len(only(alone.Problems(), cause.EnvFileSyntax)) != 1 {
		t.Errorf("%s, %+v", alone.DSNState(), alone.Problems())
	}
	for _, p := range append(all, alone.Problems()...) {
		if strings.Contains(p.Evidence+p.Fix, strings.Repeat("a1", 16)) {
			t.Errorf("the key is shown: %+v", p)
		}
	}
}

// TestTracesThatAreOffAreOneFault: that profiles have none to go with follows.
func TestTracesThatAreOffAreOneFault(t *testing.T) {
	t.Parallel()
	all := sceneOf("SENTRY_TRACES_SAMPLE_RATE=0\nSENTRY_PROFILES_SAMPLE_RATE=1\n").problems(t)
	found := only(all, cause.ProfilesWithoutTraces)
	if len(found) != 1 || found[0].Follows != cause.TracesRateZero || len(only(all, cause.TracesRateZero)) != 1 {
		t.Errorf("got %+v", all)
	}
}

// TestWhatIsSetNowhereIsGivenWhereThatIsPossible: in the file, or without one
// where a process gets its variables from.
func TestWhatIsSetNowhereIsGivenWhereThatIsPossible(t *testing.T) {
	t.Parallel()
	tests := []struct {
		scene scene
		want  string
	}{
		{sceneOf("A=b\n"), "add to .env: SENTRY_ENVIRONMENT=development"},
		{sceneOf("", "SENTRY_DSN="+testDSN()), "export SENTRY_ENVIRONMENT=development where the process is started"},
	}
	for _, test := range tests {
		found := only(test.scene.problems(t), cause.EnvironmentMissing)
		if len(found) != 1 || !strings.HasPrefix(found[0].Fix, test.want) {
			t.Errorf("got %+v, want %s", found, test.want)
		}
	}
}

// TestAWordForYesIsNotTurnedIntoNo where nothing says that it has to be.
func TestAWordForYesIsNotTurnedIntoNo(t *testing.T) {
	t.Parallel()
	tests := []struct{ file, want string }{
		{"SENTRY_ENVIRONMENT=development\nSENTRY_DEBUG=enabled\n", "true"},
		{"SENTRY_ENVIRONMENT=production\nSENTRY_DEBUG=verbose\n", "false"},
		{"SENTRY_ENVIRONMENT=staging\nSENTRY_DEBUG=enabled\n", ""},
		{"SENTRY_DEBUG=enabled\n", ""},
		{"SENTRY_ENVIRONMENT=development\nSENTRY_SEND_DEFAULT_PII=enabled\n", ""},
		{"SENTRY_ENVIRONMENT=production\nSENTRY_SEND_DEFAULT_PII=enabled\n", "false"},
		{"SENTRY_ENVIRONMENT=development\nSENTRY_DEBUG=disabled\n", "false"},
	}
	for _, test := range tests {
		found := only(sceneOf(test.file).problems(t), cause.BooleanMalformed)
		if len(found) != 1 {
			t.Fatalf("%s: %+v", test.file, found)
		}
		got := ""
		if len(found[0].Changes) > 0 {
			got = found[0].Changes[0].Value
		}
		if got != test.want {
			t.Errorf("%s: changed to %q, want %q (%s)", test.file, got, test.want, found[0].Fix)
		}
	}
}
