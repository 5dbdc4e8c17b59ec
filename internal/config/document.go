package config

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// WriteDoc writes docs/configuration.md: the table of variables, the presets,
// and the rules by which values are found.
func WriteDoc(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString(`<!-- Written by bbctl docs from internal/config. Change it there. -->
# Configuration

` + "`bbctl config`" + ` shows for every variable the value that wins, where it stands and
what it shadows; ` + "`bbctl release`" + ` shows the release.

## Where values come from

The highest wins:

1. flags of bbctl,
2. the process environment, even where a variable is empty there,
3. the ` + "`.env`" + ` file,
4. ` + "`.sentryclirc`" + `, for the web API alone,
5. detection, for the release alone,
6. the defaults of the table below.

The .env file is the one that ` + "`--env-file`" + ` names; else ` + "`.env`" + `, looked for from
the working directory up to the repository's root. It is read as python-dotenv
reads it, since the application does. Where godotenv, a shell, docker's
--env-file or systemd see another value in it, bbctl says so
([env-reader-divergence](causes.md#env-reader-divergence)). A form that all of
them read alike is ` + "`KEY=value`" + `: no quotes, no blanks around the ` + "`=`" + `, no
` + "`export`" + `, and comments on lines of their own.

` + "`.sentryclirc`" + ` is looked for from the working directory upwards, then in the home
directory; the first that sets a value wins. A token is used only with the
address that comes from the same source (flags, environment and .env are one,
each .sentryclirc is one), or with the default: no file in a repository can have
a developer's own token sent elsewhere.

## Variables

The SDKs read few of these by themselves. The rest has an effect only where the
application passes it to ` + "`init`" + `.

`)
	writeVariables(&b)
	writePresets(&b)
	b.WriteString(`
## Release

` + "`SENTRY_RELEASE`" + `; else the first of these that is set, in sentry-python's order:
` + code(releaseVariables()) + `;
else the commit of the working directory, in full, as ` + "`git rev-parse HEAD`" + `
prints it. sentry-go by itself would send what ` + "`git describe --long --always --dirty`" + `
prints: bbctl shows that and does not use it. A detected release is never
written to a file, since it would be wrong at the next commit.

## No DSN

` + "`SENTRY_DSN`" + ` set nowhere, and no other SENTRY_ variable in .env, means that nobody
asked for Sentry here: the embedded receiver stands in. ` + "`SENTRY_DSN`" + ` set and empty,
or other SENTRY_ variables in .env without it, is
[dsn-missing](causes.md#dsn-missing): a secret of CI that got lost must be red.
`)
	_, err := w.Write(b.Bytes())
	return err
}

func writeVariables(b *bytes.Buffer) {
	b.WriteString("| variable | default | meaning | bbctl | sentry-python 2.x | sentry-go 0.50 |\n|---|---|---|---|---|---|\n")
	for _, v := range Variables() {
		standard := ""
		if v.Default != "" {
			standard = "`" + v.Default + "` (" + v.DefaultNote + ")"
		}
		if v.Key == KeyRelease {
			standard = "detected, see below"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s | %s |\n", v.Key, standard, v.Meaning, v.ReadBy.Bbctl, v.ReadBy.Python, v.ReadBy.Go)
	}
}

func writePresets(b *bytes.Buffer) {
	b.WriteString("\n## Presets\n\n`bbctl setup --preset NAME` writes one. A name of another environment gets the rates of\nstaging where .env has none.\n\n| variable |")
	for _, p := range Presets() {
		fmt.Fprintf(b, " %s |", p.Name)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(Presets())) + "\n")
	rows := []struct {
		key   string
		value func(Preset) string
	}{
		{KeyEnvironment, func(p Preset) string { return p.Name }},
		{KeySampleRate, func(p Preset) string { return p.SampleRate }},
		{KeyTracesSampleRate, func(p Preset) string { return p.TracesSampleRate }},
		{KeyProfilesSampleRate, func(p Preset) string { return p.ProfilesSampleRate }},
		{KeyDebug, func(p Preset) string { return strconv.FormatBool(p.Debug) }},
		{KeySendDefaultPII, func(p Preset) string { return strconv.FormatBool(p.SendDefaultPII) }},
	}
	for _, row := range rows {
		fmt.Fprintf(b, "| `%s` |", row.key)
		for _, p := range Presets() {
			fmt.Fprintf(b, " `%s` |", row.value(p))
		}
		b.WriteString("\n")
	}
}

func code(names []string) string { return "`" + strings.Join(names, "`,\n`") + "`" }
