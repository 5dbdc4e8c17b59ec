package doctor

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/servers"
)

// variantPython is Debian's own: its packages are what the application runs on.
const variantPython = "/usr/bin/python3"

// atOnce is how many variants run at the same time: most of their time is
// waiting, for last envelopes and for a pool of processes to end.
const atOnce = 4

// allVar has every row run on the old SDK as well.
const allVar = "BBCTL_ALL_VARIANTS"

// onOld are the rows that run on sentry-sdk 1.9.10 in every run of the tests:
// each kind of outcome, and those that show themselves otherwise there.
func onOld() []string {
	return []string{
		"healthy", "healthy-script", "healthy-script-fails", "init-never", "init-in-worker-process-init",
		"celery-integration-off", "dsn-hardcoded", "option-too-new", "before-send-returns-true",
		"scope-processor-drops", "sample-rate-zero", "traces-rate-string", "rates-not-passed",
		"caller-unsampled", "producer-unsampled", "os-exit", "profiles-sdk-old", "return-500",
		"pii-user-email", "event-too-large-message",
	}
}

// sampleSDK is a sentry-sdk that the application runs on.
type sampleSDK struct {
	name, version string
	environ       []string
	only          []string   // rows; nil: all
	last          []cause.ID // what may come last everywhere
}

func sampleSDKs(t testing.TB) []sampleSDK {
	t.Helper()
	fetched, err := filepath.Abs(filepath.Join("..", "..", ".cache", "clients", "python-2.18", "usr", "lib", "python3", "dist-packages"))
	if err != nil {
		t.Fatal(err)
	}
	old := sampleSDK{name: "1", version: "1.9.", only: onOld(), last: []cause.ID{cause.AppSDKOld}}
	if os.Getenv(allVar) != "" {
		old.only = nil
	}
	all := []sampleSDK{{name: "2", version: "2.18.", environ: []string{"PYTHONPATH=" + fetched}}, old}
	for _, sdk := range all {
		sdk.needed(t)
	}
	return all
}

// needed skips where the SDK, or what the application is made of, is missing.
func (s sampleSDK) needed(t testing.TB) {
	t.Helper()
	const look = "import fastapi, uvicorn, sqlalchemy, psycopg2, celery, redis, dotenv, sentry_sdk; print(sentry_sdk.VERSION)"
	cmd := exec.CommandContext(t.Context(), variantPython, "-c", look)
	cmd.Env = variantEnviron(t.TempDir(), s.environ...)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.HasPrefix(string(out), s.version) {
		variantNeed(t, fmt.Sprintf("%s does not run the application with sentry-sdk %s (run script/deps, script/clients): %s", variantPython, s.version, out))
	}
}

// runs says whether a row runs on the SDK.
func (s sampleSDK) runs(v variant) bool {
	return (v.sdk == "both" || v.sdk == s.name) && (s.only == nil || slices.Contains(s.only, v.name))
}

// backing is what the variants share: a PostgreSQL and a Redis, in which each
// run has databases of its own.
type backing struct {
	postgres *servers.PostgresServer
	redis    *servers.RedisServer
}

// environ are the variables of one run, by its number.
func (b backing) environ(t testing.TB, number int) []string {
	t.Helper()
	database := fmt.Sprintf("shop%d", number)
	b.postgres.Run(t, "postgres", "CREATE DATABASE "+database)
	broker := b.redis.URL(2 * number)
	return []string{
		"DATABASE_URL=" + b.postgres.URL(servers.Superuser, "", database), "REDIS_URL=" + b.redis.URL(2*number+1),
		"CELERY_BROKER_URL=" + broker, "CELERY_RESULT_BACKEND=" + broker,
	}
}

// TestPythonVariants runs the sample application with each of its faults, and
// without any, and asks for the cause. It does not run beside other tests: it
// takes the whole machine.
func TestPythonVariants(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the sample application a hundred times")
	}
	servers.Need(t, "postgresql-15", "redis-server", "python3-celery")
	sdks := sampleSDKs(t)
	b := backing{
		servers.Postgres(t, servers.PostgresOptions{Settings: []string{"max_connections=200"}}),
		servers.Redis(t, servers.RedisOptions{Args: []string{"--databases", "1000"}}),
	}
	type run struct {
		variant
		sdk    sampleSDK
		number int
	}
	runs := make(chan run)
	var places sync.WaitGroup
	for range atOnce {
		places.Go(func() {
			for r := range runs {
				t.Run(fmt.Sprintf("%s/sdk %s", r.name, r.sdk.name), func(t *testing.T) {
					dir := r.folder(t)
					environ := append(variantEnviron(dir, r.sdk.environ...), b.environ(t, r.number)...)
					r.verdict(t, r.patientlyJudge(t, dir, variantPython, environ, len(r.sdk.last)), r.sdk.last...)
				})
			}
		})
	}
	number := 0
	for _, sdk := range sdks {
		for _, v := range variantsOf(t, "python") {
			if sdk.runs(v) {
				runs <- run{v, sdk, number}
				number++
			}
		}
	}
	close(runs)
	places.Wait()
}

// BenchmarkSample is the healthy application, web and worker, from the start of
// the run to the verdict.
func BenchmarkSample(b *testing.B) {
	servers.Need(b, "postgresql-15", "redis-server", "python3-celery")
	shared := backing{
		servers.Postgres(b, servers.PostgresOptions{}),
		servers.Redis(b, servers.RedisOptions{}),
	}
	sdk := sampleSDKs(b)[0]
	rows := variantsOf(b, "python")
	healthy := rows[slices.IndexFunc(rows, func(v variant) bool { return v.name == "healthy" })]
	number := 0
	for b.Loop() {
		dir := healthy.folder(b)
		environ := append(variantEnviron(dir, sdk.environ...), shared.environ(b, number)...)
		healthy.verdict(b, healthy.judge(b, dir, variantPython, environ))
		number++
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/run")
	b.ReportMetric(0, "ns/op")
}
