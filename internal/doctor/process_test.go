//go:build linux

package doctor

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
)

// verdicts are the two checks of the processes; no secret may stand in them.
func verdicts(t *testing.T, p *Patient) (have, agree check.Result) {
	t.Helper()
	have, agree = processesHave(context.Background(), p), processesAgree(context.Background(), p)
	for _, digit := range []string{"a", "b", "c"} {
		if text := have.Detail + have.Fix + agree.Detail + agree.Fix + p.processes().text; strings.Contains(text, aKey(digit)) {
			t.Errorf("a key is shown: %s", text)
		}
	}
	return have, agree
}

func expectOutcome(t *testing.T, r check.Result, outcome check.Outcome, id cause.ID) {
	t.Helper()
	if r.Outcome != outcome || r.Cause != id {
		t.Fatalf("%s %s, want %s %s: %s", r.Outcome, r.Cause, outcome, id, r.Detail)
	}
}

func TestAProcessThatHasTheValuesOfTheFilePasses(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\nSENTRY_SAMPLE_RATE=1.0\nSENTRY_TRACES_SAMPLE_RATE=0.1\n")
	pid := start(t, dir, []string{"SENTRY_DSN=" + aDSN("a"), "SENTRY_TRACES_SAMPLE_RATE=.1"}, "/usr/bin/python3", "/usr/bin/uvicorn", "main:app")
	p := patientIn(t, dir)
	have, agree := verdicts(t, p)
	expectOutcome(t, have, check.Pass, "")
	expectOutcome(t, agree, check.Pass, "")
	if want := fmt.Sprintf("web %d (uvicorn)", pid); p.processes().text != want {
		t.Errorf("census %q, want %q", p.processes().text, want)
	}
	has(t, have.Detail, "has SENTRY_DSN in its environment")
}

func TestAWorkerWithoutTheDSNLacksIt(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\nSENTRY_ENVIRONMENT=staging\n", "tasks.py", "import celery\n")
	web := start(t, dir, []string{"SENTRY_DSN=" + aDSN("a"), "SENTRY_ENVIRONMENT=staging"}, "uvicorn", "main:app")
	worker := start(t, dir, nil, "/usr/bin/python3", "-m", "celery", "-A", "tasks", "worker")
	have, agree := verdicts(t, patientIn(t, dir))
	expectOutcome(t, have, check.Fail, cause.EnvProcessLacks)
	expectOutcome(t, agree, check.Pass, "")
	has(t, have.Detail, fmt.Sprintf("worker %d (celery): no SENTRY_DSN, SENTRY_ENVIRONMENT in the environment", worker), ".env:1", fmt.Sprintf("web %d (uvicorn) has SENTRY_DSN", web))
	has(t, have.Fix, fmt.Sprintf("worker %d (celery)", worker), "set -a; . "+dir+"/.env; set +a")
}

func TestAnEmptyDSNIsSaidToBeEmpty(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n", "main.py", "from dotenv import load_dotenv\nload_dotenv()\n")
	pid := start(t, dir, []string{"SENTRY_DSN="}, "gunicorn", "main:app")
	have, _ := verdicts(t, patientIn(t, dir))
	expectOutcome(t, have, check.Fail, cause.EnvProcessLacks)
	has(t, have.Detail, "SENTRY_DSN empty in the environment", ".env:1")
	has(t, have.Fix, "unset SENTRY_DSN", strconv.Itoa(pid))
}

func TestTheOthersThanTheDSNAreOnlyWarnedOf(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\nHTTPS_PROXY=http://proxy:3128\nSENTRY_DEBUG=false\n")
	start(t, dir, []string{"SENTRY_DSN=" + aDSN("a")}, "uvicorn", "main:app")
	have, agree := verdicts(t, patientIn(t, dir))
	expectOutcome(t, have, check.Warn, cause.EnvProcessLacks)
	expectOutcome(t, agree, check.Pass, "")
	has(t, have.Detail, "no HTTPS_PROXY in the")
	if strings.Contains(have.Detail, "SENTRY_DEBUG") {
		t.Errorf("a switch that is off by itself is missed: %s", have.Detail)
	}
}

func TestAProxyOfBbctlsOwnShellIsNoneOfTheApplications(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n")
	start(t, dir, []string{"SENTRY_DSN=" + aDSN("a")}, "uvicorn", "main:app")
	have, agree := verdicts(t, patientIn(t, dir, "HTTPS_PROXY=http://proxy:3128", "SSL_CERT_FILE=/nix/ca.pem"))
	expectOutcome(t, have, check.Pass, "")
	expectOutcome(t, agree, check.Pass, "")
}

