package observe

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatACommandRuns(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]struct {
		program string
		set     []string
	}{
		"":                                   {"", nil},
		"/usr/bin/uvicorn main:app":          {"uvicorn", nil},
		"python3 -m celery -A worker worker": {"celery", nil},
		"/usr/bin/python3.11 -X dev -m uvicorn.main main:app": {"python3.11", nil},
		"python3 -u -m hypercorn.run main:app":                {"hypercorn", nil},
		"python3 nightly.py -m uvicorn":                       {"python3", nil},
		"python3 -c pass -m uvicorn":                          {"python3", nil},
		"env -u SENTRY_DSN python3 -m celery worker":          {"celery", nil},
		"env A=1 B=x=y gunicorn main:app":                     {"gunicorn", []string{"A=1", "B=x=y"}},
		"env":                                                 {"env", nil},
	} {
		args, set := beyondEnv(strings.Fields(line))
		if got := programOf(args); got != want.program {
			t.Errorf("%q runs %q, expected %q", line, got, want.program)
		}
		if diff := cmp.Diff(want.set, set); diff != "" {
			t.Errorf("%q sets (-want +got):\n%s", line, diff)
		}
	}
	for line, want := range map[string]struct {
		program string
		set     []string
	}{
		"A=1 B=x=y gunicorn main:app": {"gunicorn", []string{"A=1", "B=x=y"}},
		"A=1 gunicorn main:app && ls": {"sh", []string{"A=1"}},
		"A='x y' gunicorn":            {"sh", nil},
		"A=$B gunicorn":               {"sh", nil},
		"cd shop; A=1 gunicorn":       {"sh", nil},
		"gunicorn --name=A":           {"gunicorn", nil},
		"A=1":                         {"sh", []string{"A=1"}},
	} {
		args, set := beyondEnv([]string{"/bin/sh", "-c", line})
		if got := programOf(args); got != want.program {
			t.Errorf("the shell's %q runs %q, expected %q", line, got, want.program)
		}
		if diff := cmp.Diff(want.set, set); diff != "" {
			t.Errorf("the shell's %q sets (-want +got):\n%s", line, diff)
		}
	}
}

// TestTracebacksOfCelery: each line of what a task prints has its own time.
func TestTracebacksOfCelery(t *testing.T) {
	t.Parallel()
	var r traceReader
	for line := range strings.SplitSeq(`[2026-11-25 00:12:12,455: WARNING/ForkPoolWorker-1] Traceback (most recent call last):
[2026-11-25 00:12:12,469: WARNING/ForkPoolWorker-1]   File "tasks.py", line 31, in settle
    raise ValueError("nothing to settle")
[2026-11-25 00:12:12,478: WARNING/ForkPoolWorker-1] ValueError: nothing to settle
[2026-11-25 00:12:12,568: INFO/ForkPoolWorker-1] Task payment.settle[1] succeeded in 0.15s: 'error'`, "\n") {
		r.take(line)
	}
	if diff := cmp.Diff([]string{"ValueError: nothing to settle"}, r.found); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
}

// TestServersTellWhatNobodyHandled, also where one error led to another.
func TestServersTellWhatNobodyHandled(t *testing.T) {
	t.Parallel()
	var r traceReader
	for line := range strings.SplitSeq(`Traceback (most recent call last):
  File "api.py", line 3, in pay
KeyError: 'handled'
ERROR:    Exception in ASGI application
Traceback (most recent call last):
  File "h11_impl.py", line 366, in run_asgi
RuntimeError: first

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "client.py", line 1, in capture_event
AttributeError: second
INFO:     done
Traceback (most recent call last):
  File "api.py", line 3, in pay
KeyError: 'handled too'`, "\n") {
		r.take(line)
	}
	if diff := cmp.Diff([]string{"AttributeError: second"}, r.unhandled); diff != "" {
		t.Errorf("unhandled (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"KeyError: 'handled'", "AttributeError: second", "KeyError: 'handled too'"}, r.found); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
}

// TestTracebacksOfRecordsBelowErrorAreHandled, in the forms of logging, of
// Celery and of JSON, and not where the word stands in the text alone.
func TestTracebacksOfRecordsBelowErrorAreHandled(t *testing.T) {
	t.Parallel()
	const trace = "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 'k'"
	for name, tt := range map[string]struct {
		text string
		want bool
	}{
		"logging":             {"WARNING:root:no cache\n" + trace, true},
		"with a time":         {"2026-01-01 10:00:00,123 INFO shop.cache: missed\n" + trace, true},
		"a level in brackets": {"2026-01-01 10:00:00 [warning] missed\n[INFO] shop: missed\n" + trace, true},
		"Celery":              {"[2026-01-01 10:00:00,123: INFO/ForkPoolWorker-1] Task t[1] raised expected: KeyError('k')\n" + trace, true},
		"printed in a task":   {"[2026-01-01 10:00:00,123: WARNING/ForkPoolWorker-1] Traceback (most recent call last):\n[2026-01-01 10:00:00,124: WARNING/ForkPoolWorker-1] KeyError: 'k'", false},
		"structlog":           {"2026-01-01 10:00:00 [warning  ] missed  cache=slots\n" + trace, true},
		"with dashes":         {"2026-01-01 10:00:00,123 - shop.cache - INFO - missed\n" + trace, true},
		"JSON":                {`{"level": "warning", "exc_info": "Traceback (most recent call last):\n  File \"a.py\"\nKeyError: 'k'"}`, true},
		"JSON, an error":      {`{"level": "error", "exc_info": "Traceback (most recent call last):\n  File \"a.py\"\nKeyError: 'k'"}`, false},
		"an error":            {"ERROR:root:no cache\n" + trace, false},
		"nothing before it":   {trace, false},
		"a word of the text":  {"ERROR:root:a WARNING was ignored\n" + trace, false},
		"one that led to it":  {"WARNING:root:no cache\n" + trace + "\n\nDuring handling of the above exception, another exception occurred:\n\n" + trace, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r traceReader
			for line := range strings.SplitSeq(tt.text, "\n") {
				r.take(line)
			}
			if len(r.found) != 1 || (len(r.handled) == 1) != tt.want {
				t.Errorf("found %q, handled %q", r.found, r.handled)
			}
		})
	}
	for text, want := range map[string]int{trace: 1, "ERROR:root:no cache\n" + trace: 0} {
		r := traceReader{spoken: true}
		for line := range strings.SplitSeq(text, "\n") {
			r.take(line)
		}
		if len(r.handled) != want {
			t.Errorf("printed on stdout: %q handled", r.handled)
		}
	}
}
