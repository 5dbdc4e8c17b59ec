//go:build linux

package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
)

// entry is a process of a tree that stands for /proc: for what cannot be
// started here, such as services of systemd, other users, containers.
type entry struct {
	pid, parent  int
	args         []string
	environ      string // raw; "-": may not be read
	dir          string // empty: may not be read
	cgroup, root string
	start        time.Duration // after the boot
}

// tree writes a /proc with some processes, on a machine that was started an
// hour ago.
func tree(t testing.TB, entries ...entry) string {
	t.Helper()
	proc := t.TempDir()
	write := func(path, content string) {
		if err := os.WriteFile(filepath.Join(proc, path), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := func(target, path string) {
		if err := os.Symlink(target, filepath.Join(proc, path)); err != nil {
			t.Fatal(err)
		}
	}
	write("uptime", "3600.00 7000.00\n")
	for _, e := range entries {
		at := strconv.Itoa(e.pid)
		if err := os.Mkdir(filepath.Join(proc, at), 0o755); err != nil {
			t.Fatal(err)
		}
		write(at+"/cmdline", strings.Join(e.args, "\x00")+"\x00")
		write(at+"/cgroup", e.cgroup)
		write(at+"/stat", fmt.Sprintf("%d (a) b (c) S %d 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0 0\n", e.pid, e.parent, e.start/tick))
		if e.environ != "-" {
			write(at+"/environ", e.environ)
		}
		if e.dir != "" {
			link(e.dir, at+"/cwd")
		}
		if e.root != "" {
			link(e.root, at+"/root")
		}
	}
	return proc
}

func TestAServiceOfSystemdIsMendedInItsUnit(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n")
	proc := tree(t,
		entry{pid: 4242, parent: 1, args: []string{"gunicorn", "main:app"}, environ: "LANG=C\x00", dir: dir, cgroup: "0::/system.slice/booking-web.service\n"})
	have, _ := verdicts(t, patientOf(t, Options{Dir: dir, Proc: proc}))
	expectOutcome(t, have, check.Fail, cause.EnvProcessLacks)
	has(t, have.Fix, "systemctl edit booking-web.service", "EnvironmentFile="+dir+"/.env", "SENTRY_DSN", "systemctl restart booking-web.service")

	proc = tree(t,
		entry{pid: 4242, parent: 1, args: []string{"gunicorn", "main:app"}, environ: "SENTRY_DSN=" + aDSN("b") + "\x00", dir: dir, cgroup: "0::/system.slice/booking-web.service\n"})
	_, agree := verdicts(t, patientOf(t, Options{Dir: dir, Proc: proc}))
	expectOutcome(t, agree, check.Warn, cause.EnvProcessDiffers)
	has(t, agree.Fix, "systemctl edit --full booking-web.service")
}

func TestTheFirstProcessOfAContainerMayBeTheApplication(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n")
	proc := tree(t, entry{pid: 1, args: []string{"/usr/local/bin/python", "/usr/local/bin/uvicorn", "main:app"}, environ: "PATH=/bin\x00", dir: dir, cgroup: "0::/docker/0123\n"})
	p := patientOf(t, Options{Dir: dir, Proc: proc})
	have, _ := verdicts(t, p)
	expectOutcome(t, have, check.Fail, cause.EnvProcessLacks)
	has(t, p.processes().text, "web 1 (uvicorn)")
	has(t, have.Fix, "compose.yaml", "env_file", "SENTRY_DSN")
}

// TestWhatWasStartedInAContainerByHandIsMendedInItsShell keeps the settings of
// the container for the process that it was made for.
func TestWhatWasStartedInAContainerByHandIsMendedInItsShell(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n")
	for first, want := range map[string]string{"/sbin/tini": "compose.yaml", "/usr/bin/sleep": "set -a; . "} {
		proc := tree(t,
			entry{pid: 1, args: []string{first, "--"}, environ: "A=b\x00", dir: "/", cgroup: "0::/docker/0123\n"},
			entry{pid: 7, parent: 1, args: []string{"gunicorn", "main:app"}, environ: "A=b\x00", dir: dir, cgroup: "0::/docker/0123\n"})
		have, _ := verdicts(t, patientOf(t, Options{Dir: dir, Proc: proc}))
		has(t, have.Fix, want)
	}
}

func TestContainersOfOthersAreCountedAndNotJudged(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n")
	proc := tree(t, entry{pid: 7, args: []string{"uvicorn", "main:app"}, environ: "A=b\x00", dir: dir, root: t.TempDir()})
	p := patientOf(t, Options{Dir: dir, Proc: proc})
	have, _ := verdicts(t, p)
	expectOutcome(t, have, check.Skip, "")
	has(t, p.processes().text, "1 in containers are left out (--pid names one)")

	named, _ := verdicts(t, patientOf(t, Options{Dir: dir, Proc: proc, PIDs: []int{7}}))
	expectOutcome(t, named, check.Fail, cause.EnvProcessLacks)
}

func TestATitleThatIsWrittenOverTheEnvironmentIsNoLack(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n")
	proc := tree(t, entry{pid: 7, args: []string{"gunicorn: master [main:app]"}, environ: strings.Repeat("\x00", 200), dir: dir})
	have, agree := verdicts(t, patientOf(t, Options{Dir: dir, Proc: proc}))
	expectOutcome(t, have, check.Skip, "")
	expectOutcome(t, agree, check.Skip, "")
	has(t, have.Detail, "web 7 (gunicorn)", "setproctitle")
}

func TestAProcessThatHasNothingAtAllLacksTheDSN(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n")
	proc := tree(t, entry{pid: 7, args: []string{"gunicorn", "main:app"}, environ: "", dir: dir})
	have, _ := verdicts(t, patientOf(t, Options{Dir: dir, Proc: proc}))
	expectOutcome(t, have, check.Fail, cause.EnvProcessLacks)
}

func TestASystemWithoutAListOfProcessesIsSkipped(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n")
	for _, proc := range []string{filepath.Join(dir, "absent"), t.TempDir()} {
		p := patientOf(t, Options{Dir: dir, Proc: proc})
		have, agree := verdicts(t, p)
		expectOutcome(t, have, check.Skip, "")
		expectOutcome(t, agree, check.Skip, "")
		has(t, have.Detail, "processes")
	}
}

func TestOneProcessHasWhatAnotherLacksAlthoughNoFileSaysIt(t *testing.T) {
	t.Parallel()
	dir := project(t)
	proc := tree(t,
		entry{pid: 7, args: []string{"gunicorn", "main:app"}, environ: "SENTRY_DSN=" + aDSN("a") + "\x00", dir: dir},
		entry{pid: 8, args: []string{"celery", "-A", "x", "beat"}, environ: "A=b\x00", dir: dir})
	have, agree := verdicts(t, patientOf(t, Options{Dir: dir, Proc: proc}))
	expectOutcome(t, have, check.Fail, cause.EnvProcessLacks)
	expectOutcome(t, agree, check.Skip, "")
	has(t, have.Detail, "beat 8 (celery): no SENTRY_DSN", "which web 7 (gunicorn) has")
	has(t, have.Fix, "export SENTRY_DSN where beat 8 (celery) is started")
}

func TestFlowerIsLookedAtOnlyWhereItIsNamed(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n")
	proc := tree(t, entry{pid: 8, args: []string{"celery", "-A", "x", "flower"}, environ: "A=b\x00", dir: dir})
	unasked, _ := verdicts(t, patientOf(t, Options{Dir: dir, Proc: proc}))
	expectOutcome(t, unasked, check.Skip, "")
	have, _ := verdicts(t, patientOf(t, Options{Dir: dir, Proc: proc, PIDs: []int{8}}))
	expectOutcome(t, have, check.Warn, cause.EnvProcessLacks)
}

func TestIdenticalLacksAreSaidOnce(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n")
	proc := tree(t,
		entry{pid: 8, args: []string{"celery", "-A", "x", "worker"}, environ: "A=b\x00", dir: dir},
		entry{pid: 9, args: []string{"celery", "-A", "x", "worker"}, environ: "A=b\x00", dir: dir},
		entry{pid: 10, parent: 9, args: []string{"celery", "-A", "x", "worker"}, environ: "A=b\x00", dir: dir})
	have, _ := verdicts(t, patientOf(t, Options{Dir: dir, Proc: proc}))
	has(t, have.Detail, "worker 8, 9 (celery and one child): no SENTRY_DSN")
	if n := strings.Count(have.Detail, "no SENTRY_DSN"); n != 1 {
		t.Errorf("said %d times: %s", n, have.Detail)
	}
}

// TestWorkersThatWereForkedAgainAreAsYoungAsTheOldest holds the start of a
// server to that of its workers, which import the application.
func TestWorkersThatWereForkedAgainAreAsYoungAsTheOldest(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n", "main.py", "load_dotenv()\n")
	changed := time.Now().Add(-30 * time.Minute)
	if err := os.Chtimes(filepath.Join(dir, ".env"), changed, changed); err != nil {
		t.Fatal(err)
	}
	server := func(workers ...time.Duration) string {
		entries := []entry{{pid: 7, args: []string{"gunicorn", "main:app"}, environ: "A=b\x00", dir: dir}}
		for i, start := range workers {
			entries = append(entries, entry{pid: 8 + i, parent: 7, args: []string{"gunicorn", "main:app"}, environ: "A=b\x00", dir: dir, start: start})
		}
		return tree(t, entries...)
	}
	_, young := verdicts(t, patientOf(t, Options{Dir: dir, Proc: server(40*time.Minute, 50*time.Minute)}))
	expectOutcome(t, young, check.Pass, "")
	_, old := verdicts(t, patientOf(t, Options{Dir: dir, Proc: server(40*time.Minute, 20*time.Minute)}))
	expectOutcome(t, old, check.Warn, cause.EnvProcessDiffers)
}

// TestAHomeHoldsOnlyWhatRunsInIt keeps a .env file in somebody's home from
// taking all of their servers for one application.
func TestAHomeHoldsOnlyWhatRunsInIt(t *testing.T) {
	t.Parallel()
	home := project(t)
	s := scope{roots: []string{home, "/"}}
	if !s.holds(home + "/other") {
		t.Error("a folder does not hold what is below it")
	}
	s.home = home
	if !s.holds(home) || s.holds(home+"/other") || !s.holds("/") || s.holds("/srv/other") {
		t.Error("a home, or the root, holds what is below it")
	}
}

func TestBbctlAndWhatHasStartedItAreNoneOfTheApplication(t *testing.T) {
	t.Parallel()
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n")
	server := entry{args: []string{"gunicorn", "main:app"}, environ: "A=b\x00", dir: dir}
	own, parent, other := server, server, server
	own.pid, own.parent = os.Getpid(), 70001
	parent.pid, parent.parent, other.pid = 70001, 1, 70002
	p := patientOf(t, Options{Dir: dir, Proc: tree(t, own, parent, other)})
	if want := "web 70002 (gunicorn)"; p.processes().text != want {
		t.Errorf("census %q, want %q", p.processes().text, want)
	}
}

func TestRecognise(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"uvicorn main:app": "uvicorn web",
		"/venv/bin/python3.11 /venv/bin/uvicorn main:app":     "uvicorn web",
		"python -u -X dev -m uvicorn main:app":                "uvicorn web",
		"python -um uvicorn main:app":                         "uvicorn web",
		"python -muvicorn main:app":                           "uvicorn web",
		"python3 -m gunicorn.app.wsgiapp main:app":            "gunicorn web",
		"hypercorn main:app":                                  "hypercorn web",
		"daphne x.asgi:application":                           "daphne web",
		"granian --interface asgi main:app":                   "granian web",
		"flask --app x run -h 0.0.0.0":                        "flask web",
		"flask db upgrade":                                    "",
		"fastapi run main.py":                                 "fastapi web",
		"celery -A proj worker -l info":                       "celery worker",
		"celery -A worker beat":                               "celery beat",
		"celery worker -A proj -B":                            "celery worker",
		"celery --app=proj flower":                            "celery monitor",
		"celery -A proj inspect ping":                         "",
		"python -m celery -A x worker":                        "celery worker",
		"rq worker default":                                   "rq worker",
		"rq info":                                             "",
		"dramatiq tasks":                                      "dramatiq worker",
		"arq worker.Settings":                                 "arq worker",
		"flower --port=5555":                                  "flower monitor",
		"python manage.py runserver":                          "manage.py web",
		"python /srv/manage.py rqworker":                      "manage.py worker",
		"python manage.py run_bot":                            "manage.py app",
		"python manage.py migrate":                            "",
		"python manage.py test":                               "",
		"python main.py":                                      "main.py app",
		"python jobs/email_worker.py":                         "email_worker.py worker",
		"python -m app.scheduler":                             "python -m app.scheduler beat",
		"python sync.py":                                      "sync.py app",
		"python -m pytest tests":                              "",
		"python test_x.py":                                    "",
		"python setup.py install":                             "",
		"python -c import_uvicorn":                            "",
		"python":                                              "",
		"python -m debugpy --listen 5678 -m uvicorn main:app": "uvicorn web",
		"uvicorn --version":                                   "",
		"gunicorn: worker [main:app]":                         "gunicorn web",
		"[celery beat]":                                       "celery beat",
		"[celeryd: celery@host:ForkPoolWorker-1]":             "celery worker",
		"vim uvicorn.py":                                      "",
		"node server.js":                                      "",
	}
	for line, want := range tests {
		args := strings.Fields(line)
		if strings.ContainsAny(line, "[:") && (line[0] == '[' || strings.Contains(line, "gunicorn:")) {
			args = []string{line} // a title
		}
		got := ""
		if c, ok := recognise(args); ok {
			got = c.name + " " + c.role
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", line, diff)
		}
	}
}

func BenchmarkCensusOf2000Processes(b *testing.B) {
	dir := project(b, ".env", "SENTRY_DSN="+aDSN("a")+"\n")
	entries := []entry{{pid: 1, args: []string{"/sbin/init"}, environ: "A=b\x00", dir: "/"}}
	for pid := 2; pid < 2000; pid++ {
		entries = append(entries, entry{pid: pid, args: []string{"/usr/lib/firefox/firefox", "-contentproc", strings.Repeat("x", 400)}, environ: strings.Repeat("A=b\x00", 100), dir: "/"})
	}
	entries = append(entries, entry{pid: 2000, args: []string{"gunicorn", "main:app"}, environ: "SENTRY_DSN=" + aDSN("a") + "\x00", dir: dir})
	proc := tree(b, entries...)
	for b.Loop() {
		p := patientOf(b, Options{Dir: dir, Proc: proc})
		if p.processes().text != "web 2000 (gunicorn)" {
			b.Fatal(p.processes().text)
		}
	}
}

// BenchmarkSearchOfALargeSource looks for a loader in 1000 files of 8 KB.
func BenchmarkSearchOfALargeSource(b *testing.B) {
	files := []string{".env", "SENTRY_DSN=" + aDSN("a") + "\n"}
	for n := range 1000 {
		files = append(files, fmt.Sprintf("pkg%d/m%d.py", n%20, n), strings.Repeat("def f(x):\n    return os.environ.get('A', x) + 1  # nothing\n", 140))
	}
	dir := project(b, files...)
	for b.Loop() {
		s := newSource(b.Context(), []string{dir}, dir)
		if all := s.search(); len(all.loaders) > 0 {
			b.Fatal(all)
		}
	}
}
