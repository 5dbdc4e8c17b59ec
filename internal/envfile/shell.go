package envfile

import (
	"bytes"
	"strings"
)

// shell reads a file as `set -a; . FILE` does, but runs nothing: where a
// command stands it says so and drops it, where a value needs one it says so
// and leaves the value as it is written.
type shell struct {
	shellWords
	environ func(string) (string, bool)
	vars    map[string]shellVar
	unset   map[string]int // of a name: how many entries there were
	result  Result
	open    []shellWord // the words that opened compound commands: nothing in these is set
	left    int         // of maxExpanded
	ended   bool        // by return
}

// shellFault is what ends a shell.
type shellFault struct {
	line    int
	message string
}

const (
	compoundSkipped = "a compound command is not run: what it sets is not known"
	noCompound      = "there is a word of a compound command where none may stand"
)

func parseShell(b []byte, o Options) Result {
	s := shell{environ: o.environ, vars: make(map[string]shellVar), unset: make(map[string]int), left: maxExpanded}
	s.text = string(bytes.ReplaceAll(b, []byte{0}, nil)) // shells pass over NUL
	s.line = 1
	if fault := s.file(); fault != nil {
		return refused(fault.line, fault.message)
	}
	kept := s.result.Entries[:0]
	for i, e := range s.result.Entries {
		if i >= s.unset[e.Key] {
			kept = append(kept, e)
		}
	}
	s.result.Entries = kept
	return s.result
}

func (s *shell) file() *shellFault {
	for !s.ended {
		s.blankLines()
		if s.atEnd() {
			break
		}
		list, fault := s.list()
		if fault == nil {
			fault = s.run(list)
		}
		if fault != nil {
			return fault
		}
	}
	if len(s.open) > 0 && !s.ended {
		return &shellFault{s.open[0].line, "a compound command is not closed"}
	}
	return nil
}

// shellCommand is a simple command, or a word of a compound one.
type shellCommand struct {
	words      []shellWord
	line       int
	redirected bool
	compound   bool // it is in or of a compound command
	closed     bool // it ends with the word that closes one
}

// shellPipeline is commands joined by |, and the operator before it.
type shellPipeline struct {
	after    string // "", "&&" or "||"
	commands []shellCommand
}

// shellList is pipelines joined by && and ||.
type shellList struct {
	pipelines  []shellPipeline
	background bool
}

// list reads up to the ; or & or newline that ends it.
func (s *shell) list() (shellList, *shellFault) {
	var l shellList
	p := shellPipeline{}
	for {
		command, fault := s.command()
		if fault != nil {
			return l, fault
		}
		p.commands = append(p.commands, command)
		operator := s.operator()
		if operator == "|" {
			s.blankLines()
			continue
		}
		l.pipelines = append(l.pipelines, p)
		switch operator {
		case "&&", "||":
			p = shellPipeline{after: operator}
			s.blankLines()
			continue
		case "&":
			l.background = true
		case ";;":
			if !s.inCase() {
				return l, &shellFault{s.line, "there is a ;; where none may stand"}
			}
		}
		return l, nil
	}
}

// operator passes what separates commands; "" is the end of the file.
func (s *shell) operator() string {
	s.blanks()
	for _, o := range []string{"&&", "||", ";;", "&", "|", ";"} {
		if strings.HasPrefix(s.text[s.at:], o) {
			s.at += len(o)
			return o
		}
	}
	if s.peek() == '\n' {
		s.newline()
		return ";"
	}
	return ""
}

// command reads a simple command, with the words of compound commands before
// and behind it.
func (s *shell) command() (shellCommand, *shellFault) {
	s.blanks()
	c := shellCommand{line: s.line, compound: len(s.open) > 0}
	for {
		s.blanks()
		var fault *shellFault
		switch next := s.peek(); {
		case next == '<' || next == '>':
			c.redirected = true
			fault = s.redirection()
		case next == '(' || next == ')':
			fault = s.parenthesis(&c)
		case s.atEnd() || isOneOf("\n;&|", next):
			if len(c.words) == 0 && !c.redirected && !c.compound {
				fault = &shellFault{c.line, "there is an operator without a command"}
			}
			return c, fault
		default:
			fault = s.commandWord(&c)
		}
		if fault != nil {
			return c, fault
		}
	}
}

func (s *shell) commandWord(c *shellCommand) *shellFault {
	word, fault := s.word()
	if fault != nil {
		return fault
	}
	if isOneOf("<>", s.peek()) && strings.Trim(word.raw, "0123456789") == "" {
		return nil // the number of a redirection
	}
	if len(c.words) == 0 {
		if reserved, fault := s.reserved(word, c); reserved || fault != nil {
			return fault
		}
		if c.closed {
			return &shellFault{word.line, "there is a word behind the end of a compound command"}
		}
	}
	c.words = append(c.words, word)
	return nil
}
