package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/bookedbarber/bbctl/internal/check"
)

// The elements of JUnit's XML, as Jenkins and GitLab read them. encoding/xml
// replaces what XML cannot hold: control characters, and bytes that are no
// UTF-8.
type (
	junitReport struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string      `xml:"name,attr"`
		Tests     int         `xml:"tests,attr"`
		Failures  int         `xml:"failures,attr"`
		Errors    int         `xml:"errors,attr"`
		Skipped   int         `xml:"skipped,attr"`
		Time      string      `xml:"time,attr"`
		Timestamp string      `xml:"timestamp,attr"`
		Cases     []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitProblem `xml:"failure"`
		Error   *junitProblem `xml:"error"`
		Skipped *junitProblem `xml:"skipped"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

func writeJUnit(w io.Writer, rep check.Report) error {
	root := junitReport{Name: rep.Tool + " " + rep.Command, Time: seconds(rep.Duration)}
	for _, s := range sections(rep) {
		root.add(newJUnitSuite(rep, s))
	}
	if nothingProved(rep) {
		// Readers of JUnit take a run of skipped tests for a good one.
		root.add(newJUnitSuite(rep, section{Group: check.Group{ID: "run"}, items: []check.Item{
			{ID: "something-proved", Outcome: check.Broken, Detail: summary(rep)},
		}}))
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(root); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (r *junitReport) add(s junitSuite) {
	r.Tests += s.Tests
	r.Failures += s.Failures
	r.Errors += s.Errors
	r.Skipped += s.Skipped
	r.Suites = append(r.Suites, s)
}

func newJUnitSuite(rep check.Report, s section) junitSuite {
	suite := junitSuite{Name: s.ID, Tests: len(s.items), Timestamp: rep.Started.UTC().Format("2006-01-02T15:04:05")}
	var took time.Duration
	for _, item := range s.items {
		c := newJUnitCase(rep, item)
		c.Class = strings.Join([]string{rep.Tool, rep.Command, s.ID}, ".")
		switch {
		case c.Failure != nil:
			suite.Failures++
		case c.Error != nil:
			suite.Errors++
		case c.Skipped != nil:
			suite.Skipped++
		}
		took += item.Duration
		suite.Cases = append(suite.Cases, c)
	}
	suite.Time = seconds(took)
	return suite
}

func newJUnitCase(rep check.Report, item check.Item) junitCase {
	c := junitCase{Name: item.ID, Time: seconds(item.Duration)}
	switch {
	case failed(item, rep.Strict):
		c.Failure = &junitProblem{Message: headline(item), Type: string(item.Outcome), Text: explanation(item)}
	case item.Outcome == check.Warn:
		c.Out = "warn: " + explanation(item)
	case item.Outcome == check.Broken:
		c.Error = &junitProblem{Message: headline(item), Type: string(item.Outcome), Text: explanation(item)}
	case item.Outcome == check.Skip, item.Outcome == check.Blocked:
		c.Skipped = &junitProblem{Message: reason(item)}
	}
	return c
}

// headline is what a list of failures shows: the cause, what was seen, the fix.
func headline(item check.Item) string {
	text := item.Detail
	if item.Cause != "" {
		text = string(item.Cause) + ": " + text
	}
	if item.Fix != "" {
		text += "; fix: " + item.Fix
	}
	return text
}

// explanation is the same in lines, with where to read on.
func explanation(item check.Item) string {
	var lines []string
	add := func(label, text string) {
		if text != "" {
			lines = append(lines, label+text)
		}
	}
	add("", item.Title)
	add("", item.Detail)
	add("cause: ", string(item.Cause))
	add("fix: ", item.Fix)
	if item.Cause != "" {
		add("see: ", item.Cause.Doc()+", bbctl explain "+string(item.Cause))
	}
	return strings.Join(lines, "\n")
}

// reason is why a check did not run.
func reason(item check.Item) string {
	if len(item.BlockedBy) > 0 {
		return "blocked by " + strings.Join(item.BlockedBy, ", ")
	}
	return item.Detail
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
