package setup

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/prompt"
)

// row is one line of the table of settings, and how it is changed.
type row struct {
	name, text string
	change     func(ctx context.Context) error
}

// table is what the preset, the file and detection give.
func (w *wizard) table(a *answers) []row {
	var rows []row
	presets := []string{a.preset.SampleRate, a.preset.TracesSampleRate, a.preset.ProfilesSampleRate}
	for i := range a.rates {
		rows = append(rows, row{
			nameOf(a.rates[i].key), sourced(a.rates[i], presets[i], a.preset),
			func(ctx context.Context) error { return w.askRate(ctx, &a.rates[i]) },
		})
	}
	rows = append(rows,
		row{nameOf(config.KeyRelease), releaseText(a), func(ctx context.Context) error { return w.askRelease(ctx, a) }},
		row{nameOf(config.KeyDebug), sourced(a.debug, fmt.Sprint(a.preset.Debug), a.preset), func(ctx context.Context) error {
			return w.askToggle(ctx, &a.debug, "Let the SDK log what it does?")
		}},
		row{nameOf(config.KeySendDefaultPII), sourced(a.pii, fmt.Sprint(a.preset.SendDefaultPII), a.preset), func(ctx context.Context) error {
			return w.askToggle(ctx, &a.pii, "Send personal data (IP addresses, cookies, user names)?")
		}},
	)
	if w.place.root != "" && !w.place.ignored {
		rows = append(rows, row{".gitignore", yesNo(a.gitignore, "gets "+w.place.shown, "is left alone, although it does not cover "+w.place.shown), func(ctx context.Context) error {
			return w.confirmInto(ctx, &a.gitignore, "Have git ignore "+w.place.shown+"?")
		}})
	}
	if w.examplePath() != w.place.path {
		rows = append(rows, row{exampleName, yesNo(a.example, "gets the names that are missing, no values", "is left alone"), func(ctx context.Context) error {
			return w.confirmInto(ctx, &a.example, "Write the names (no values) to "+exampleName+"?")
		}})
	}
	rows = append(rows, row{"service URLs", w.servicesText(a), func(ctx context.Context) error { return w.askServices(ctx, a) }})
	return rows
}

// takePreset gives every setting of the preset its value.
func (a *answers) takePreset() {
	source := "preset " + a.preset.Name
	for i, value := range []string{a.preset.SampleRate, a.preset.TracesSampleRate, a.preset.ProfilesSampleRate} {
		a.rates[i] = setting{a.rates[i].key, value, source, true}
	}
	a.debug = setting{config.KeyDebug, fmt.Sprint(a.preset.Debug), source, true}
	a.pii = setting{config.KeySendDefaultPII, fmt.Sprint(a.preset.SendDefaultPII), source, true}
}

// isPreset says whether the settings are those of the preset.
func (a *answers) isPreset() bool {
	return a.rates[0].value == a.preset.SampleRate && a.rates[1].value == a.preset.TracesSampleRate &&
		a.rates[2].value == a.preset.ProfilesSampleRate && a.debug.isOn() == a.preset.Debug && a.pii.isOn() == a.preset.SendDefaultPII
}

// sourced is a value with where it comes from, and what the preset says where
// that is something else.
func sourced(s setting, preset string, p config.Preset) string {
	text := fmt.Sprintf("%s (%s)", s.value, s.source)
	if !strings.HasPrefix(s.source, "preset") && s.value != preset {
		text = fmt.Sprintf("%s (%s; preset %s: %s)", s.value, s.source, p.Name, preset)
	}
	return text
}

func releaseText(a *answers) string {
	if a.release.value != "" {
		return fmt.Sprintf("%s (%s)", config.Mask(config.KeyRelease, a.release.value), a.release.source)
	}
	switch {
	case a.detected.Value == "":
		return "none can be detected here: detected where the application starts, or none; nothing is written"
	case a.detected.Origin.Kind == config.KindFile:
		return "detected where the application starts; nothing is written"
	}
	return fmt.Sprintf("detected, now %s (%s); nothing is written", config.Mask(config.KeyRelease, a.detected.Value), a.detected.Origin)
}

func yesNo(on bool, yes, no string) string {
	if on {
		return yes
	}
	return no
}

// changeAny shows the table and asks whether anything of it is to be changed.
func (w *wizard) changeAny(ctx context.Context, a *answers) error {
	if !w.asking() {
		return nil
	}
	w.showTable(a)
	change, err := w.o.Prompter.Confirm(ctx, prompt.Confirm{Message: "Change any of these?"})
	for err == nil && change {
		rows := w.table(a)
		options := make([]prompt.Option, 0, len(rows)+1)
		options = append(options, prompt.Option{Name: "nothing more"})
		if !a.isPreset() {
			rows = append(rows, row{"all of preset " + a.preset.Name, "rates, debug and personal data as it has them", func(context.Context) error {
				a.takePreset()
				return nil
			}})
		}
		for _, r := range rows {
			options = append(options, prompt.Option{Name: r.name, Note: r.text})
		}
		var choice int
		choice, err = w.o.Prompter.Select(ctx, prompt.Select{Message: "Change what?", Options: options})
		if err != nil || choice == 0 {
			break
		}
		err = rows[choice-1].change(ctx)
	}
	return err
}

