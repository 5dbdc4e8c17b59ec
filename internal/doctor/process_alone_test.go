//go:build linux

package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
)

// TestWhatAProcessAloneHasDiffers: a fault that the file does not have, and
// that bbctl's own shell does not have either.
func TestWhatAProcessAloneHasDiffers(t *testing.T) {
	t.Parallel()
	file := "SENTRY_DSN=" + aDSN("a") + "\nSENTRY_ENVIRONMENT=production\nSENTRY_TRACES_SAMPLE_RATE=0.05\n"
	tests := map[string]struct {
		outcome check.Outcome
		id      cause.ID // of the fault in the value itself
	}{
		"HTTPS_PROXY=http://127.0.0.1:9":      {check.Warn, ""},
		"https_proxy=proxy.example:3128":      {check.Fail, cause.ProxyMalformed},
		"SSL_CERT_FILE=/nope.pem":             {check.Fail, cause.CAFileMissing},
		"REQUESTS_CA_BUNDLE=/nope.pem":        {check.Fail, cause.CAFileMissing},
		"SENTRY_SAMPLE_RATE=0":                {check.Fail, cause.SampleRateZero},
		"SENTRY_SAMPLE_RATE=0.5":              {check.Warn, cause.SampleRateLow},
		"SENTRY_RELEASE=latest":               {check.Fail, cause.ReleaseInvalid},
		"SENTRY_DEBUG=true":                   {check.Warn, cause.DebugInProduction},
		"SENTRY_SPOTLIGHT=1":                  {check.Warn, cause.SpotlightLeftOn},
		"SENTRY_TRACES_SAMPLE_RATE=0,5":       {check.Fail, cause.RateDecimalComma}, // beside that of the file
		"SENTRY_DEBUG=false":                  {check.Pass, ""},
		"SENTRY_SAMPLE_RATE=1":                {check.Pass, ""},
		"SENTRY_SPOTLIGHT=false":              {check.Pass, ""},
		"NO_PROXY=localhost":                  {check.Pass, ""},
		"SENTRY_RELEASE=bookedbarber@2.1.0":   {check.Pass, ""}, // an image has its own
		"HTTP_PROXY=http://proxy.example:123": {check.Warn, ""},
	}
	for given, want := range tests {
		t.Run(given, func(t *testing.T) {
			t.Parallel()
			dir := project(t, ".env", file)
			key, _, _ := strings.Cut(given, "=")
			environ := []string{given, "SENTRY_DSN=" + aDSN("a"), "SENTRY_ENVIRONMENT=production", "SENTRY_TRACES_SAMPLE_RATE=0.05"}
			process := entry{pid: 7, args: []string{"uvicorn", "main:app"}, environ: strings.Join(environ, "\x00") + "\x00", dir: dir}
			proc := tree(t, process)
			have, agree := verdicts(t, patientOf(t, Options{Dir: dir, Proc: proc}))
			expectOutcome(t, have, check.Pass, "")
			if want.outcome == check.Pass {
				expectOutcome(t, agree, check.Pass, "")
				return
			}
			expectOutcome(t, agree, want.outcome, cause.EnvProcessDiffers)
			has(t, agree.Detail, "web 7 (uvicorn) has "+key+"=", string(want.id))
			has(t, agree.Fix, key, "web 7 (uvicorn)")
			if key == alsoInFile {
				return
			}
			_, everywhere := verdicts(t, patientOf(t, Options{Dir: dir, Proc: proc}, given))
			expectOutcome(t, everywhere, check.Pass, "")
		})
	}
}

// alsoInFile is a variable that the file has as well.
const alsoInFile = "SENTRY_TRACES_SAMPLE_RATE"

