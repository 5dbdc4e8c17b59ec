package cmd

import (
	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/config"
)

// configDocument is what `bbctl config` shows, in both formats: version 1 of
// its JSON. All texts are redacted, and secret values masked.
type configDocument struct {
	Version   int              `json:"version"`
	EnvFile   string           `json:"env_file"`  // empty: there is none
	DSNState  string           `json:"dsn_state"` // absent, lost or present
	Variables []configVariable `json:"variables"` // in the order of the table
	Problems  []configProblem  `json:"problems"`  // the file's first, then in the order of the table
}

// configVariable is one variable of the table.
type configVariable struct {
	Key     string        `json:"key"`
	Meaning string        `json:"meaning"`
	Value   string        `json:"value"`  // the one that wins; empty also where there is none
	Set     bool          `json:"set"`    // by someone: not a default, not detected
	Empty   bool          `json:"empty"`  // set, to nothing
	Secret  bool          `json:"secret"` // the value is masked
	Origin  configOrigin  `json:"origin"`
	Why     string        `json:"why"`     // why it wins
	Shadows []configFound `json:"shadows"` // what lost although somebody set it, highest first
	ReadBy  configReaders `json:"read_by"`
}

// configOrigin is where a value stands.
type configOrigin struct {
	Kind string `json:"kind"` // flag, process, file, cli, detected, default; empty: set nowhere
	File string `json:"file"` // of file and cli
	Line int    `json:"line"` // 1 is the first; 0: none
	Text string `json:"text"` // the same in words
}

// configFound is a value that does not win.
type configFound struct {
	Value  string       `json:"value"`
	Same   bool         `json:"same"` // as the one that wins
	Origin configOrigin `json:"origin"`
}

// configReaders says in words who reads a variable by itself.
type configReaders struct {
	Bbctl        string `json:"bbctl"`
	SentryPython string `json:"sentry_python"`
	SentryGo     string `json:"sentry_go"`
}

// configProblem is what is wrong with a variable, or with the .env file.
type configProblem struct {
	Cause    string       `json:"cause"`
	Severity string       `json:"severity"` // fail or warn
	Key      string       `json:"key"`      // the variable, or --env-file
	Title    string       `json:"title"`
	Evidence string       `json:"evidence"`
	Fix      string       `json:"fix"`
	Doc      string       `json:"doc"`
	Origin   configOrigin `json:"origin"`
}

// describeConfig collects what is known of all variables.
func describeConfig(env *Env, cfg *config.Config) configDocument {
	redact := newRedactor(env)
	shown := configDocument{
		Version: 1, DSNState: string(cfg.DSNState()),
		Variables: []configVariable{}, Problems: []configProblem{},
	}
	if path, found := cfg.EnvFile(); found {
		shown.EnvFile = redact(path)
	}
	for _, row := range config.Variables() {
		shown.Variables = append(shown.Variables, describeVariable(redact, row, cfg.Value(row.Key)))
	}
	for _, p := range cfg.Problems() {
		known, _ := cause.Get(p.Cause)
		shown.Problems = append(shown.Problems, configProblem{
			Cause: string(p.Cause), Severity: string(p.Severity), Key: p.Key, Title: known.Title,
			Evidence: redact(p.Evidence), Fix: redact(p.Fix), Doc: p.Cause.Doc(),
			Origin: describeOrigin(redact, p.Origin),
		})
	}
	return shown
}

func describeVariable(redact func(string) string, row config.Variable, v config.Value) configVariable {
	shown := configVariable{
		Key: v.Key, Meaning: row.Meaning, Value: redact(v.Shown()), Set: v.Set, Empty: v.Empty, Secret: v.Secret,
		Origin: describeOrigin(redact, v.Origin), Why: redact(v.Why), Shadows: []configFound{},
		ReadBy: configReaders{row.ReadBy.Bbctl, row.ReadBy.Python, row.ReadBy.Go},
	}
	for _, lost := range v.Shadowed() {
		shown.Shadows = append(shown.Shadows, configFound{
			Value: redact(config.Mask(v.Key, lost.Value)), Same: lost.Value == v.Value,
			Origin: describeOrigin(redact, lost.Origin),
		})
	}
	return shown
}

func describeOrigin(redact func(string) string, o config.Origin) configOrigin {
	return configOrigin{Kind: o.Kind, File: redact(o.File), Line: o.Line, Text: redact(o.String())}
}
