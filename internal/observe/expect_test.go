package observe_test

import (
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/observe"
)

func TestExpectationsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                           `reading the expectation "": it names no kind: known are error, message, event`,
		"no":                         "it names no kind",
		"eror":                       `unknown kind "eror": did you mean error? known are error, message`,
		"errors type=X":              "did you mean error?",
		"error tpye=X":               `error: unknown field "tpye": did you mean type? known are message, level`,
		"error tag.=x":               `unknown field "tag."`,
		"error context.business=x":   `unknown field "context.business"`,
		"error handled":              `"handled" is no condition: expected FIELD=VALUE, FIELD!=VALUE or FIELD~EXPRESSION`,
		"error type!X":               `"type!X" is no condition`,
		"error >=x":                  `"x" is no number: expected such as >=2; for none, write no error`,
		"error >=0":                  `"0" is no number`,
		"error type==X":              `"type==X": one = is enough`,
		"error >=2 >=3":              ">=3 is a second number",
		"no error >=2":               ">=2 says how many, and no says none",
		"error message='open":        "a quote is not closed",
		"error message~(":            "message: error parsing regexp",
		"message type=ValueError":    `message: unknown field "type"`,
		"check-in op=x":              "known are process, name, status, environment, release",
		"error 'type=ValueError'":    `"type=ValueError" is no condition`,
		"transaction span.data=slow": `unknown field "span.data"`,
	} {
		if _, err := observe.ParseExpectation(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error is %v, expected %q in it", text, err, want)
		}
	}
}

func TestExpectationsCountWhatTheySay(t *testing.T) {
	t.Parallel()
	s := newest(t)
	job := python("job", booking+`
import sentry_sdk.profiler
from sentry_sdk.crons import capture_checkin
capture_checkin(monitor_slug="nightly", status="ok")
try:
    try:
        {}["k"]
    except KeyError:
        raise RuntimeError("after a key error")
except RuntimeError:
    sentry_sdk.capture_exception()
`)
	want := map[string]int{
		"error":                                    3,
		"event":                                    4,
		"message":                                  1,
		"transaction":                              1,
		"span":                                     2,
		"check-in":                                 1,
		"no error":                                 3,
		"envelope client~^sentry.python":           6,
		"error >=5":                                3,
		"error type=BookingError":                  1,
		"error type=__main__.BookingError":         1,
		"error type!=BookingError":                 2,
		"error type~Error$":                        2,
		"error type=KeyError":                      0,
		"error type=RuntimeError":                  1,
		"error message=taken":                      1,
		"error message='slot taken twice'":         1,
		"error message=\"slot taken twice\"":       1,
		"error message~'^slot .* twice$'":          1,
		"error message~^taken":                     0,
		"error message=logged logger=shop.logger":  1,
		"error level=error":                        3,
		"error handled=true":                       2,
		"error mechanism=generic":                  2,
		"message level=warning":                    1,
		"message level!=warning":                   0,
		"error tag.business_area=bookings":         3,
		"error tag.nothing=":                       3,
		"error tag.business_area!=bookings":        0,
		"error user.id=user-7":                     3,
		"error context.business.amount_cents=1250": 3,
		"error context.business.operation_type=create type=BookingError": 1,
		"error environment=staging release=bookedbarber@2.1.0":           3,
		"error environment=production":                                   0,
		"transaction name=/bookings op=http.server status=ok":            1,
		"transaction transaction=/bookings":                              1,
		"transaction span.op=db span.description~^SELECT":                1,
		"transaction span.op=db span.description~^GET":                   0,
		"span op=db description='SELECT slot'":                           1,
		"span name~slot":                                                 2,
		"check-in name=nightly status=ok environment=staging":            1,
		"check-in status=error":                                          0,
		"error process=job":                                              3,
		"error process=web":                                              0,
		"profile":                                                        0,
		"log":                                                            0,
	}
	b := newBench(t, job).env(s.env...)
	var texts []string
	for text := range want {
		texts = append(texts, text)
		b.options.Expect = append(b.options.Expect, expectation(t, text))
	}
	e := b.run(t)
	for i, x := range e.Expected {
		if x.Text != texts[i] || x.Seen != want[texts[i]] {
			t.Errorf("%s: saw %d, expected %d", x.Text, x.Seen, want[texts[i]])
		}
		met := want[texts[i]] > 0
		switch x.Text {
		case "no error", "error >=5":
			met = false
		}
		if x.Met() != met {
			t.Errorf("%s: met is %v with %d of %d", x.Text, x.Met(), x.Seen, x.Want)
		}
	}
}

func TestUntilIsRead(t *testing.T) {
	t.Parallel()
	got, err := observe.ParseUntil("errors=2, transactions")
	if err != nil || len(got) != 2 || got["errors"] != 2 || got["transactions"] != 1 {
		t.Errorf("read %v, %v", got, err)
	}
	for text, want := range map[string]string{
		"error=1":  "did you mean errors?",
		"errors=x": `"x" is no number of errors: expected 1 or more`,
		"errors=0": "expected 1 or more",
		"":         `unknown category ""`,
	} {
		if _, err := observe.ParseUntil(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error is %v, expected %q in it", text, err, want)
		}
	}
}

func FuzzParseExpectation(f *testing.F) {
	for _, text := range []string{"error type=ValueError", "no error", "transaction >=2 name~'^/b'", `message message="a \" b"`, "error tag.a!=b", "'", "=", "error ~"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := observe.ParseExpectation(text)
		if err == nil && (e.Text != text || e.None == (e.Want > 0)) {
			t.Errorf("%q was read as %+v", text, e)
		}
	})
}
