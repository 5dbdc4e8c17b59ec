package envfile

import (
	"bufio"
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// parseDocker reads as pkg/kvfile of docker/cli does: a line is KEY=value
// with nothing taken away but blanks before it; quotes and comments behind are
// a part of the value; KEY alone takes the value of the process environment.
func parseDocker(b []byte, o Options) Result {
	var result Result
	scanner := bufio.NewScanner(bytes.NewReader(b)) // with the limit of 64 KiB that docker has
	number := 0
	for scanner.Scan() {
		number++
		raw := scanner.Bytes()
		if !utf8.Valid(raw) {
			return refused(number, notUTF8)
		}
		if number == 1 {
			raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
		}
		line := strings.TrimLeftFunc(string(raw), unicode.IsSpace)
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, hasValue := strings.Cut(line, "=")
		switch {
		case key == "":
			return refused(number, "there is no name before the =")
		case strings.ContainsFunc(key, unicode.IsSpace):
			return refused(number, "there is a blank in the name or behind it")
		case hasValue:
			result.set(key, value, number)
			continue
		}
		if value, found := o.environ(key); found {
			result.set(key, value, number)
			continue
		}
		result.problem(number, "there is no =, and the process environment has no such variable")
	}
	if scanner.Err() != nil {
		return refused(number+1, "the line is longer than 64 KiB")
	}
	return result
}
