package cmd

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/bookedbarber/bbctl/internal/durable"
	"github.com/bookedbarber/bbctl/internal/envfile"
	"github.com/bookedbarber/bbctl/internal/setup"
)

// explainError gives an error of the wizard its meaning and a hint.
func (o *setupOptions) explainError(err error) error {
	var (
		missing    *setup.MissingError
		answer     *setup.AnswerError
		unwritable *setup.UnwritableError
		changed    *setup.ChangedSinceError
		nothing    *setup.NothingToUndoError
		homeless   *setup.NoBackupError
		spoiled    *envfile.EditError
		torn       *setup.TornError
		restore    *setup.RestoreError
		unoffered  *setup.ProjectError
	)
	switch {
	case errors.As(err, &missing):
		_, why := o.asked()
		return &usageError{err: fmt.Errorf("%w; %s", err, why), hint: o.readyCommand() + ", or without an account: bbctl setup --yes --local"}
	case errors.As(err, &answer):
		return &usageError{err: err, hint: answerHint(answer)}
	case errors.As(err, &unwritable):
		hint := "--env-file names another file"
		if unwritable.Without != "" {
			hint = unwritable.Without + " leaves it alone"
		}
		if errors.Is(err, durable.ErrReadOnly) {
			hint = "chmod u+w " + unwritable.Shown + " where it is yours; " + hint
		}
		return &hintedError{err: err, hint: hint}
	case errors.As(err, &unoffered):
		return &hintedError{err: err, hint: "all else is as it was answered; bbctl setup --yes --no-proof --project-file tries again"}
	case errors.As(err, &spoiled):
		return &hintedError{err: err, hint: fmt.Sprintf("nothing was written; repair line %d first (bbctl config says how each reader sees the file)", spoiled.Line)}
	case errors.As(err, &homeless):
		return &hintedError{err: err, hint: "nothing was written; set HOME or XDG_STATE_HOME to a folder that you can write to"}
	case errors.As(err, &torn):
		return &hintedError{err: err, hint: "nothing was written; first put it back: " + setup.UndoCommand(o.envFile)}
	case errors.As(err, &restore):
		return &hintedError{err: err, hint: "the files as they were are in " + restore.Backup + " (JSON, base64); " + setup.UndoCommand(o.envFile) + " tries again"}
	case errors.As(err, &changed):
		return &hintedError{err: err, hint: "the files as they were are in " + changed.Backup + " (JSON, base64)"}
	case errors.Is(err, setup.ErrDeclined):
		return &verdictError{code: exitInterrupted} // the person knows
	case errors.As(err, &nothing):
		return err
	case errors.Is(err, durable.ErrChanged):
		return &hintedError{err: err, hint: "nothing was written; run bbctl setup again"}
	case errors.Is(err, durable.ErrLocked):
		return &hintedError{err: err, hint: "wait for the other bbctl to end, then run this again"}
	}
	return err
}

// readyCommand is the command with what was given so far, to which only the DSN
// is added.
func (o *setupOptions) readyCommand() string {
	words := []string{"bbctl setup --yes"}
	o.changed.Visit(func(f *pflag.Flag) {
		switch {
		case f.Name == "yes" || f.Name == "plain" || strings.HasPrefix(f.Name, "dsn"):
		case f.Value.String() == "false":
			words = append(words, "--"+f.Name+"=false")
		case f.Value.Type() == "bool":
			words = append(words, "--"+f.Name)
		case f.Value.Type() == "stringArray":
			for _, value := range f.Value.(pflag.SliceValue).GetSlice() {
				words = append(words, "--"+f.Name+" '"+strings.ReplaceAll(value, "'", `'\''`)+"'")
			}
		default:
			words = append(words, "--"+f.Name+" "+f.Value.String())
		}
	})
	return strings.Join(words, " ") + " --dsn - < dsn.txt"
}

func answerHint(e *setup.AnswerError) string {
	switch {
	case e.Fix != "" && e.Cause != "":
		return e.Fix + "; bbctl explain " + string(e.Cause) + " says more"
	case e.Fix != "":
		return e.Fix
	case e.Cause != "":
		return "bbctl explain " + string(e.Cause) + " says more"
	}
	return "bbctl setup --help lists the answers"
}
