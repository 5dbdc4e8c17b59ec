//go:build !windows

package cmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
)

const asksFirst = "Run it in production?"

// production is a bbctl on a terminal, in a project that is run in production.
func production(t *testing.T, size pty.Winsize, yaml string, args ...string) *dialog {
	t.Helper()
	files := map[string]string{".env": "SENTRY_ENVIRONMENT=production\nSENTRY_RELEASE=shop@1\n"}
	if yaml != "" {
		files["bbctl.yaml"] = yaml
	}
	return talkAmong(t, size, files, args...)
}

func (d *dialog) ran() bool {
	_, err := os.Stat(filepath.Join(d.dir, "was-run"))
	return err == nil
}

func TestProductionIsAskedAboutOnATerminal(t *testing.T) {
	t.Parallel()
	for _, size := range []pty.Winsize{{Rows: 24, Cols: 80}, {Rows: 10, Cols: 40}} {
		d := production(t, size, "", "test", "--", "sh", "-c", "touch was-run")
		d.expect("SENTRY_ENVIRONMENT is production")
		d.expect("app (sh -c touch was-run)")
		d.expect("its database and broker are the real ones")
		d.expect("a second time")
		d.expect(asksFirst)
		if d.ran() {
			t.Fatal("it ran before the answer")
		}
		d.enter("y")
		d.expect("app-sent-nothing")
		if code := d.end(); code != 1 || !d.ran() {
			t.Errorf("exit code %d, ran: %v\n%s", code, d.ran(), d.seen.String())
		}
	}
}

func TestAnEmptyAnswerRunsNothingInProduction(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"test", "doctor"} {
		d := production(t, pty.Winsize{Rows: 24, Cols: 80}, "", command, "--once", "--", "sh", "-c", "touch was-run")
		d.expect(asksFirst)
		d.enter("")
		code := d.end()
		if strings.Contains(d.text(), "a second time") {
			t.Errorf("%s --once: a second run is promised: %s", command, d.text())
		}
		if code != 130 || d.ran() {
			t.Errorf("%s: exit code %d, ran: %v\n%s", command, code, d.ran(), d.seen.String())
		}
	}
}

// TestWhatIsDeclinedIsLeftOut has a suite beside what bbctl.yaml names: that is
// worth having without it.
func TestWhatIsDeclinedIsLeftOut(t *testing.T) {
	t.Parallel()
	const yaml = "run: {job: sh -c 'touch was-run'}\n"
	for _, args := range [][]string{{"test", "--local"}, {"doctor", "--quick"}} {
		d := production(t, pty.Winsize{Rows: 24, Cols: 80}, yaml, args...)
		d.expect("job (sh -c touch was-run)")
		d.expect(asksFirst)
		d.enter("n")
		d.expect("app declined: it was not to be run in production")
		if code := d.end(); code == 130 || d.ran() {
			t.Errorf("%v: exit code %d, ran: %v\n%s", args, code, d.ran(), d.seen.String())
		}
	}
}

// TestNoSecretOfACommandStandsInTheQuestion has one where the command is cut:
// half a password is none that is known by its form.
func TestNoSecretOfACommandStandsInTheQuestion(t *testing.T) {
	t.Parallel()
	secret := "hunter" + "2-long-enough"
	d := production(t, pty.Winsize{Rows: 24, Cols: 80}, "", "test", "--", "env", "DATABASE_URL=postgres://shop-of-the-barbers:"+secret+"@db/shop", "true")
	d.expect(asksFirst)
	d.enter("n")
	d.end()
	if strings.Contains(d.text(), secret[:8]) {
		t.Errorf("it is shown: %s", d.text())
	}
}

func TestNobodyIsAskedThroughALog(t *testing.T) {
	t.Parallel()
	d := production(t, pty.Winsize{Rows: 24, Cols: 80}, "", "doctor", "--log", "-", "--", "sh", "-c", "touch was-run")
	d.expect("nobody can be asked here: stdin is the log")
	if code := d.end(); code != 2 || d.ran() {
		t.Errorf("exit code %d, ran: %v\n%s", code, d.ran(), d.seen.String())
	}
}
