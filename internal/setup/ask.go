package setup

import (
	"context"
	"fmt"
	"slices"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/prompt"
)

// answer goes through the questions; from is where they start.
func (w *wizard) answer(ctx context.Context, from *answers) (*answers, error) {
	a := from.clone()
	if err := w.checkGiven(); err != nil {
		return nil, err
	}
	if w.asking() {
		w.greet()
	}
	if err := w.answerDSN(ctx, a); err != nil {
		return nil, err
	}
	if err := w.answerEnvironment(ctx, a); err != nil {
		return nil, err
	}
	a.detected = w.cfg.Release()
	w.fill(a)
	if !a.release.fixed {
		a.release = w.defaultRelease()
	}
	if w.round == 0 {
		w.takeServices(a)
	}
	if err := w.changeAny(ctx, a); err != nil {
		return nil, err
	}
	if err := w.confirmPII(ctx, a); err != nil {
		return nil, err
	}
	w.warnOfAnswers(a)
	return a, nil
}

// checkGiven refuses what was given and cannot be, before anything is asked.
func (w *wizard) checkGiven() error {
	given := w.o.Given
	if given.Environment != "" {
		if err := config.CheckEnvironment(given.Environment); err != nil {
			return &AnswerError{Flag: "--environment", Cause: cause.EnvironmentInvalid, Err: err}
		}
	}
	if given.Preset != "" {
		if _, ok := config.FindPreset(given.Preset); !ok {
			return &AnswerError{Flag: "--preset", Err: fmt.Errorf("there is no preset %q: development, staging and production are there", given.Preset)}
		}
	}
	for _, rate := range []struct{ key, given string }{
		{config.KeySampleRate, given.SampleRate}, {config.KeyTracesSampleRate, given.TracesSampleRate}, {config.KeyProfilesSampleRate, given.ProfilesRate},
	} {
		if rate.given != "" {
			if err := config.CheckRate(rate.given); err != nil {
				return &AnswerError{Flag: flagOf(rate.key), Cause: cause.RateNotANumber, Err: err}
			}
		}
	}
	if given.Release != "" && given.Release != ReleaseDetected {
		if err := config.CheckRelease(given.Release); err != nil {
			return &AnswerError{Flag: "--release", Cause: cause.ReleaseInvalid, Err: err}
		}
	}
	if given.Gitignore != nil && *given.Gitignore && w.place.root == "" {
		w.note(Notice{Text: w.place.shown + " is in no git checkout, so .gitignore is left alone"})
	}
	if !w.o.Local {
		return nil
	}
	for _, name := range []struct{ flag, given string }{{"--environment", given.Environment}, {"--preset", given.Preset}} {
		if name.given != "" && !isDevelopment(name.given) {
			return &AnswerError{Flag: name.flag, Cause: cause.DSNLocalReceiver, Err: fmt.Errorf("--local is for development, and this says %s: a receiver on this machine is no place for its events", name.given)}
		}
	}
	return nil
}

// isDevelopment says whether a name is that of development, in any spelling.
func isDevelopment(environment string) bool {
	p, known := config.PresetOf(environment)
	return known && p.Name == "development"
}

func (w *wizard) greet() {
	what := "is there: only what you change will be changed"
	if !w.place.file.Exists {
		what = "will be made"
	}
	w.show().say(fmt.Sprintf("bbctl setup: %s %s. Ctrl-C at any question leaves everything as it is.", w.place.shown, what))
}

