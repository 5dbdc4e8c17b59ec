package report

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/check"
)

func TestJUnitGolden(t *testing.T) {
	t.Parallel()
	golden(t, "eventful.xml", render(t, JUnit, eventful(), Style{}))
}

func readJUnit(t *testing.T, encoded []byte) junitReport {
	t.Helper()
	var got junitReport
	if err := xml.Unmarshal(encoded, &got); err != nil {
		t.Fatalf("%v in\n%s", err, encoded)
	}
	return got
}

// TestJUnitCountsWhatItHolds counts the cases again, in every report of the
// table of verdicts.
func TestJUnitCountsWhatItHolds(t *testing.T) {
	t.Parallel()
	for _, c := range verdicts() {
		got := readJUnit(t, render(t, JUnit, c.rep, Style{}))
		var all junitSuite
		for _, s := range got.Suites {
			var own junitSuite
			for _, test := range s.Cases {
				own.Tests++
				if test.Failure != nil {
					own.Failures++
				}
				if test.Error != nil {
					own.Errors++
				}
				if test.Skipped != nil {
					own.Skipped++
				}
			}
			if own.Tests != s.Tests || own.Failures != s.Failures || own.Errors != s.Errors || own.Skipped != s.Skipped {
				t.Errorf("%s: suite %s says %d %d %d %d", c.name, s.Name, s.Tests, s.Failures, s.Errors, s.Skipped)
			}
			all.Tests, all.Failures, all.Errors, all.Skipped = all.Tests+own.Tests, all.Failures+own.Failures, all.Errors+own.Errors, all.Skipped+own.Skipped
		}
		if all.Tests != got.Tests || all.Failures != got.Failures || all.Errors != got.Errors || all.Skipped != got.Skipped {
			t.Errorf("%s: the root says %d %d %d %d", c.name, got.Tests, got.Failures, got.Errors, got.Skipped)
		}
		if want := len(c.rep.Checks); got.Tests != want && !(nothingProved(c.rep) && got.Tests == want+1) {
			t.Errorf("%s: %d cases of %d checks", c.name, got.Tests, want)
		}
	}
}

func TestJUnitSaysCauseAndFix(t *testing.T) {
	t.Parallel()
	got := readJUnit(t, render(t, JUnit, only(check.Fail, check.Blocked, check.Warn, check.Skip, check.Broken), Style{}))
	cases := got.Suites[0].Cases
	if c := cases[0]; c.Class != "bbctl.test.redis" || c.Name != "redis-a" {
		t.Errorf("the case is %s %s", c.Class, c.Name)
	}
	if want := "redis-unreachable: saw that; fix: start Redis"; cases[0].Failure == nil || cases[0].Failure.Message != want {
		t.Errorf("failure %+v, want %q", cases[0].Failure, want)
	}
	if cases[1].Skipped == nil || cases[1].Skipped.Message != "blocked by redis-a" {
		t.Errorf("blocked is %+v", cases[1].Skipped)
	}
	if !strings.Contains(cases[2].Out, "start Redis") || cases[2].Failure != nil {
		t.Errorf("a warning is %+v", cases[2])
	}
	if cases[3].Skipped == nil || cases[3].Skipped.Message != "saw that" {
		t.Errorf("a skip is %+v", cases[3].Skipped)
	}
	if cases[4].Error == nil || cases[4].Error.Message != "saw that" {
		t.Errorf("broken is %+v", cases[4].Error)
	}
}

func TestNoCheckIsLostWhoseGroupIsNotDeclared(t *testing.T) {
	t.Parallel()
	rep := only(check.Pass, check.Fail)
	rep.Checks[1].Group = "elsewhere"
	got := readJUnit(t, render(t, JUnit, rep, Style{}))
	if len(got.Suites) != 2 || got.Suites[1].Name != "elsewhere" {
		t.Errorf("suites %+v", got.Suites)
	}
}

// FuzzJUnitIsXML holds that whatever a server said, the file can be read, has
// the same elements, and says what XML can hold of it.
func FuzzJUnitIsXML(f *testing.F) {
	for _, s := range hostileTexts() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rep := only(check.Fail, check.Warn, check.Skip, check.Broken, check.Pass)
		for i := range rep.Checks {
			rep.Checks[i].Detail, rep.Checks[i].Fix = text, text
		}
		encoded := render(t, JUnit, rep, Style{})
		decoder := xml.NewDecoder(strings.NewReader(string(encoded)))
		elements := 0
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%v in\n%s", err, encoded)
			}
			if _, ok := token.(xml.StartElement); ok {
				elements++
			}
		}
		if elements != 11 { // testsuites, testsuite, 5 cases, failure, system-out, skipped, error
			t.Errorf("%d elements in\n%s", elements, encoded)
		}
	})
}

// hostileTexts are what a detail may hold at its worst.
func hostileTexts() []string {
	return []string{
		"plain", "", "]]></failure><testcase name=\"x\"/>", "a & b < c > d \" e ' f", "\x00\x01\x1b[2J\x7f\u0085\u009b\ufffe\uffff",
		"\xff\xfe\xc0\x80 no UTF-8", "line\nline\r\nline\rline", "::error title=x::y", "\n::set-output name=a::b", "\r::stop-commands::x\n",
		"%0A::add-mask::x", "##[error]x", "title=a,b:c%", "\u2028::error::x", "\u0085::error::x", "\v::error::x", "\f::error::x",
	}
}
