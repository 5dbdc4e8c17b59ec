package setup

import (
	"context"
	"fmt"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/dsn"
	"github.com/bookedbarber/bbctl/internal/prompt"
)

// answerDSN finds the DSN: given, asked for, or there already.
func (w *wizard) answerDSN(ctx context.Context, a *answers) error {
	if w.o.Local {
		parsed, err := dsn.Parse(w.o.ReceiverDSN)
		if err != nil {
			return fmt.Errorf("the receiver's DSN: %w", err)
		}
		if found, ok := w.fileValue(config.KeyDSN); ok && found.Value != "" && found.Value != w.o.ReceiverDSN {
			w.note(Notice{Text: fmt.Sprintf("SENTRY_DSN in %s, %s, gives way to that of the receiver", found.Origin, config.Mask(config.KeyDSN, found.Value))})
		}
		a.setDSN(parsed, w.o.ReceiverDSN, "--local")
		return nil
	}
	if w.o.Given.DSN != nil && w.round == 0 {
		parsed, err := parseDSN(*w.o.Given.DSN)
		if err != nil {
			failed := &AnswerError{Flag: "--dsn", Err: err}
			if d := defectOf(err); d != nil {
				failed.Cause, failed.Fix = cause.ID(d.ID), d.Fix
			}
			return failed
		}
		a.setDSN(parsed, unwrap(*w.o.Given.DSN), "--dsn")
	} else if err := w.askDSN(ctx, a); err != nil {
		return err
	}
	w.tellDSN(a)
	return nil
}

func (a *answers) setDSN(parsed *dsn.DSN, raw, source string) {
	a.dsn = parsed
	a.dsnSetting = setting{config.KeyDSN, raw, source, true}
}

// present is the DSN that is there already: in the answers of a round before,
// in the file, or in the process environment. why says what is wrong with it.
func (w *wizard) present(a *answers) (raw, source, why string) {
	if a.dsn != nil {
		return a.dsnSetting.value, "the round before", ""
	}
	if found, ok := w.fileValue(config.KeyDSN); ok && found.Value != "" {
		if _, err := dsn.Parse(found.Value); err == nil {
			return found.Value, found.Origin.String(), ""
		} else if d := defectOf(err); d != nil {
			why = fmt.Sprintf("the one in %s is of no use, %s [%s]", found.Origin, d.Detail, d.ID)
		}
	}
	if value, ok := w.processValue(config.KeyDSN); ok && value != "" {
		if _, err := parseDSN(value); err == nil {
			return unwrap(value), "process environment", ""
		} else if d := defectOf(err); d != nil && why == "" {
			why = fmt.Sprintf("the one in the process environment is of no use, %s [%s]", d.Detail, d.ID)
		}
	}
	return "", "", why
}

// askDSN asks for it. Where nobody can be asked, what is there is taken.
func (w *wizard) askDSN(ctx context.Context, a *answers) error {
	raw, source, why := w.present(a)
	if !w.asking() {
		if raw == "" {
			return &MissingError{Missing: []Missing{{Key: config.KeyDSN, Flag: "--dsn-file FILE, --dsn - for stdin, or the variable SENTRY_DSN", Why: why}}}
		}
		parsed, err := dsn.Parse(raw)
		if err != nil {
			return err
		}
		a.setDSN(parsed, raw, source)
		return nil
	}
	if why != "" {
		w.show().say("SENTRY_DSN: " + why)
	}
	// Not as a help that is asked for: who sets up for the first time needs it.
	w.show().say("The DSN stands in Sentry under Project Settings > Client Keys (DSN); a whole line SENTRY_DSN=… may be pasted. No account? Ctrl-C, then: bbctl setup --local")
	q := prompt.Secret{
		Message:  "Sentry DSN",
		Validate: func(text string) error { return w.checkTypedDSN(text, raw) },
	}
	if raw != "" {
		q.Empty = fmt.Sprintf("keeps %s (%s)", config.Mask(config.KeyDSN, raw), source)
	}
	typed, err := w.o.Prompter.Secret(ctx, q)
	if err != nil {
		return err
	}
	if unwrap(typed) == "" {
		typed = raw
	} else {
		source = "typed"
	}
	parsed, err := parseDSN(typed)
	if err != nil {
		return err
	}
	a.setDSN(parsed, unwrap(typed), source)
	return nil
}

func (w *wizard) checkTypedDSN(text, present string) error {
	if unwrap(text) == "" && present != "" {
		return nil
	}
	if _, err := parseDSN(text); err != nil {
		return dsnError(err)
	}
	return nil
}

// tellDSN repeats what was understood, so that a wrong paste is seen.
func (w *wizard) tellDSN(a *answers) {
	text := a.dsn.Redacted() + ": "
	if org := a.dsn.Org(); org != "" {
		text += "organization " + org + ", "
	}
	text += "project " + a.dsn.ProjectID
	if region := a.dsn.Region(); region != "" {
		text += ", region " + region
	}
	if a.dsn.Loopback() {
		text += ", a receiver on this machine"
	}
	if w.asking() {
		w.show().paragraph("  ", "  ", text)
	}
	for _, warning := range dsn.Warnings(a.dsnSetting.value, a.dsn) {
		w.note(Notice{Cause: cause.ID(warning.ID), Text: "SENTRY_DSN: " + warning.Detail, Fix: warning.Fix})
	}
}
