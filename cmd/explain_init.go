package cmd

import (
	"fmt"
	"io"
	"strings"

	"github.com/bookedbarber/bbctl/internal/nearest"
	"github.com/bookedbarber/bbctl/internal/setup"
)

// explainInit is what stands in the place of an id.
const explainInit = "init"

// initTitle says what it is where ids are listed.
const initTitle = "What the application must do so that the settings have an effect"

// initIDs are what may follow init.
func initIDs() []string {
	var ids []string
	for _, call := range setup.InitCalls() {
		ids = append(ids, call.ID)
	}
	return ids
}

// checkInitArgs refuses what cannot follow init.
func checkInitArgs(args []string) error {
	if len(args) == 0 {
		return nil
	}
	known := strings.Join(initIDs(), ", ")
	if len(args) > 1 {
		return usagef("explain init takes one of %s, or nothing", known)
	}
	if _, ok := initCall(args[0]); ok {
		return nil
	}
	hint := "bbctl explain init prints them all"
	if near := nearest.To(spelt(args[0]), initIDs()); len(near) > 0 {
		hint = "the nearest: " + near[0]
	}
	return &usageError{err: fmt.Errorf("explain init knows %s, and not %q", known, args[0]), hint: hint}
}

func initCall(id string) (setup.InitCall, bool) {
	for _, call := range setup.InitCalls() {
		if call.ID == spelt(id) {
			return call, true
		}
	}
	return setup.InitCall{}, false
}

// runExplainInit prints the init calls, or the one that is asked for. The text
// is the same wherever it goes, and the code in it is never wrapped.
func runExplainInit(g *globalOptions, args []string) error {
	calls := setup.InitCalls()
	if len(args) > 0 {
		call, _ := initCall(args[0])
		calls = []setup.InitCall{call}
	}
	// Prose that is wider than the code beside it reads badly.
	width := min(g.env.width(), codeWidth)
	if err := fill(g.env.Out, width, "", "", strings.Join(setup.InitFacts(), " ")); err != nil {
		return err
	}
	for _, call := range calls {
		if err := writeInitCall(g.env.Out, width, call); err != nil {
			return err
		}
	}
	return nil
}

// codeWidth is the columns of a terminal that the code is written for.
const codeWidth = 80

// writeInitCall writes the code as it is between two rules, which nobody takes
// for code, and the notes below them.
func writeInitCall(w io.Writer, width int, call setup.InitCall) error {
	if _, err := io.WriteString(w, "\n"); err != nil {
		return err
	}
	if err := fill(w, width, "", "  ", call.Title); err != nil {
		return err
	}
	rule := strings.Repeat("-", width) + "\n"
	if _, err := io.WriteString(w, rule+call.Code+rule); err != nil {
		return err
	}
	for _, note := range call.Notes {
		if err := fill(w, width, "- ", "  ", note); err != nil {
			return err
		}
	}
	return nil
}
