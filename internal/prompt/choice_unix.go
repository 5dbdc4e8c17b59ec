//go:build unix

package prompt

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/AlecAivazis/survey/v2"
	"github.com/AlecAivazis/survey/v2/terminal"

	"github.com/bookedbarber/bbctl/internal/term"
)

// choice is a survey.Prompt for one of several options. survey's own Select
// takes every letter for a filter, so that a word typed at it leaves nothing to
// choose; and it cuts no line, so that a narrow terminal loses count of them.
type choice struct {
	survey.Renderer
	q       Select
	at      int // the option that Enter takes
	help    bool
	typed   []rune // of a name that is being typed
	console *console
}

// choiceTemplate is survey's look: the marks are coloured, and mean the same
// without.
const choiceTemplate = `{{- color "green+hb"}}? {{color "reset"}}{{- color "default+hb"}}{{.Message}}{{color "reset"}}{{.Hint}}
{{range .Lines}}{{.}}
{{end}}`

type choiceView struct {
	Message, Hint string
	Lines         []string
}

// Prompt shows the options until one is taken.
func (c *choice) Prompt(*survey.PromptConfig) (any, error) {
	keys := c.NewRuneReader()
	if err := keys.SetTermMode(); err != nil {
		return nil, err
	}
	defer func() { _ = keys.RestoreTermMode() }()
	c.console.say(hideCursor)
	defer c.console.say(showCursor)
	for {
		if err := c.Render(choiceTemplate, c.view()); err != nil {
			return nil, err
		}
		key, _, err := keys.ReadRune()
		if err != nil {
			return nil, err
		}
		if c.press(key) {
			return c.at, nil
		}
	}
}

// Cleanup leaves the question and the name of the chosen option on the screen.
func (c *choice) Cleanup(*survey.PromptConfig, any) error {
	width := c.console.width() - 1
	message := term.Truncate(c.q.Message, width-len("? "))
	answer := " " + term.Clean(c.q.Options[c.at].Name)
	var lines []string
	if term.Columns("? "+message+answer) > width {
		answer, lines = "", []string{term.Truncate(" "+answer, width)}
	}
	return c.Render(choiceTemplate, choiceView{Message: message, Hint: answer, Lines: lines})
}

// press does what a key means, and says whether the choice is made.
func (c *choice) press(key rune) bool {
	n := len(c.q.Options)
	switch {
	case key == terminal.KeyEnter, key == '\n':
		return true
	case key == terminal.KeyArrowUp, key == 'k':
		c.at = (c.at + n - 1) % n
	case key == terminal.KeyArrowDown, key == 'j':
		c.at = (c.at + 1) % n
	case key == terminal.SpecialKeyHome:
		c.at = 0
	case key == terminal.SpecialKeyEnd:
		c.at = n - 1
	case key == '?' && c.q.Help != "":
		c.help = true
	case key >= '1' && key <= '9' && int(key-'1') < n:
		c.at = int(key - '1')
	default:
		c.spell(key)
	}
	return false
}

// spell goes to the next option that begins with a letter. Further letters of
// its name stay there, so that a name can be typed out.
func (c *choice) spell(key rune) {
	typed := append(slices.Clone(c.typed), unicode.ToLower(key))
	for _, name := range []string{string(typed), string(typed[len(typed)-1:])} {
		for i, o := range c.q.Options {
			if strings.HasPrefix(strings.ToLower(o.Name), name) {
				c.at, c.typed = i, []rune(name)
				return
			}
		}
	}
}

// view fits the options into the terminal. Where they are too many for its
// height it shows those around the chosen one.
func (c *choice) view() choiceView {
	width := max(c.console.width()-1, 4)
	var lines []string
	hint := "arrows or a number, then Enter"
	if c.help {
		lines = term.Wrap(c.q.Help, width)
	} else if c.q.Help != "" {
		hint += "; ? for help"
	}
	if page := c.page(len(lines)); page < len(c.q.Options) {
		hint = fmt.Sprintf("%d of %d; %s", c.at+1, len(c.q.Options), hint)
	}
	v := choiceView{Message: term.Truncate(c.q.Message, width-len("? ")), Hint: "  [" + hint + "]"}
	if term.Columns("? "+v.Message+v.Hint) > width {
		lines = append(term.Wrap("["+hint+"]", width), lines...)
		v.Hint = ""
	}
	page := c.page(len(lines))
	first := min(max(c.at-page/2, 0), len(c.q.Options)-page)
	for i := first; i < first+page; i++ {
		lines = append(lines, c.option(i))
	}
	for _, line := range lines {
		v.Lines = append(v.Lines, term.Truncate(line, width))
	}
	return v
}

// page returns how many options fit, with others lines beside the message.
func (c *choice) page(others int) int {
	page := term.Height(c.console.out, 24) - others - 2 // the message, and the line with the cursor
	return min(max(page, 1), len(c.q.Options))
}

func (c *choice) option(i int) string {
	o := c.q.Options[i]
	mark := "  "
	if i == c.at {
		mark = "> "
	}
	text := fmt.Sprintf("%s%d %s", mark, i+1, o.Name)
	if o.Note != "" {
		text += "  " + strings.TrimSpace(o.Note)
	}
	return text
}
