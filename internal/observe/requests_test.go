package observe_test

import (
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bookedbarber/bbctl/internal/observe"
)

// server is an application that listens after a while, reports each request to
// Sentry, and one more event when it is asked to end.
const server = `
import http.server, os, signal, sys, threading
import sentry_sdk
sentry_sdk.init(shutdown_timeout=30, traces_sample_rate=1.0, environment="tests")

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        sentry_sdk.capture_message("asked " + self.path + " " + self.headers.get("X-Shop", "") + " " + self.command)
        self.send_response(307 if self.path == "/elsewhere" else 200)
        self.send_header("Location", "/never")
        self.end_headers()
    do_POST = do_GET
    def log_message(self, *args):
        pass

def end(*args):
    sentry_sdk.capture_message("the last one")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
import time; time.sleep(0.3)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
`

func freePort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}

func TestURLsAreAskedInOrderAndTheServerStopped(t *testing.T) {
	t.Parallel()
	s, port := newest(t), freePort(t)
	web := python("web", server)
	web.Args = append(web.Args, port)
	b := newBench(t, web).env(s.env...)
	b.options = observe.Patient(b.options)
	b.options.Drain = time.Second
	base := "http://127.0.0.1:" + port
	b.options.Requests = []observe.Request{
		{URL: base + "/first", Header: http.Header{"X-Shop": {"barber"}}},
		{URL: base + "/elsewhere"},
		{Method: http.MethodPost, URL: base + "/third"},
	}
	for _, text := range []string{"message >=4", "message message='asked /first barber GET'", "message message='asked /third  POST'", "message message='the last one'", "no message message=never"} {
		b.options.Expect = append(b.options.Expect, expectation(t, text))
	}
	e := b.run(t)
	want := []observe.Answer{
		{URL: base + "/first", Status: 200},
		{URL: base + "/elsewhere", Status: 307},
		{URL: base + "/third", Status: 200},
	}
	if diff := cmp.Diff(want, e.Answers, cmpopts.IgnoreFields(observe.Answer{}, "Duration")); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	for _, x := range e.Expected {
		if !x.Met() {
			t.Errorf("%s: saw %d", x.Text, x.Seen)
		}
	}
	if e.Why != "every URL was asked" || e.Processes[0].Exit != (observe.Exit{Running: true}) {
		t.Errorf("ended because %q with %+v, expected the URLs, and a server that was stopped and ended well", e.Why, e.Processes[0].Exit)
	}
}

// TestLastEnvelopesAreWaitedFor: work that goes on after the answer is still
// seen, though the server loses what it holds when it is asked to end.
func TestLastEnvelopesAreWaitedFor(t *testing.T) {
	t.Parallel()
	s, port := newest(t), freePort(t)
	web := python("web", `
import http.server, sys, threading
import sentry_sdk
sentry_sdk.init(shutdown_timeout=30)

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        threading.Timer(0.3, sentry_sdk.capture_message, ["after the answer"]).start()
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
`)
	web.Args = append(web.Args, port)
	b := newBench(t, web).env(s.env...)
	b.options.Requests = []observe.Request{{URL: "http://127.0.0.1:" + port + "/"}}
	b.options.Expect = []observe.Expectation{expectation(t, "message message='after the answer'")}
	if e := b.run(t); !e.Expected[0].Met() || e.Processes[0].Exit.Signal != "SIGTERM" {
		t.Errorf("saw %d messages, exit %+v; expected one, and a server that SIGTERM ended", e.Expected[0].Seen, e.Processes[0].Exit)
	}
}

func TestURLsOfAnApplicationThatEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t, shell("web", "exit 1"))
	b.options.Requests = []observe.Request{{URL: "http://127.0.0.1:" + freePort(t) + "/"}, {URL: "no URL"}}
	e := b.run(t)
	if len(e.Answers) != 2 || !strings.Contains(e.Answers[0].Err, "every command ended") || e.Answers[0].Status != 0 {
		t.Errorf("answers are %+v, expected that the command ended before", e.Answers)
	}
	if e.Why != "every command ended" {
		t.Errorf("ended because %q", e.Why)
	}
}

func TestSomethingElseOnThePortIsSaid(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	b := newBench(t, shell("web", "exit 0"))
	b.options.Requests = []observe.Request{{URL: "http://" + listener.Addr().String() + "/"}}
	if e := b.run(t); len(e.Taken) != 1 || e.Taken[0] != listener.Addr().String() {
		t.Errorf("taken before it began: %q", e.Taken)
	}
	if !strings.Contains(b.told(), "something listens on "+listener.Addr().String()+" already") {
		t.Errorf("said %q", b.told())
	}
}

