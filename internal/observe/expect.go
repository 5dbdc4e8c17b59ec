package observe

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Expectation is a statement of what must arrive.
type Expectation struct {
	Text string // as it was given
	Want int    // at least so many; 0 with None
	None bool   // none may arrive
	kind string
	all  []condition
}

// condition is one field of an expectation.
type condition struct {
	field, op, value string
	pattern          *regexp.Regexp // of ~
}

// The words of expectations.
const (
	kindError        = "error"
	kindMessage      = "message"
	kindEvent        = "event"
	kindTransaction  = "transaction"
	kindSpan         = "span"
	kindProfile      = "profile"
	kindCheckIn      = "check-in"
	kindSession      = "session"
	kindEnvelope     = "envelope"
	kindLog          = "log"
	kindClientReport = "client-report"
)

// Kinds are what an expectation can be about.
func Kinds() []string {
	return []string{
		kindError, kindMessage, kindEvent, kindTransaction, kindSpan, kindProfile,
		kindCheckIn, kindSession, kindEnvelope, kindLog, kindClientReport,
	}
}

// fieldsOf are the fields that things of a kind have. One that ends with a dot
// is followed by a name.
func fieldsOf(kind string) []string {
	switch kind {
	case kindError:
		return append(eventFields(), "type", "handled", "mechanism")
	case kindMessage:
		return eventFields()
	case kindEvent:
		return append(eventFields(), "type", "handled", "mechanism")
	case kindTransaction:
		return append(eventFields(), "op", "status", "span.op", "span.description", "span.status")
	case kindSpan:
		return []string{"process", "op", "name", "description", "status", "tag."}
	case kindProfile:
		return []string{"process", "name", "transaction", "environment", "release"}
	case kindCheckIn:
		return []string{"process", "name", "status", "environment", "release"}
	case kindSession:
		return []string{"process", "status", "environment", "release"}
	case kindLog:
		return []string{"process", "message", "level", "environment", "release", "tag."}
	case kindClientReport:
		return []string{"process", "reason", "category"}
	default:
		return []string{"process", "client"}
	}
}

func eventFields() []string {
	return []string{
		"message", "level", "logger", "environment", "release", "transaction", "name", "process",
		"tag.", "user.", "context.",
	}
}

// ParseExpectation reads '[no] KIND [>=N] FIELD=VALUE …', such as
// 'error type=ValueError tag.business_area=payments', 'transaction >=2
// name=/bookings' or 'no error'. FIELD~EXPRESSION matches a regular
// expression, FIELD!=VALUE what is not so; message=TEXT is a text that contains
// it. Values with blanks stand in quotes. The error says what is wrong and what
// is known.
func ParseExpectation(text string) (Expectation, error) {
	e := Expectation{Text: text, Want: 1}
	words, err := words(text)
	if err != nil {
		return Expectation{}, fmt.Errorf("reading the expectation %q: %w", text, err)
	}
	if err := e.parse(words); err != nil {
		return Expectation{}, fmt.Errorf("reading the expectation %q: %w", text, err)
	}
	return e, nil
}

func (e *Expectation) parse(words []word) error {
	if len(words) > 0 && words[0].text == "no" {
		e.None, e.Want, words = true, 0, words[1:]
	}
	if len(words) == 0 {
		return fmt.Errorf("it names no kind: known are %s", strings.Join(Kinds(), ", "))
	}
	if e.kind = words[0].text; !slices.Contains(Kinds(), e.kind) {
		return unknown("kind", e.kind, Kinds())
	}
	counted := false
	for _, w := range words[1:] {
		if number, ok := strings.CutPrefix(w.text, ">="); ok {
			n, err := strconv.Atoi(number)
			switch {
			case e.None:
				return fmt.Errorf("%s says how many, and no says none", w.text)
			case counted:
				return fmt.Errorf("%s is a second number", w.text)
			case err != nil || n < 1:
				return fmt.Errorf("%q is no number: expected such as >=2; for none, write no %s", number, e.kind)
			}
			e.Want, counted = n, true
			continue
		}
		c, err := parseCondition(e.kind, w)
		if err != nil {
			return err
		}
		e.all = append(e.all, c)
	}
	return nil
}

func parseCondition(kind string, w word) (condition, error) {
	at := strings.IndexAny(w.text, "=~!")
	if at < 0 || at > w.quoted || w.text[at] == '!' && !strings.HasPrefix(w.text[at:], "!=") {
		return condition{}, fmt.Errorf("%q is no condition: expected FIELD=VALUE, FIELD!=VALUE or FIELD~EXPRESSION", w.text)
	}
	c := condition{field: w.text[:at], op: w.text[at : at+1], value: w.text[at+1:]}
	if c.op == "!" {
		c.op, c.value = "!=", w.text[at+2:]
	}
	if c.op == "=" && strings.HasPrefix(c.value, "=") && w.quoted > at+1 {
		return condition{}, fmt.Errorf("%q: one = is enough; a value that begins with one stands in quotes", w.text)
	}
	if !knownField(kind, c.field) {
		return condition{}, fmt.Errorf("%s: %w", kind, unknown("field", c.field, named(fieldsOf(kind))))
	}
	if c.op == "~" {
		var err error
		if c.pattern, err = regexp.Compile(c.value); err != nil {
			return condition{}, fmt.Errorf("%s: %w", c.field, err)
		}
	}
	return c, nil
}

func knownField(kind, field string) bool {
	return slices.ContainsFunc(fieldsOf(kind), func(known string) bool {
		if !strings.HasSuffix(known, ".") {
			return field == known
		}
		rest, ok := strings.CutPrefix(field, known)
		if known == "context." {
			name, inner, _ := strings.Cut(rest, ".")
			return ok && name != "" && inner != ""
		}
		return ok && rest != ""
	})
}

// named are fields as people write them.
func named(fields []string) []string {
	shown := make([]string, len(fields))
	for i, field := range fields {
		switch {
		case field == "context.":
			field += "NAME.KEY"
		case strings.HasSuffix(field, "."):
			field += "KEY"
		}
		shown[i] = field
	}
	return shown
}

// word is a part of an expectation without its quotes; quoted is where the
// first quoted part of it begins, its length where there is none.
type word struct {
	text   string
	quoted int
}

// words takes an expectation apart at its blanks, as a shell does with quotes.
func words(text string) ([]word, error) {
	var all []word
	var current []byte
	var quote byte
	begun, quoted := false, -1
	end := func() {
		if !begun {
			return
		}
		if quoted < 0 {
			quoted = len(current)
		}
		all = append(all, word{string(current), quoted})
		current, begun, quoted = nil, false, -1
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == quote:
			quote = 0
		case quote == '"' && c == '\\' && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\'):
			i++
			current = append(current, text[i])
		case quote != 0:
			current = append(current, c)
		case c == '"' || c == '\'':
			if quote, begun = c, true; quoted < 0 {
				quoted = len(current)
			}
		case c == ' ' || c == '\t' || c == '\n':
			end()
		default:
			current, begun = append(current, c), true
		}
	}
	if quote != 0 {
		return nil, errors.New("a quote is not closed")
	}
	end()
	return all, nil
}
