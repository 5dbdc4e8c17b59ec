package project

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// YAML is the file's content, with a comment at each part. What it does not say
// is left out. Parse reads it as it was.
func (f File) YAML() ([]byte, error) {
	root := &yaml.Node{Kind: yaml.MappingNode}
	add := func(name, comment string, value *yaml.Node) {
		if value.Kind != yaml.ScalarNode && len(value.Content) == 0 {
			return
		}
		key := scalar(name)
		key.HeadComment = comment
		root.Content = append(root.Content, key, value)
	}
	run := &yaml.Node{Kind: yaml.MappingNode}
	for _, c := range f.Run {
		run.Content = append(run.Content, scalar(c.Name), command(c.Args))
	}
	add("run", "The application's commands. Each is started with its DSN pointed at bbctl.", run)
	urls := &yaml.Node{Kind: yaml.SequenceNode}
	for _, u := range f.URLs {
		urls.Content = append(urls.Content, u.node())
	}
	add("urls", "Asked once each, as soon as the application listens.", urls)
	if f.For > 0 {
		add("for", "How long it runs.", scalar(f.For.String()))
	}
	until := &yaml.Node{Kind: yaml.MappingNode}
	for _, c := range f.Until {
		until.Content = append(until.Content, scalar(c.Category), &yaml.Node{Kind: yaml.ScalarNode, Value: fmt.Sprint(c.N)})
	}
	add("until", "Or until so many have arrived.", until)
	expect := &yaml.Node{Kind: yaml.SequenceNode}
	for _, e := range f.Expect {
		expect.Content = append(expect.Content, scalar(e))
	}
	add("expect", "What must arrive: KIND [>=N] FIELD=VALUE …, or no KIND …; such as\n\"transaction >=2 name=/bookings\" or \"error type=ValueError\".", expect)
	return encode(root)
}

func encode(root *yaml.Node) ([]byte, error) {
	if len(root.Content) == 0 {
		return nil, nil
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(root); err != nil {
		return nil, fmt.Errorf("encoding YAML: %w", err)
	}
	return out.Bytes(), nil
}

// scalar is a text, in quotes where it would be read as something else.
func scalar(value string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(value)
	return n
}

// command is a line as people write it, where it is read as the same words.
func command(args []string) *yaml.Node {
	line := strings.Join(args, " ")
	if len(args) == 3 && args[0] == "/bin/sh" && args[1] == "-c" {
		line = args[2]
	}
	if words, err := Words(line); err == nil && slices.Equal(words, args) && !strings.ContainsAny(line, "\n\r") {
		return scalar(line)
	}
	return flow(args)
}

func flow(words []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, word := range words {
		n.Content = append(n.Content, scalar(word))
	}
	return n
}

func (u URL) node() *yaml.Node {
	if u.Method == "" && len(u.Header) == 0 {
		return scalar(u.URL)
	}
	n := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{scalar("url"), scalar(u.URL)}}
	if u.Method != "" {
		n.Content = append(n.Content, scalar("method"), scalar(u.Method))
	}
	if len(u.Header) > 0 {
		headers := &yaml.Node{Kind: yaml.MappingNode}
		for _, h := range u.Header {
			headers.Content = append(headers.Content, scalar(h.Name), scalar(h.Value))
		}
		n.Content = append(n.Content, scalar("headers"), headers)
	}
	return n
}