// answerEnvironment finds the name of the environment.
func (w *wizard) answerEnvironment(ctx context.Context, a *answers) error {
	offered := a.environment
	if offered.value == "" {
		offered = w.defaultEnvironment()
	}
	if w.o.Local && !isDevelopment(offered.value) {
		return &AnswerError{Flag: "--local", Cause: cause.DSNLocalReceiver, Err: fmt.Errorf("it is for development, and %s says %s; --environment development changes that", offered.source, offered.value)}
	}
	if offered.fixed && a.environment.value == "" || w.o.Local || !w.asking() {
		a.environment = offered
		return nil
	}
	options, names := environmentOptions(offered)
	choice, err := w.o.Prompter.Select(ctx, prompt.Select{
		Message: "Environment", Options: options, Default: slices.Index(names, offered.value),
		Help: "Events carry it, and Sentry filters by it. It also chooses the values that are offered next.",
	})
	if err != nil {
		return err
	}
	if choice < len(names) {
		source := "chosen"
		if names[choice] == offered.value {
			source = offered.source
		}
		a.environment = setting{config.KeyEnvironment, names[choice], source, false}
		return nil
	}
	name, err := w.o.Prompter.Input(ctx, prompt.Input{Message: "Name of the environment", Validate: w.writable(config.CheckEnvironment)})
	if err != nil {
		return err
	}
	a.environment = setting{config.KeyEnvironment, name, "typed", false}
	return nil
}

// environmentOptions are the presets, the present name where it is another, and
// one to type. names are those of all but the last.
func environmentOptions(present setting) (options []prompt.Option, names []string) {
	for _, p := range config.Presets() {
		names = append(names, p.Name)
		options = append(options, prompt.Option{Name: p.Name, Note: p.Meaning})
	}
	if !slices.Contains(names, present.value) {
		names = append(names, present.value)
		options = append(options, prompt.Option{Name: present.value, Note: "as in " + present.source})
	}
	return append(options, prompt.Option{Name: "other", Note: "a name of your own"}), names
}

// confirmPII asks once more before personal data of production may be sent.
func (w *wizard) confirmPII(ctx context.Context, a *answers) error {
	if !a.pii.isOn() || !config.Production(a.environment.value) || !w.asking() {
		return nil
	}
	w.show().say("With SENTRY_SEND_DEFAULT_PII=true the SDK sends what identifies people: IP addresses, cookies, user names, request bodies. " +
		"Under the GDPR that is processing of personal data: it needs a legal basis, an agreement with Sentry as processor, a word in your privacy notice, and it must be deleted on request. " +
		"Errors can be traced to a user by the id alone, without it.")
	sure, err := w.o.Prompter.Confirm(ctx, prompt.Confirm{Message: "Send personal data from production?", Default: w.sendsAlready(), Fresh: true})
	if err != nil {
		return err
	}
	if !sure {
		a.pii = setting{config.KeySendDefaultPII, "false", "chosen", true}
	}
	return nil
}

// sendsAlready says whether the file has personal data on in production: what
// is there is the default.
func (w *wizard) sendsAlready() bool {
	pii, _ := w.fileValue(config.KeySendDefaultPII)
	environment, _ := w.fileValue(config.KeyEnvironment)
	on, _ := config.ParseBool(pii.Value)
	return on && config.Production(environment.Value)
}

// warnOfAnswers tells what is allowed and probably not meant.
func (w *wizard) warnOfAnswers(a *answers) {
	w.warnOfEnvironment(a)
	if w.place.root != "" && !w.place.ignored && !w.place.tracked && !a.gitignore {
		w.note(Notice{
			Cause: cause.EnvFileTracked, Text: "git does not ignore " + w.place.shown + ": the next git add takes it along", Fix: "--gitignore",
		})
	}
	production := config.Production(a.environment.value)
	if production && a.pii.isOn() {
		w.note(Notice{
			Cause: cause.PIIInProduction, Text: "SENTRY_SEND_DEFAULT_PII will be on in production: IP addresses, cookies and user names are sent, which under the GDPR needs a legal basis",
			Fix: "--no-pii",
		})
	}
	if production && a.debug.isOn() {
		w.note(Notice{Cause: cause.DebugInProduction, Text: "SENTRY_DEBUG will be on in production: the SDK writes a log of every event", Fix: "--no-debug"})
	}
	if a.dsn.Loopback() && !config.Developing(a.environment.value) {
		w.note(Notice{
			Cause: cause.DSNLocalReceiver, Text: fmt.Sprintf("the DSN is of a receiver on this machine, and the environment is %s", a.environment.value),
			Fix: "give the DSN of the project that is to get the events of " + a.environment.value,
		})
	}
}
