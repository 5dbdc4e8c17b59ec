package project

import (
	"errors"
	"strings"
)

// Words takes a command line apart as a shell does: at blanks, with quotes. A
// line that needs more of a shell (pipes, variables, patterns, several
// commands) is handed to one: /bin/sh -c LINE.
func Words(line string) ([]string, error) {
	var words []string
	var word []byte
	var quote byte
	begun := false
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote == 0 && strings.IndexByte("|&;<>()$`*?[]{}~#!\n", c) >= 0,
			quote == '"' && (c == '$' || c == '`'),
			quote == 0 && c == '=' && len(words) == 0:
			return []string{"/bin/sh", "-c", line}, nil
		case quote != 0 && c == quote:
			quote = 0
		case c == '\\' && quote != '\'':
			if i++; i == len(line) {
				return nil, errors.New("it ends with a backslash")
			}
			if quote == '"' && strings.IndexByte(`"\`, line[i]) < 0 {
				word = append(word, c)
			}
			word, begun = append(word, line[i]), true
		case quote == 0 && (c == '"' || c == '\''):
			quote, begun = c, true
		case quote == 0 && (c == ' ' || c == '\t' || c == '\r'):
			if begun {
				words = append(words, string(word))
			}
			word, begun = word[:0], false
		default:
			word, begun = append(word, c), true
		}
	}
	if quote != 0 {
		return nil, errors.New("a quote is not closed")
	}
	if begun {
		words = append(words, string(word))
	}
	return words, nil
}
