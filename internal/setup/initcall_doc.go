package setup

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/template"

	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/term"
)

// pageWidth is how many columns a line of prose has in a page of docs/.
const pageWidth = 80

// WritePythonDoc writes docs/python.md: the init calls of InitCalls, with what
// an application adds to say who asked and for what.
func WritePythonDoc(w io.Writer) error {
	page, err := template.New("python.md").Funcs(template.FuncMap{
		"code":  fenced,
		"notes": notesOf,
	}).Parse(snippet("python.md"))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString("<!-- Written by bbctl docs from internal/setup/snippet. Change it there. -->\n")
	err = page.Execute(&b, struct {
		Facts     []string
		Variables []config.Variable
	}{wrapped(InitFacts()), written()})
	if err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// written are the variables that bbctl setup is about.
func written() []config.Variable {
	last := slices.IndexFunc(config.Variables(), func(v config.Variable) bool { return v.Key == config.KeySendDefaultPII })
	return config.Variables()[:last+1]
}

// fenced is a snippet as a block of Markdown.
func fenced(language, name string) string {
	return "```" + language + "\n" + snippet(name) + "```\n"
}

// notesOf lists the notes of an init call.
func notesOf(id string) (string, error) {
	for _, call := range InitCalls() {
		if call.ID != id {
			continue
		}
		var b strings.Builder
		for _, note := range call.Notes {
			b.WriteString("- " + strings.Join(term.Wrap(note, pageWidth-2), "\n  ") + "\n")
		}
		return b.String(), nil
	}
	return "", fmt.Errorf("there is no init call %q", id)
}

// wrapped breaks a paragraph of sentences into lines.
func wrapped(sentences []string) []string {
	return term.Wrap(strings.Join(sentences, " "), pageWidth)
}
