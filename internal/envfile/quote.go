package envfile

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLine is the length in bytes, with its line end, of the longest line that
// docker reads. It reads none of a file in which a line is longer.
const maxLine = 64 << 10

// Quote returns the form in which a value is written so that its readers see
// it alike: bare, in single or in double quotes. misread are the programs that
// read this form otherwise all the same, since they do not know quotes. A
// value without such a form is refused with an *UnportableError, in which the
// key is left empty.
func Quote(value string) (form string, misread []string, err error) {
	form, err = quote(value, isBare(value))
	if err != nil || form == value {
		return form, nil, err
	}
	misread = []string{"docker run --env-file", "make"}
	if value != "" && (isOneOf(`'"`, value[0]) || isOneOf(`'"`, value[len(value)-1])) {
		misread = append(misread, "starlette")
	}
	return form, misread, nil
}

// quote writes a value bare only where that is said to be right.
func quote(value string, bare bool) (form string, err error) {
	if why, readers := unportable(value); why != "" {
		return "", &UnportableError{Why: why, Readers: readers}
	}
	switch {
	case bare:
		return value, nil
	case strings.Contains(value, `'`):
		return `"` + value + `"`, nil
	}
	return `'` + value + `'`, nil
}

// isBare says whether a value needs no quotes. ~ is not in the set: a shell
// puts a folder in its place. * ? [ { stand for themselves where a shell
// assigns.
func isBare(value string) bool {
	for _, r := range value {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		case r >= utf8.RuneSelf && unicode.IsPrint(r) && !isPythonSpace(r):
		case r >= utf8.RuneSelf || !isOneOf("_./:@%+,=?!*^[]{}-", byte(r)):
			return false
		}
	}
	return true
}

// unportable says why a value has no form that its readers see alike, and
// which of them would not. The names of readers are those of the measurement,
// in which each class of values was written in each form.
func unportable(value string) (why string, readers []string) {
	apostrophe := strings.Contains(value, `'`)
	for _, class := range []struct {
		is      bool
		why     string
		readers string
	}{
		{!utf8.ValidString(value), "it is not UTF-8", "decouple docker node pydantic python-dotenv starlette systemd"},
		{strings.ContainsRune(value, 0), "it holds a NUL character", "bash dash docker godotenv node python-dotenv systemd"},
		{strings.ContainsRune(value, '\n'), "it holds a newline", "decouple direnv docker envparse make starlette"},
		{strings.ContainsRune(value, '\r'), "it holds a carriage return", "decouple direnv docker dotenv dotenvx envparse gotenv make node pydantic python-dotenv starlette"},
		{strings.ContainsFunc(value, unicode.IsControl), "it holds a control character", "docker envparse make"},
		{strings.Contains(value, "${"), "it holds ${, which is taken for a variable in quotes too", "docker make pydantic python-dotenv"},
		{strings.Contains(value, `\\`), "it holds two backslashes in a row", "docker make pydantic python-dotenv"},
		{strings.HasSuffix(value, `\`), "it ends in a backslash", "compose docker godotenv gotenv make"},
		{apostrophe && strings.Contains(value, `"`), "it holds an apostrophe and a double quote", "bash compose dash docker envparse godotenv make node pydantic python-dotenv systemd"},
		{apostrophe && strings.Contains(value, `$`), "it holds an apostrophe and a dollar", "bash compose dash direnv docker dotenvx make"},
		{apostrophe && strings.Contains(value, `\`), "it holds an apostrophe and a backslash", "compose direnv docker dotenv dotenvx envparse godotenv gotenv make node pydantic python-dotenv"},
		{apostrophe && strings.Contains(value, "`"), "it holds an apostrophe and a backtick", "bash dash docker make"},
		{len(value)+len("K=''\r\n") > maxLine, tooLong, tooLongFor},
	} {
		if class.is {
			if why == "" {
				why = class.why
			}
			readers = append(readers, strings.Fields(class.readers)...)
		}
	}
	slices.Sort(readers)
	return why, slices.Compact(readers)
}

const (
	tooLong    = "the line would be longer than 64 KiB"
	tooLongFor = "docker envparse gotenv"
)

// UnportableError says that a value cannot be written so that all readers see
// it alike. It holds no part of the value.
type UnportableError struct {
	Key     string   // "" from Quote, which knows none
	Why     string   // a clause such as "it holds a newline"
	Readers []string // that would read it otherwise, sorted
}

func (e *UnportableError) Error() string {
	if e.Key == "" {
		return e.Why
	}
	return e.Key + ": " + e.Why
}