func TestALoaderIsNotMissed(t *testing.T) {
	t.Parallel()
	file := "SENTRY_DSN=" + aDSN("a") + "\n"
	tests := []struct {
		name  string
		files []string
		args  []string
		seen  string
	}{
		{"in the module itself", []string{"main.py", "import os\nfrom dotenv import load_dotenv\nload_dotenv()\n"}, []string{"uvicorn", "main:app"}, "main.py:3 (load_dotenv)"},
		{"in a package below it", []string{"app/__init__.py", "", "app/main.py", "from .core import config\n", "app/core/__init__.py", "", "app/core/config.py", "class S(BaseSettings):\n    model_config = SettingsConfigDict(env_file=\".env\")\n"}, []string{"uvicorn", "app.main:app"}, "app/core/config.py:2 (env_file), for the application's own settings"},
		{"under --app-dir", []string{"src/main.py", "import conf\n", "src/conf.py", "environ.Env.read_env('.env')\n"}, []string{"uvicorn", "--app-dir", "src", "main:app"}, "src/conf.py:1 (read_env)"},
		{"in a Celery app of a package", []string{"proj/__init__.py", "", "proj/celery.py", "from dotenv import load_dotenv; load_dotenv()\n"}, []string{"celery", "-A", "proj", "beat"}, "proj/celery.py:1"},
		{"of uvicorn", nil, []string{"uvicorn", "--env-file", ".env", "main:app"}, "from .env (uvicorn --env-file)"},
		{"of gunicorn", nil, []string{"gunicorn", "-e", "SENTRY_DSN=" + aDSN("a"), "main:app"}, "by its option -e"},
		{"of flask", nil, []string{"flask", "--app", "web", "run"}, "from .env (flask run"},
		{"of a script", []string{"worker.py", "import settings\n", "settings.py", "from decouple import config\n"}, []string{"python3", "worker.py"}, "settings.py:1 (decouple)"},
		{"of a module that is started", []string{"svc/__init__.py", "", "svc/__main__.py", "from dotenv import load_dotenv\nload_dotenv()\nimport sentry_sdk\n"}, []string{"python3", "-m", "svc"}, "svc/__main__.py:2"},
		{"imported by a name", []string{"tasks.py", "app.autodiscover_tasks()\n", "jobs/tasks.py", "load_dotenv()\n"}, []string{"celery", "-A", "tasks", "worker"}, "jobs/tasks.py:1"},
		{"with no file that the command line names", []string{"a/b.py", "load_dotenv()\n"}, []string{"gunicorn", "-c", "conf"}, "a/b.py:1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := project(t, append([]string{".env", file}, test.files...)...)
			start(t, dir, nil, test.args...)
			have, agree := verdicts(t, patientIn(t, dir))
			expectOutcome(t, have, check.Pass, "")
			has(t, have.Detail, test.seen)
			if agree.Outcome != check.Pass {
				t.Errorf("%s: %s", agree.Outcome, agree.Detail)
			}
		})
	}
}

func TestALoaderThatTheProcessDoesNotReachIsNone(t *testing.T) {
	t.Parallel()
	file := "SENTRY_DSN=" + aDSN("a") + "\n"
	tests := []struct {
		name  string
		files []string
		args  []string
		seen  string
	}{
		{"in the web's module", []string{"main.py", "load_dotenv()\n", "tasks.py", "import celery\n"}, []string{"celery", "-A", "tasks", "worker"}, "main.py:1 (load_dotenv) does, which is not"},
		{"in the tests", []string{"main.py", "x = 1\n", "tests/conftest.py", "load_dotenv()\n", "tests/helpers.py", "load_dotenv()\n"}, []string{"uvicorn", "main:app"}, "nothing in the source"},
		{"of the same name in another package", []string{"app/main.py", "from .core import x\n", "app/core.py", "x = 1\n", "tools/core.py", "load_dotenv()\n"}, []string{"uvicorn", "app.main:app"}, "tools/core.py:1 (load_dotenv) does, which is not"},
		{"in what is installed", []string{"main.py", "x = 1\n", ".venv/lib/x.py", "load_dotenv()\n", "node_modules/x.py", "load_dotenv()\n"}, []string{"uvicorn", "main:app"}, "nothing in the source"},
		{"in a comment", []string{"main.py", "# load_dotenv()\nfrom dotenv import load_dotenv\n"}, []string{"uvicorn", "main:app"}, "nothing in the source"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := project(t, append([]string{".env", file}, test.files...)...)
			start(t, dir, nil, test.args...)
			have, _ := verdicts(t, patientIn(t, dir))
			expectOutcome(t, have, check.Fail, cause.EnvProcessLacks)
			has(t, have.Detail, test.seen)
		})
	}
}