func expectation(t *testing.T, text string) observe.Expectation {
	t.Helper()
	e, err := observe.ParseExpectation(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// lateServer listens after a second, and answers.
const lateServer = `
import http.server, sys, time
import sentry_sdk
sentry_sdk.init(shutdown_timeout=30)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        sentry_sdk.capture_message("agent " + self.headers["User-Agent"])
        self.send_response(200)
        self.end_headers()
    def log_message(self, *args):
        pass
time.sleep(float(sys.argv[2]))
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
`

func TestEachPortIsWaitedFor(t *testing.T) {
	t.Parallel()
	s, first, second := newest(t), freePort(t), freePort(t)
	web, admin := python("web", lateServer), python("admin", lateServer)
	web.Args, admin.Args = append(web.Args, first, "0"), append(admin.Args, second, "1.5")
	b := newBench(t, web, admin).env(s.env...)
	b.options.Drain = time.Second
	b.options.Requests = []observe.Request{{URL: "http://127.0.0.1:" + first + "/"}, {URL: "http://127.0.0.1:" + second + "/"}}
	e := b.run(t)
	for _, answer := range e.Answers {
		if answer.Status != http.StatusOK {
			t.Errorf("%s: %d %s", answer.URL, answer.Status, answer.Err)
		}
	}
}

// TestNoFilterOfNoiseTakesUsForATester: package monitoring drops what bbctl-test
// and its like ask for, and applications have such filters of their own.
func TestNoFilterOfNoiseTakesUsForATester(t *testing.T) {
	t.Parallel()
	s, port := newest(t), freePort(t)
	web := python("web", lateServer)
	web.Args = append(web.Args, port, "0")
	b := newBench(t, web).env(s.env...)
	b.options.Drain = time.Second
	b.options.Requests = []observe.Request{{URL: "http://127.0.0.1:" + port + "/"}}
	b.options.Expect = []observe.Expectation{
		expectation(t, "message message=bbctl"),
		expectation(t, `no message message~'(^|\s)bbctl(/|\s|$)'`), // the form of a product's name
	}
	for _, x := range b.run(t).Expected {
		if !x.Met() {
			t.Errorf("%s: came %d times", x.Text, x.Seen)
		}
	}
}

// TestASlowWorkerIsNotStoppedBeforeItsFirstWord although all URLs are
// answered: what it has to tell comes.
func TestASlowWorkerIsNotStoppedBeforeItsFirstWord(t *testing.T) {
	t.Parallel()
	s, port := newest(t), freePort(t)
	web := python("web", lateServer)
	web.Args = append(web.Args, port, "0")
	worker := python("worker", "import time; time.sleep(2)\nimport sentry_sdk; sentry_sdk.init(shutdown_timeout=30)\nsentry_sdk.capture_message('up')\nsentry_sdk.flush()\ntime.sleep(60)")
	b := newBench(t, web, worker).env(s.env...)
	b.options.Drain = 200 * time.Millisecond
	b.options.Requests = []observe.Request{{URL: "http://127.0.0.1:" + port + "/"}}
	if e := b.run(t); e.Processes[1].Seen.Items["event"] != 1 || e.Why != "every URL was asked" {
		t.Errorf("of the worker came %v; the run ended since %s", e.Processes[1].Seen.Items, e.Why)
	}
}

func TestADaemonIsAsked(t *testing.T) {
	t.Parallel()
	s, port := newest(t), freePort(t)
	daemon := observe.Command{Name: "web", Args: []string{
		"/bin/sh", "-c", `setsid "$0" -c "$1" "$2" 1 & exit 0`, debianPython, lateServer, port,
	}}
	b := newBench(t, daemon).env(s.env...)
	b.options.Drain = time.Second
	b.options.Requests = []observe.Request{{URL: "http://127.0.0.1:" + port + "/"}}
	if e := b.run(t); e.Answers[0].Status != http.StatusOK || e.Processes[0].Seen.Items["event"] != 1 {
		t.Errorf("answer %+v, and %v came", e.Answers[0], e.Processes[0].Seen.Items)
	}
}

// TestWhatIsWaitedForInVainEndsTheRun some time after the last answer.
func TestWhatIsWaitedForInVainEndsTheRun(t *testing.T) {
	t.Parallel()
	s, port := newest(t), freePort(t)
	web := python("web", lateServer)
	web.Args = append(web.Args, port, "0")
	b := newBench(t, web).env(s.env...)
	b.options.Drain = time.Second
	b.options.Requests = []observe.Request{{URL: "http://127.0.0.1:" + port + "/"}}
	b.options.Until = map[string]int{"errors": 1}
	if e := b.run(t); e.Why != "every URL was asked, and --until errors=1 was not so 1s later" {
		t.Errorf("the run ended since %q", e.Why)
	}
}
