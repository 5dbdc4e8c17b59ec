package envfile

import (
	"slices"
	"strings"
)

// shellVar is a variable of the file. It hides the process environment's, also
// when it was unset.
type shellVar struct {
	value    string
	set      bool
	readonly bool
}

// shellMaxVariable is what Linux takes for one variable, with its name, the =
// and a NUL: with a longer one no program starts.
const shellMaxVariable = 128 << 10

const (
	commandSkipped = "there is a command, which is not run"
	notAName       = "something is to be exported that is not a name"
)

// run sets what a list sets, as far as that is known without running a
// command.
func (s *shell) run(l shellList) *shellFault {
	succeeded := true // false: nobody knows
	for _, p := range l.pipelines {
		first := p.commands[0]
		switch {
		case p.after == "||" && succeeded:
			continue
		case first.compound:
			succeeded = false
			continue
		case len(p.commands) > 1 || l.background:
			s.result.problem(first.line, "what is set in a pipeline or in the background is lost")
			succeeded = false
			continue
		case !succeeded:
			s.result.problem(first.line, "whether this is run depends on a command")
			continue
		}
		var fault *shellFault
		if succeeded, fault = s.simple(first); fault != nil {
			return fault
		}
	}
	return nil
}

// simple carries out a simple command, and says whether it is known to
// succeed. Assignments before one of the shell's special commands stay, as
// POSIX says.
func (s *shell) simple(c shellCommand) (succeeded bool, fault *shellFault) {
	if c.redirected {
		s.result.problem(c.line, "a redirection is not made")
	}
	n := 0
	for n < len(c.words) && isAssignment(c.words[n].raw) {
		n++
	}
	if rest := c.words[n:]; len(rest) > 0 && !slices.Contains(specialCommands(), rest[0].raw) {
		s.result.problem(c.line, commandSkipped)
		return false, nil
	}
	before := len(s.result.Problems)
	for _, w := range c.words[:n] {
		if fault := s.assignWord(w); fault != nil {
			return false, fault
		}
	}
	if n == len(c.words) {
		return len(s.result.Problems) == before, nil
	}
	return s.special(c.words[n], c.words[n+1:])
}

// specialCommands are the special built-in commands of POSIX.
func specialCommands() []string {
	return []string{
		":", ".", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set", "shift", "times", "trap", "unset",
	}
}

func (s *shell) special(name shellWord, arguments []shellWord) (bool, *shellFault) {
	switch name.raw {
	case ":":
		return true, nil
	case "export", "readonly":
		for _, w := range arguments {
			if fault := s.export(w, name.raw == "readonly"); fault != nil {
				return false, fault
			}
		}
		return true, nil
	case "unset":
		for _, w := range arguments {
			s.vars[w.raw] = shellVar{}
			s.unset[w.raw] = len(s.result.Entries)
		}
		return true, nil
	case "return":
		s.result.problem(name.line, "a return ends the file here")
		s.ended = true
		return true, nil
	case "exec", "exit":
		if name.raw == "exit" || len(arguments) > 0 {
			return false, &shellFault{name.line, "it ends the shell that reads it"}
		}
	}
	s.result.problem(name.line, commandSkipped)
	return false, nil
}

// export deals with an argument of export and readonly.
func (s *shell) export(w shellWord, readonly bool) *shellFault {
	ctx := shellAssigned
	if !isAssignment(w.raw) {
		if strings.HasPrefix(w.raw, "-") || strings.ContainsAny(w.raw, "$`*?[") {
			s.result.problem(w.line, commandSkipped)
			return nil
		}
		ctx = shellPlain
	}
	name, raw, hasValue := strings.Cut(w.raw, "=")
	if ctx == shellPlain {
		name, raw = "", w.raw
	}
	value, fault := s.expand(raw, w.line, ctx)
	if fault != nil {
		return fault
	}
	if ctx == shellPlain { // the name may have been quoted too
		name, value, hasValue = strings.Cut(value, "=")
	}
	if !isName(name) {
		return &shellFault{w.line, notAName}
	}
	if hasValue {
		if fault := s.assign(name, value, w.line); fault != nil {
			return fault
		}
	}
	if v := s.vars[name]; readonly && v.set {
		v.readonly = true
		s.vars[name] = v
	}
	return nil
}

func isAssignment(raw string) bool {
	name, _, ok := strings.Cut(raw, "=")
	return ok && isName(name)
}

func (s *shell) assignWord(w shellWord) *shellFault {
	name, raw, _ := strings.Cut(w.raw, "=")
	value, fault := s.expand(raw, w.line, shellAssigned)
	if fault != nil {
		return fault
	}
	return s.assign(name, value, w.line)
}

func (s *shell) assign(name, value string, line int) *shellFault {
	if s.vars[name].readonly {
		return &shellFault{line, "a variable is set again that is read-only"}
	}
	if len(name)+len("=")+len(value)+1 > shellMaxVariable {
		return &shellFault{line, "a value is longer than 128 KiB: no program starts with it in its environment"}
	}
	s.vars[name] = shellVar{value: value, set: true}
	s.result.set(name, value, line)
	return nil
}

func (s *shell) lookup(name string) (string, bool) {
	if v, known := s.vars[name]; known {
		return v.value, v.set
	}
	return s.environ(name)
}