func TestOtherPeoplesServersRaiseNoAlarm(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n", "other/.env", "A=b\n", "lib/tool.py", "", ".venv/bin/serve.py", "")
	start(t, project(t), nil, "uvicorn", "main:app")
	start(t, project(t, ".env", "SENTRY_DSN="+aDSN("b")+"\n"), []string{"PWD=" + dir}, "gunicorn", "main:app")
	start(t, filepath.Join(dir, "other"), nil, "celery", "-A", "x", "worker")
	for _, args := range [][]string{
		{"python3", "-m", "pytest"},
		{"python3", "-m", "pip", "install", "x"},
		{"python3", "-m", "http.server"},
		{"python3", "-c", "import uvicorn"},
		{"python3", ".venv/bin/serve.py"},
		{"python3", "/usr/share/tool.py"},
		{"python3", "manage.py", "migrate"},
		{"celery", "-A", "worker", "inspect", "ping"},
		{"vim", "uvicorn"},
		{"sh", "-c", "uvicorn main:app"},
	} {
		start(t, dir, nil, args...)
	}
	p := patientIn(t, dir)
	have, agree := verdicts(t, p)
	expectOutcome(t, have, check.Skip, "")
	expectOutcome(t, agree, check.Skip, "")
	has(t, p.processes().text, "no running process of this application found")
}

func TestAProcessBelongsByItsFolderOrItsPaths(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n", "api/main.py", "import sentry_sdk\n")
	elsewhere := t.TempDir()
	pids := []int{
		start(t, filepath.Join(dir, "api"), nil, "uvicorn", "main:app"),
		start(t, elsewhere, nil, filepath.Join(dir, "venv/bin/python"), "-m", "uvicorn", "main:app"),
		start(t, elsewhere, []string{"VIRTUAL_ENV=" + dir + "/.venv"}, "celery", "-A", "x", "worker"),
		start(t, elsewhere, nil, "python3", filepath.Join(dir, "api/main.py")),
		start(t, dir, nil, "gunicorn: master [main:app]"),
		start(t, dir, nil, "[celeryd: celery@host:MainProcess] -active- (worker)"),
	}
	p := patientIn(t, dir)
	for _, pid := range pids {
		has(t, p.processes().text, " "+strconv.Itoa(pid)+" (")
	}
}

func TestAnotherValueDiffers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file, environ string
		outcome             check.Outcome
		seen                []string
	}{
		{"another environment", "SENTRY_ENVIRONMENT=production\n", "SENTRY_ENVIRONMENT=staging", check.Warn, []string{"SENTRY_ENVIRONMENT=staging in its environment", ".env:2 says production"}},
		{"another key that begins alike", "", "SENTRY_DSN=" + strings.Replace(aDSN("b"), "bbbb", "aaaa", 1), check.Warn, []string{"differs in the part that is not shown"}},
		{"another rate", "SENTRY_TRACES_SAMPLE_RATE=0.5\n", "SENTRY_TRACES_SAMPLE_RATE=0.05", check.Warn, []string{"0.05", "says 0.5"}},
		{"quotes that docker has kept", "", `SENTRY_DSN="` + aDSN("a") + `"`, check.Fail, []string{"no DSN that an SDK takes"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n"+test.file)
			environ := []string{"SENTRY_DSN=" + aDSN("a"), test.environ}
			if strings.HasPrefix(test.environ, "SENTRY_DSN") {
				environ = environ[1:]
			}
			pid := start(t, dir, environ, "uvicorn", "main:app")
			have, agree := verdicts(t, patientIn(t, dir))
			expectOutcome(t, have, check.Pass, "")
			expectOutcome(t, agree, test.outcome, cause.EnvProcessDiffers)
			has(t, agree.Detail, append(test.seen, strconv.Itoa(pid))...)
			has(t, agree.Fix, "restart web "+strconv.Itoa(pid))
		})
	}
}

func TestAValueThatAlsoShadowsTheFileHereIsNotSaidTwice(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n")
	start(t, dir, []string{"SENTRY_DSN=" + aDSN("b")}, "uvicorn", "main:app")
	_, agree := verdicts(t, patientIn(t, dir, "SENTRY_DSN="+aDSN("b")))
	expectOutcome(t, agree, check.Pass, "")
	has(t, agree.Detail, "as the process environment has it here")
}

func TestAFileThatOverridesTheEnvironmentCounts(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n", "main.py", "load_dotenv(override=True)\n")
	start(t, dir, []string{"SENTRY_DSN=" + aDSN("b")}, "uvicorn", "main:app")
	start(t, dir, []string{"SENTRY_DSN="}, "gunicorn", "main:app")
	have, agree := verdicts(t, patientIn(t, dir))
	expectOutcome(t, have, check.Pass, "")
	expectOutcome(t, agree, check.Pass, "")
}

