package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/report"
)

// selection is which checks of a suite run.
type selection struct {
	only, skip []string
	strict     bool
}

func (s *selection) register(flags *pflag.FlagSet) {
	flags.StringSliceVar(&s.only, "only", nil, "run only the checks or groups `NAME[,NAME]`, and what they need (repeatable)")
	flags.StringSliceVar(&s.skip, "skip", nil, "leave out the checks or groups `NAME[,NAME]` (repeatable)")
	flags.BoolVar(&s.strict, "strict", false, "warnings fail")
}

// checkGiven refuses a selection that is given and empty: an empty variable of
// CI must not run everything.
func (s *selection) checkGiven(flags *pflag.FlagSet) error {
	for name, list := range map[string][]string{"only": s.only, "skip": s.skip} {
		if flags.Changed(name) && strings.Join(list, "") == "" {
			return usagef("--%s is given, and names nothing", name)
		}
	}
	return nil
}

// reportFlags is where a report goes, and in which forms.
type reportFlags struct {
	format  string
	reports []string

	parsed report.Format
	files  []reportFile
}

type reportFile struct {
	format report.Format
	path   string
}

func (r *reportFlags) register(flags *pflag.FlagSet) {
	formatFlag(flags, &r.format, "text, json, junit or github")
	flags.StringArrayVar(&r.reports, "report", nil, "write the report as `FORMAT=FILE` as well (repeatable)")
}

// parse refuses what could not be written before anything has run: a suite
// that ends with "no such folder" has wasted its user's time.
func (r *reportFlags) parse() error {
	var err error
	if r.parsed, err = report.ParseFormat(r.format); err != nil {
		return &usageError{err: fmt.Errorf("--format: %w", err)}
	}
	r.files = nil
	for _, value := range r.reports {
		name, path, ok := strings.Cut(value, "=")
		if !ok || path == "" {
			return &usageError{err: fmt.Errorf("--report %q is not of the form FORMAT=FILE", value), hint: "for example --report junit=bbctl.xml"}
		}
		format, err := report.ParseFormat(name)
		if err != nil {
			return &usageError{err: fmt.Errorf("--report %q: %w", value, err)}
		}
		if path == "-" {
			return &usageError{err: fmt.Errorf("--report %q: - is no file", value), hint: "--format " + name + " writes to stdout"}
		}
		folder := filepath.Dir(path)
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			return &usageError{err: fmt.Errorf("--report %q: there is no folder %s", value, folder), hint: "create it first, or name a file in one that is there"}
		}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return usagef("--report %q: %s is a folder, not a file", value, path)
		}
		r.files = append(r.files, reportFile{format, path})
	}
	return nil
}

// finish prints the report, writes the files of --report and turns the
// verdict into the exit code.
func (o *suiteOptions) finish(rep check.Report) error {
	rep = rep.Map(newRedactor(o.env))
	err := report.Write(o.env.Out, o.parsed, rep, o.style())
	if err != nil {
		err = fmt.Errorf("writing the report: %w", err)
	}
	for _, file := range o.files {
		err = errors.Join(err, writeReportFile(file, rep))
	}
	code := rep.ExitCode()
	switch {
	case err != nil && code == exitFailed:
		// A failed check outweighs a report that could not be written.
		printError(o.env, exitBroken, err)
		return &verdictError{code: code}
	case err != nil:
		return err
	case code != exitWell:
		return &verdictError{code: code}
	}
	return nil
}

// fileStyle is the text form in a file: wide enough for a pager, no colour.
var fileStyle = report.Style{Width: 100}

func writeReportFile(file reportFile, rep check.Report) error {
	var b bytes.Buffer
	if err := report.Write(&b, file.format, rep, fileStyle); err != nil {
		return fmt.Errorf("writing %s: %w", file.path, err)
	}
	// Through a temporary file: who reads the report must never meet half of
	// it. A device or a pipe (/dev/stderr) cannot be renamed over, so there
	// the bytes are written as they are.
	info, err := os.Stat(file.path)
	if err == nil && !info.Mode().IsRegular() {
		return writeThrough(file.path, b.Bytes())
	}
	tmp, err := os.CreateTemp(filepath.Dir(file.path), ".bbctl-report-*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", file.path, err)
	}
	_, err = tmp.Write(b.Bytes())
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), file.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", file.path, err), os.Remove(tmp.Name()))
	}
	return nil
}

func writeThrough(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
