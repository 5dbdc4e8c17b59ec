package verify

import (
	"testing"

	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/dsn"
)

func TestLinkLeadsToTheRunsEvents(t *testing.T) {
	t.Parallel()
	key := "0a1b2c3d" + "4e5f60718293a4b5c6d7e8f9"
	for name, c := range map[string]struct{ address, org, want string }{
		"Sentry's own":           {"o42.ingest.de.sentry.io/4711", "", "https://sentry.io/issues/?project=4711&query=bbctl_run%3A0badcafe"},
		"of a known org":         {"o42.ingest.sentry.io/4711", "bookedbarber", "https://bookedbarber.sentry.io/issues/?project=4711&query=bbctl_run%3A0badcafe"},
		"self-hosted":            {"sentry.example.com:9000/7", "", "https://sentry.example.com:9000/issues/?project=7&query=bbctl_run%3A0badcafe"},
		"self-hosted, known org": {"sentry.example.com/7", "bb", "https://sentry.example.com/organizations/bb/issues/?project=7&query=bbctl_run%3A0badcafe"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environ := []string{"SENTRY_ORG=" + c.org}
			if c.org == "" {
				environ = nil
			}
			cfg, err := config.Load(t.Context(), config.Options{Environ: environ, Dir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			target, err := dsn.Parse("https://" + key + "@" + c.address)
			if err != nil {
				t.Fatal(err)
			}
			l := &Lab{o: Options{Config: cfg}, id: "0badcafe", dsn: target}
			if got := l.link(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