func TestAProcessOlderThanTheFileThatItLoadsIsStale(t *testing.T) {
	t.Parallel()
	for _, later := range []time.Duration{-time.Hour, time.Hour} {
		dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n", "main.py", "load_dotenv()\n")
		pid := start(t, dir, nil, "uvicorn", "main:app")
		changed := time.Now().Add(later)
		if err := os.Chtimes(filepath.Join(dir, ".env"), changed, changed); err != nil {
			t.Fatal(err)
		}
		have, agree := verdicts(t, patientIn(t, dir))
		expectOutcome(t, have, check.Pass, "")
		if later < 0 {
			expectOutcome(t, agree, check.Pass, "")
			continue
		}
		expectOutcome(t, agree, check.Warn, cause.EnvProcessDiffers)
		has(t, agree.Detail, "started at", "main.py:1")
		has(t, agree.Fix, "restart web "+strconv.Itoa(pid))
	}
}

func TestAProcessThatWasGivenAllIsNotStale(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n", "main.py", "load_dotenv()\n")
	start(t, dir, []string{"SENTRY_DSN=" + aDSN("a")}, "uvicorn", "main:app")
	changed := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(dir, ".env"), changed, changed); err != nil {
		t.Fatal(err)
	}
	_, agree := verdicts(t, patientIn(t, dir))
	expectOutcome(t, agree, check.Pass, "")
}

func TestTheStartOfAProcessIsKnownToTheTick(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n")
	before := time.Now()
	start(t, dir, nil, "uvicorn", "main:app")
	after := time.Now()
	got := patientIn(t, dir).processes().processes[0].started
	if got.Before(before.Add(-clockMargin)) || got.After(after.Add(clockMargin)) {
		t.Errorf("started %s, want between %s and %s", got, before, after)
	}
}

func TestChildrenOfAKindAreNamedWithTheirMaster(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	// A master that forks, as gunicorn does, with a worker of another environment.
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n", "gunicorn.py", `import os, sys
if len(sys.argv) > 2:
    sys.stdin.read(); os._exit(0)
for n in range(3):
    if os.fork() == 0:
        sys.stdin.read(); os._exit(0)
if os.fork() == 0:
    os.environ["SENTRY_ENVIRONMENT"] = "x"
    os.execv(sys.executable, [sys.executable, "gunicorn.py", "main:app", "apart"])
print("up", flush=True)
sys.stdin.read()
for n in range(4): os.wait()
`)
	cmd := exec.Command(python, "gunicorn.py", "main:app")
	cmd.Dir = dir
	cmd.Env = []string{"SENTRY_DSN=" + aDSN("a"), "PATH=" + os.Getenv("PATH")}
	pid := launched(t, cmd)
	deadline := time.Now().Add(10 * time.Second)
	for {
		text := patientIn(t, dir).processes().text
		if strings.Contains(text, fmt.Sprintf("web %d (gunicorn and its 3 children), web ", pid)) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("census %q", text)
		}
	}
}

func TestWhatWasSpawnedShowsWhatItsParentHas(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\nSENTRY_ENVIRONMENT=staging\n", "uvicorn.py", `import os, sys, subprocess
os.environ["SENTRY_DSN"] = sys.argv[2]
os.environ["SENTRY_ENVIRONMENT"] = "production"
del sys.argv[2]
p = subprocess.Popen([sys.executable, "-c", "import sys; 'from multiprocessing.spawn import spawn_main'; print('up', flush=True); sys.stdin.read()"])
p.wait()
`)
	cmd := exec.Command(python, "uvicorn.py", "main:app", aDSN("a"))
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	launched(t, cmd)
	have, agree := verdicts(t, patientIn(t, dir))
	expectOutcome(t, have, check.Pass, "")
	has(t, have.Detail, "in the environment of its child")
	expectOutcome(t, agree, check.Warn, cause.EnvProcessDiffers)
}

func TestProcessesThatWereNamedAreAlwaysLookedAt(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n")
	pid := start(t, t.TempDir(), nil, "/opt/booking-service", "-listen", ":80")
	p := patientOf(t, Options{Dir: dir, PIDs: []int{pid, 1 << 22}})
	have, _ := verdicts(t, p)
	expectOutcome(t, have, check.Fail, cause.EnvProcessLacks)
	has(t, have.Detail, fmt.Sprintf("app %d (booking-service)", pid))
	has(t, p.processes().text, fmt.Sprintf("--pid %d: there is no such process", 1<<22))

	p = patientOf(t, Options{Dir: dir, PIDs: []int{1 << 22}})
	have, agree := verdicts(t, p)
	expectOutcome(t, have, check.Skip, "")
	expectOutcome(t, agree, check.Skip, "")
	has(t, have.Detail, "there is no such process")
}