// TestAScriptThatRunsOnceIsNoneOfTheApplication: the source says what it is.
func TestAScriptThatRunsOnceIsNoneOfTheApplication(t *testing.T) {
	t.Parallel()
	const waits = "import time\ntime.sleep(600)\n"
	tests := map[string]struct {
		files   []string
		args    string
		outcome check.Outcome
		role    string
	}{
		"a script":                        {[]string{"seed.py", waits}, "python3 seed.py", check.Skip, ""},
		"a script in a folder":            {[]string{"scripts/import.py", waits}, "python3 scripts/import.py", check.Skip, ""},
		"a module":                        {[]string{"bookedbarber/__init__.py", "", "bookedbarber/cli.py", waits}, "python3 -m bookedbarber.cli", check.Skip, ""},
		"main.py that is no server":       {[]string{"main.py", waits}, "python3 main.py", check.Skip, ""},
		"alembic":                         {[]string{"alembic.py", waits}, "python3 -m alembic upgrade head", check.Skip, ""},
		"flower":                          {nil, "celery -A app flower", check.Skip, ""},
		"a script with the SDK":           {[]string{"seed.py", "import sentry_sdk\n"}, "python3 seed.py", check.Warn, roleApp},
		"with the project's module":       {[]string{"seed.py", "from app import models\n", "app/__init__.py", "", "app/models.py", "from .config import sentry\n"}, "python3 seed.py", check.Warn, roleApp},
		"by name a worker":                {[]string{"app/__init__.py", "", "app/worker.py", waits}, "python3 -m app.worker", check.Warn, roleWorker},
		"main.py that runs uvicorn":       {[]string{"main.py", "import uvicorn\nfrom fastapi import FastAPI\napp = FastAPI()\nuvicorn.run(app)\n"}, "python3 main.py", check.Fail, roleWeb},
		"a server of any name":            {[]string{"start.py", "from app import app\nimport uvicorn\nif __name__ == '__main__':\n    uvicorn.run(app)\n"}, "python3 start.py", check.Fail, roleWeb},
		"a worker that starts in its own": {[]string{"jobs.py", "from celery import Celery\napp = Celery()\napp.worker_main(['worker'])\n"}, "python3 jobs.py", check.Fail, roleWorker},
		"manage.py that serves":           {[]string{"manage.py", waits}, "python3 manage.py runserver", check.Fail, roleWeb},
		"manage.py that may serve":        {[]string{"manage.py", waits}, "python3 manage.py run_bot", check.Warn, roleApp},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := project(t, append([]string{".env", "SENTRY_DSN=" + aDSN("a") + "\n"}, tt.files...)...)
			proc := tree(t, entry{pid: 7, args: strings.Fields(tt.args), environ: "A=b\x00", dir: dir})
			have, _ := verdicts(t, patientOf(t, Options{Dir: dir, Proc: proc}))
			if tt.outcome == check.Skip {
				expectOutcome(t, have, check.Skip, "")
				return
			}
			expectOutcome(t, have, tt.outcome, cause.EnvProcessLacks)
			has(t, have.Detail, tt.role+" 7 (")
		})
	}
}

// TestFixesAreCommandsThatAShellTakes, for all processes at once.
func TestFixesAreCommandsThatAShellTakes(t *testing.T) {
	t.Parallel()
	serve := func(dir string) string {
		var entries []entry
		for pid := 1; pid <= 6; pid++ {
			entries = append(entries, entry{pid: 100 + pid, args: []string{"gunicorn", "main:app"}, environ: "A=b\x00", dir: dir})
		}
		for pid := 7; pid <= 9; pid++ {
			entries = append(entries, entry{pid: 100 + pid, args: []string{"celery", "-A", "x", "worker"}, environ: "A=b\x00", dir: dir})
		}
		return tree(t, entries...)
	}
	dir := filepath.Join(project(t), "Bob's files")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for content, want := range map[string]string{
		"SENTRY_DSN=" + aDSN("a") + "\n":                 `set -a; . '` + strings.ReplaceAll(dir, "'", `'\''`) + `/.env'; set +a`,
		"SENTRY_DSN=" + aDSN("a") + "\nMOTD=it's nice\n": "python -m dotenv -f '",
	} {
		if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		have, _ := verdicts(t, patientOf(t, Options{Dir: dir, Proc: serve(dir)}))
		has(t, have.Fix, want, "restart ")
		for _, text := range []string{have.Fix, have.Detail} {
			if strings.Count(text, "web 101, 102 and 4 more (gunicorn)") != 1 || !strings.Contains(text, "worker 107, 108, 109 (celery)") {
				t.Errorf("not all processes are named once: %s", text)
			}
		}
	}
}

// TestWhatWasNotReadIsNoFault: of a large source, where what is imported is not
// known, the file that was not read may be the one that loads the .env file.
func TestWhatWasNotReadIsNoFault(t *testing.T) {
	t.Parallel()
	s := newSource(t.Context(), nil, "/")
	s.search = func() searched { return searched{files: 2000, unread: []string{"/srv/lib/boot.py"}} }
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n", "known.py", "import os\n")
	p := patientOf(t, Options{Dir: dir})
	for module, outcome := range map[string]check.Outcome{"unknown:app": check.Pass, "known:app": check.Fail} {
		q := &process{pid: 7, dir: dir, environ: map[string]string{}, args: []string{"gunicorn", module}}
		q.command, _ = recognise(q.args)
		q.access = func() access { return p.accessOf(s, q) }
		p.processes = func() census { return census{processes: []*process{q}, source: s} }
		have, _ := verdicts(t, p)
		if have.Outcome != outcome {
			t.Errorf("%s: %s, expected %s: %s", module, have.Outcome, outcome, have.Detail)
		}
		if outcome == check.Pass {
			has(t, have.Detail, "2000 files were read", "may load it from .env:1")
		}
	}
}

// BenchmarkSearchOfManyFiles looks at 9000 files, of which not all are read.
func BenchmarkSearchOfManyFiles(b *testing.B) {
	files := []string{".env", "SENTRY_DSN=" + aDSN("a") + "\n"}
	for n := range 9000 {
		files = append(files, fmt.Sprintf("pkg%d/m%d.py", n%90, n), strings.Repeat("import os\ndef f(x):\n    return os.environ.get('A', x) + 1\n", 40))
	}
	dir := project(b, files...)
	for b.Loop() {
		if all := newSource(b.Context(), []string{dir}, dir).search(); len(all.loaders) > 0 {
			b.Fatal(all.loaders)
		}
	}
}
