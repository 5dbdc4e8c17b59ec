package cmd

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/receiver"
	"github.com/bookedbarber/bbctl/internal/term"
)

// printer is the form that --format asks for.
func (o *receiveOptions) printer() receivePrinter {
	redact := newRedactor(o.env)
	if o.format == "json" {
		return &receiveJSON{out: o.env.Out, redact: redact}
	}
	return &receiveText{out: o.env.Out, redact: redact, width: o.env.width}
}

// receiveText shows a line an item. The line is cut at the terminal's width,
// which is asked for each time, since people resize windows.
type receiveText struct {
	out    io.Writer
	redact func(string) string
	width  func() int
	// refused is how many refusals were shown, also of requests that no SDK
	// makes and that the receiver's own count leaves out.
	refused uint64
}

const (
	narrow     = 60 // columns below which an item takes two lines
	sdkColumn  = 14
	itemColumn = 13
)

// listening prints the ready line. The receiver's key is no secret: it is the
// same in every bbctl, and opens nothing.
func (p *receiveText) listening(_, dsn string) error {
	_, err := fmt.Fprintf(p.out, "SENTRY_DSN=%s\n", dsn)
	return err
}

func (p *receiveText) record(r *receiver.Record) error {
	if !r.Accepted {
		p.refused++
		return p.line(r, place(r, string(r.Kind)), refusal(r), "")
	}
	summaries, err := r.Summaries()
	if err != nil || len(summaries) == 0 {
		return p.line(r, place(r, string(r.Kind)), "no items", "")
	}
	for _, s := range summaries {
		if err := p.line(r, place(r, s.Type), sentence(s), s.Environment); err != nil {
			return err
		}
	}
	return nil
}

// line writes time, SDK, project and item, and what it says. What an
// application has sent is not to be trusted with the terminal, nor to be shown
// with the personal data that it may hold.
func (p *receiveText) line(r *receiver.Record, item, what, environment string) error {
	width := p.width()
	clock := r.Time.Local().Format("15:04:05")
	sdk, item := term.Clean(p.redact(shortClient(clientOf(r)))), term.Clean(p.redact(item))
	what, environment = term.Clean(p.redact(what)), term.Clean(p.redact(environment))
	var head, begin string // what stands above, and on the line
	if width < narrow {
		head, begin = term.Truncate(clock+" "+item+" "+sdk, width)+"\n", "  "
	} else {
		begin = fmt.Sprintf("%s %-*s %-*s ", clock, sdkColumn, term.Truncate(sdk, sdkColumn), itemColumn, item)
	}
	room := max(width-term.Columns(begin), 0)
	_, err := fmt.Fprintln(p.out, head+begin+withEnvironment(what, environment, room))
	return err
}

// withEnvironment adds the environment where enough of the text remains, which
// says more.
func withEnvironment(what, environment string, room int) string {
	const enough = 24 // columns
	if environment != "" {
		end := " (" + environment + ")"
		if left := room - term.Columns(end); left >= min(enough, term.Columns(what)) {
			return term.Truncate(what, left) + end
		}
	}
	return term.Truncate(what, room)
}

// missed tells a gap.
func (p *receiveText) missed(requests uint64) error {
	_, err := fmt.Fprintf(p.out, "… %d more requests came faster than they could be shown\n", requests)
	return err
}

// ended counts.
func (p *receiveText) ended(s receiver.Stats) error {
	text := fmt.Sprintf("%d accepted, %d refused", s.Accepted, max(s.Rejected, p.refused))
	var types []string
	for name := range s.Items {
		types = append(types, name)
	}
	slices.Sort(types)
	for i, name := range types {
		types[i] = fmt.Sprintf("%d %s", s.Items[name], term.Clean(name))
	}
	if len(types) > 0 {
		text += "; items: " + strings.Join(types, ", ")
	}
	if s.Forwarded+s.ForwardFailed > 0 {
		text += fmt.Sprintf("; %d forwarded, %d not", s.Forwarded, s.ForwardFailed)
	}
	return fill(p.out, p.width()-len("^C"), "", "  ", text) // which the terminal shows before it
}

// place is project and item in one word, such as 1/event. Spotlight's copies
// have no project.
func place(r *receiver.Record, item string) string {
	switch {
	case item == "":
		return r.Method
	case r.Project == "":
		return item
	default:
		return r.Project + "/" + item
	}
}

// refusal says why a request was not taken.
func refusal(r *receiver.Record) string {
	text := fmt.Sprintf("refused %d", r.Status)
	reason := r.Reason
	if reason == "" {
		reason = http.StatusText(r.Status)
	}
	if r.Kind == "" || r.Method != http.MethodPost {
		return text + " " + reason + ": " + r.Method + " " + r.Path
	}
	return text + " " + reason
}

// sentence is what an item says: level, title, how many.
func sentence(s receiver.Summary) string {
	if s.Err != nil {
		return fmt.Sprintf("%d bytes that cannot be decoded", s.Size)
	}
	var parts []string
	for _, part := range []string{s.Level, s.Title, s.Op} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		parts = append(parts, fmt.Sprintf("%d bytes", s.Size))
	}
	text := strings.Join(parts, " ")
	switch {
	case s.Type == "transaction" && s.Count > 0:
		text += fmt.Sprintf(", spans: %d", s.Count)
	case s.Type != "transaction" && s.Type != "client_report" && s.Type != "profile" && s.Count > 1:
		text += fmt.Sprintf(" and %d more", s.Count-1)
	}
	return text
}

// clientOf is the SDK by what it says in its credentials, else in the header
// of its envelope.
func clientOf(r *receiver.Record) string {
	if r.Client != "" || !r.Accepted {
		return r.Client
	}
	e, err := r.Envelope()
	if err != nil {
		return ""
	}
	header, err := e.Header()
	if err != nil || header.SDK == nil || header.SDK.Name == "" {
		return ""
	}
	return header.SDK.Name + "/" + header.SDK.Version
}

// shortClient leaves out of an SDK's name what all of them begin with, and the
// framework: sentry.python.fastapi/2.18.0 is python/2.18.0.
func shortClient(client string) string {
	if client == "" {
		return "-"
	}
	client = strings.TrimPrefix(strings.TrimPrefix(client, "sentry."), "javascript.")
	name, version, ok := strings.Cut(client, "/")
	if !ok {
		return client
	}
	name, _, _ = strings.Cut(name, ".")
	return name + "/" + version
}
