package project

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/bookedbarber/bbctl/internal/nearest"
)

// Parse reads the content of a file.
func Parse(content []byte, rules Rules) (File, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return File{}, nil // nothing but comments
	case err != nil:
		return File{}, syntax(err)
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return File{}, errors.New("it holds more than one document")
	}
	if len(document.Content) == 0 {
		return File{}, nil
	}
	var f File
	p := parser{rules}
	err := p.fields(document.Content[0], "field", p.top(&f))
	return f, err
}

// syntax is an error of the YAML library in our words.
func syntax(err error) error {
	return errors.New(strings.TrimPrefix(strings.ReplaceAll(err.Error(), "\n", " "), "yaml: "))
}

type parser struct{ rules Rules }

// field is what a mapping may hold: its name and who reads its value.
type field struct {
	name string
	read func(*yaml.Node) error
}

func (p parser) top(f *File) []field {
	return []field{
		{"run", func(n *yaml.Node) error { return p.run(n, f) }},
		{"urls", func(n *yaml.Node) error { return p.urls(n, f) }},
		{"for", func(n *yaml.Node) (err error) {
			f.For, err = duration(n)
			return err
		}},
		{"until", func(n *yaml.Node) error { return p.until(n, f) }},
		{"expect", func(n *yaml.Node) error { return p.expect(n, f) }},
	}
}

// at puts the line before what is wrong there.
func at(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("line %d: %w", n.Line, fmt.Errorf(format, args...))
}

// resolved follows an alias to what it stands for.
func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// null says whether nothing stands there, as after "urls:".
func null(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// pairs calls visit for each entry of a mapping. A key that stands there twice
// is an error: which of them counts differs among readers of YAML.
func pairs(n *yaml.Node, what string, visit func(key string, k, v *yaml.Node) error) error {
	n = resolved(n)
	if null(n) {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return at(n, "expected %s, such as %s", what, example(what))
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := resolved(n.Content[i])
		switch {
		case k.Kind != yaml.ScalarNode:
			return at(n.Content[i], "a name is expected before the colon")
		case seen[k.Value]:
			return at(n.Content[i], "%q stands here a second time", k.Value)
		}
		seen[k.Value] = true
		if err := visit(k.Value, n.Content[i], n.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func example(what string) string {
	switch what {
	case "names and commands":
		return "web: uvicorn main:app"
	case "names and numbers":
		return "errors: 1"
	default:
		return "name: value"
	}
}

// fields reads a mapping of known names.
func (p parser) fields(n *yaml.Node, what string, known []field) error {
	return pairs(n, "names and values", func(key string, k, v *yaml.Node) error {
		i := slices.IndexFunc(known, func(f field) bool { return f.name == key })
		if i >= 0 {
			return known[i].read(v)
		}
		var names []string
		for _, f := range known {
			names = append(names, f.name)
		}
		hint := ""
		if near := nearest.To(strings.ToLower(key), names); len(near) > 0 {
			hint = "did you mean " + near[0] + "? "
		}
		return at(k, "unknown %s %q: %sknown are %s", what, key, hint, strings.Join(names, ", "))
	})
}

// list calls visit for each element of a list; one element may stand alone.
func list(n *yaml.Node, visit func(*yaml.Node) error) error {
	n = resolved(n)
	switch {
	case null(n):
		return nil
	case n.Kind != yaml.SequenceNode:
		return visit(n)
	}
	for _, element := range n.Content {
		if err := visit(resolved(element)); err != nil {
			return err
		}
	}
	return nil
}

func text(n *yaml.Node) (string, error) {
	n = resolved(n)
	if n.Kind != yaml.ScalarNode || null(n) {
		return "", at(n, "expected a text")
	}
	return n.Value, nil
}

// CheckName says why a text is no name of a command: it stands before the lines
// of its output, and in expectations.
func CheckName(name string) error {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == '|' || r == 0x7f }) {
		return fmt.Errorf("%q is no name of a command: blanks and | are not for names", name)
	}
	return nil
}

func (p parser) run(n *yaml.Node, f *File) error {
	return pairs(n, "names and commands", func(name string, k, v *yaml.Node) error {
		if err := CheckName(name); err != nil {
			return at(k, "%w", err)
		}
		c := Command{Name: name}
		var err error
		if v = resolved(v); v.Kind == yaml.SequenceNode {
			err = list(v, func(element *yaml.Node) error {
				word, err := text(element)
				c.Args = append(c.Args, word)
				return err
			})
		} else {
			var line string
			if line, err = text(v); err == nil {
				if c.Args, err = Words(line); err != nil {
					err = at(v, "the command of %s: %w", name, err)
				}
			}
		}
		if err == nil && (len(c.Args) == 0 || c.Args[0] == "") {
			err = at(v, "the command of %s is empty", name)
		}
		f.Run = append(f.Run, c)
		return err
	})
}

func (p parser) urls(n *yaml.Node, f *File) error {
	return list(n, func(n *yaml.Node) error {
		var u URL
		var err error
		if n.Kind == yaml.MappingNode {
			err = p.fields(n, "field of a URL", []field{
				{"url", func(n *yaml.Node) (err error) {
					u.URL, err = text(n)
					return err
				}},
				{"method", func(n *yaml.Node) (err error) {
					u.Method, err = text(n)
					u.Method = strings.ToUpper(u.Method)
					return err
				}},
				{"headers", func(n *yaml.Node) error { return headers(n, &u) }},
			})
		} else {
			u.URL, err = text(n)
		}
		if err != nil {
			return err
		}
		if parsed, err := url.Parse(u.URL); err != nil || parsed.Hostname() == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
			return at(n, "it is no URL: expected such as http://127.0.0.1:8000/health")
		}
		f.URLs = append(f.URLs, u)
		return nil
	})
}

func headers(n *yaml.Node, u *URL) error {
	return pairs(n, "names and values", func(name string, _, v *yaml.Node) error {
		value, err := text(v)
		u.Header = append(u.Header, Header{name, value})
		return err
	})
}

// duration reads "30s", or a number of seconds.
func duration(n *yaml.Node) (time.Duration, error) {
	value, err := text(n)
	if err != nil {
		return 0, err
	}
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second, nil
	}
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 {
		return 0, at(n, "%q is no time: expected such as 30s or 2m", value)
	}
	return d, nil
}

func (p parser) until(n *yaml.Node, f *File) error {
	return pairs(n, "names and numbers", func(name string, k, v *yaml.Node) error {
		if p.rules.Category != nil {
			if err := p.rules.Category(name); err != nil {
				return at(k, "%w", err)
			}
		}
		value, err := text(v)
		if err != nil {
			return err
		}
		number, err := strconv.Atoi(value)
		if err != nil || number < 1 {
			return at(v, "%q is no number of %s: expected 1 or more", value, name)
		}
		f.Until = append(f.Until, Count{name, number})
		return nil
	})
}

func (p parser) expect(n *yaml.Node, f *File) error {
	return list(n, func(n *yaml.Node) error {
		expectation, err := text(n)
		if err != nil {
			return err
		}
		if p.rules.Expect != nil {
			if err := p.rules.Expect(expectation); err != nil {
				return at(n, "%w", err)
			}
		}
		f.Expect = append(f.Expect, expectation)
		return nil
	})
}