func (w *wizard) showTable(a *answers) {
	const column = 20
	w.show().say("")
	for _, r := range w.table(a) {
		if w.o.Show.Width < 60 {
			w.show().paragraph("  "+r.name+": ", "    ", r.text)
			continue
		}
		w.show().paragraph(fmt.Sprintf("  %-*s", column, r.name), strings.Repeat(" ", column+2), r.text)
	}
	w.show().say("")
}

func (w *wizard) askRate(ctx context.Context, s *setting) error {
	help := "A share from 0.0 (none) to 1.0 (all)."
	switch s.key {
	case config.KeySampleRate:
		help += " Errors that are left out are lost: 1.0 is right almost always."
	case config.KeyTracesSampleRate:
		help += " Transactions cost money by number: production has 0.05 in our preset. The SDK does not read it by itself: bbctl explain init."
	case config.KeyProfilesSampleRate:
		help += " It is a share of the transactions that are sent. The SDK does not read it by itself: bbctl explain init."
	}
	value, err := w.o.Prompter.Input(ctx, prompt.Input{Message: s.key, Help: help, Default: s.value, Validate: config.CheckRate})
	if err == nil && value != s.value {
		*s = setting{s.key, value, "typed", true}
	}
	return err
}

func (w *wizard) askToggle(ctx context.Context, s *setting, message string) error {
	on := s.isOn()
	if err := w.confirmInto(ctx, &on, message); err != nil || on == s.isOn() {
		return err
	}
	*s = setting{s.key, fmt.Sprint(on), "chosen", true}
	return nil
}

func (w *wizard) confirmInto(ctx context.Context, on *bool, message string) error {
	answer, err := w.o.Prompter.Confirm(ctx, prompt.Confirm{Message: message, Default: *on})
	if err == nil {
		*on = answer
	}
	return err
}

func (w *wizard) askRelease(ctx context.Context, a *answers) error {
	options := []prompt.Option{
		{Name: ReleaseDetected, Note: "where the application starts: CI's variable, else the commit. Nothing is written, so it is right at the next commit too"},
		{Name: "fixed", Note: "a name that you type, and keep up to date yourself"},
	}
	fixed := 0
	if a.release.value != "" {
		fixed = 1
	}
	choice, err := w.o.Prompter.Select(ctx, prompt.Select{Message: "Release", Options: options, Default: fixed})
	if err != nil {
		return err
	}
	if choice == 0 {
		a.release = setting{config.KeyRelease, "", "chosen", true}
		return nil
	}
	name, err := w.o.Prompter.Input(ctx, prompt.Input{Message: "Name of the release", Default: a.release.value, Validate: w.writable(config.CheckRelease)})
	if err == nil && name != a.release.value {
		a.release = setting{config.KeyRelease, name, "typed", true}
	}
	return err
}

// writable refuses an answer that could not be written so that all readers see
// the same, beside what check refuses.
func (w *wizard) writable(check func(string) error) func(string) error {
	return func(text string) error {
		if err := check(text); err != nil {
			return err
		}
		if err := w.portable(text); err != nil {
			return fmt.Errorf("not all readers of .env would see the same: %w", err)
		}
		return nil
	}
}

// takeServices takes over the URLs that were given.
func (w *wizard) takeServices(a *answers) {
	for _, given := range w.o.Given.Services {
		a.setService(given.Key, given.URL, "--service-urls")
	}
}

func (a *answers) setService(key, url, source string) {
	a.services = slices.DeleteFunc(a.services, func(s setting) bool { return s.key == key })
	a.services = append(a.services, setting{key, url, source, true})
}

// servicesText says of each URL where it stands.
func (w *wizard) servicesText(a *answers) string {
	var parts []string
	for _, key := range services() {
		where := "not set"
		if found, ok := w.fileValue(key); ok {
			where = found.Origin.String()
		} else if _, ok := w.processValue(key); ok {
			where = "process environment"
		}
		if i := slices.IndexFunc(a.services, func(s setting) bool { return s.key == key }); i >= 0 {
			where = a.services[i].source
		}
		parts = append(parts, key+": "+where)
	}
	return strings.Join(parts, ", ")
}

func (w *wizard) askServices(ctx context.Context, a *answers) error {
	w.show().say("bbctl test tests what is set here for real, and leaves it as it was.")
	for _, key := range services() {
		q := prompt.Secret{
			Message: key,
			Empty:   "leaves it as it is", Validate: w.writable(func(text string) error { return checkService(key, text) }),
		}
		typed, err := w.o.Prompter.Secret(ctx, q)
		if err != nil {
			return err
		}
		if typed != "" {
			a.setService(key, typed, "typed")
		}
	}
	return nil
}
