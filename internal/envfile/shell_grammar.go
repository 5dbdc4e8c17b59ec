package envfile

import (
	"slices"
	"strings"
)

// reserved deals with a word where a command begins; it is true when a command
// may begin behind the word too.
func (s *shell) reserved(w shellWord, c *shellCommand) (bool, *shellFault) {
	switch w.raw {
	case "!":
		s.result.problem(w.line, compoundSkipped)
		c.compound = true
		return true, nil
	case "if", "case", "for", "while", "until", "{":
		s.opened(w, c)
		return w.raw != "case" && w.raw != "for", nil
	case "then", "elif", "else", "do":
		if len(s.open) == 0 {
			return false, &shellFault{w.line, noCompound}
		}
		return true, nil
	case "fi", "esac", "done", "}":
		return true, s.close(w, c)
	}
	return false, nil
}

func (s *shell) opened(w shellWord, c *shellCommand) {
	s.result.problem(w.line, compoundSkipped)
	s.open = append(s.open, w)
	c.compound = true
}

func (s *shell) close(w shellWord, c *shellCommand) *shellFault {
	closers := map[string][]string{"fi": {"if"}, "esac": {"case"}, "done": {"for", "while", "until"}, "}": {"{"}, ")": {"("}}
	last := len(s.open) - 1
	if last < 0 || !slices.Contains(closers[w.raw], s.open[last].raw) {
		return &shellFault{w.line, noCompound}
	}
	s.open = s.open[:last]
	c.words, c.closed = nil, true
	return nil
}

func (s *shell) inCase() bool {
	return len(s.open) > 0 && s.open[len(s.open)-1].raw == "case"
}

// parenthesis deals with subshells, functions and the patterns of case.
func (s *shell) parenthesis(c *shellCommand) *shellFault {
	w := shellWord{raw: string(s.peek()), line: s.line}
	s.at++
	switch {
	case s.inCase():
		c.words = nil
		return nil
	case w.raw == ")":
		return s.close(w, c)
	case len(c.words) == 0 && !c.closed:
		s.opened(w, c)
		return nil
	case len(c.words) == 1 && isName(c.words[0].raw):
		if s.blanks(); s.peek() == ')' { // a function: its body is a compound command
			s.at++
			s.blankLines()
			c.words, c.compound = nil, true
			return nil
		}
	}
	return &shellFault{w.line, "there is a parenthesis where none may stand"}
}

// redirection passes an operator and its word, and notes a here-document.
func (s *shell) redirection() *shellFault {
	operator := string(s.peek())
	for _, o := range []string{"<<-", "<<", "<&", "<>", ">>", ">&", ">|"} {
		if strings.HasPrefix(s.text[s.at:], o) {
			operator = o
			break
		}
	}
	s.at += len(operator)
	s.blanks()
	word, fault := s.word()
	if fault != nil {
		return fault
	}
	if word.raw == "" {
		return &shellFault{word.line, "there is a redirection to nowhere"}
	}
	if strings.HasPrefix(operator, "<<") {
		end := strings.NewReplacer(`'`, "", `"`, "", `\`, "").Replace(word.raw)
		s.documents = append(s.documents, hereDocument{end: end, tabs: operator == "<<-"})
	}
	return nil
}
