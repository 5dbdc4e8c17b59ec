package doctor

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

const (
	// longestLine is what is looked at of a line; the rest of a longer one is
	// read and forgotten. sentry-python before 2 prints whole events.
	longestLine = 32 << 10
	// batchBytes bounds what is under way between reading and matching.
	batchBytes = 256 << 10
)

// logLine is a line of a log as it stands there, without its end.
type logLine struct {
	number int
	text   string
}

// logBatch is what was read at once: the last one carries the error, io.EOF
// for a log that was read to its end.
type logBatch struct {
	lines []logLine
	err   error
}

// readLines reads a log in the background, so that a pipe that says nothing
// does not hold the caller: where the context ends, it is left to itself.
func readLines(ctx context.Context, r io.Reader) <-chan logBatch {
	batches := make(chan logBatch)
	go func() {
		defer close(batches)
		in := bufio.NewReaderSize(r, 64<<10)
		for number := 0; ; {
			batch := nextBatch(in, &number)
			select {
			case batches <- batch:
			case <-ctx.Done():
				return
			}
			if batch.err != nil {
				return
			}
		}
	}()
	return batches
}

// nextBatch reads what is there: it does not wait for more while it holds
// lines that could be matched.
func nextBatch(in *bufio.Reader, number *int) logBatch {
	var batch logBatch
	for size := 0; size < batchBytes && (len(batch.lines) == 0 || whole(in)); {
		text, err := nextLine(in)
		if err == nil || text != "" {
			*number++
			size += len(text) + 1
			batch.lines = append(batch.lines, logLine{*number, text})
		}
		if err != nil {
			batch.err = err
			break
		}
	}
	return batch
}

// whole says whether a whole line is there already: to ask for one that is not
// would hold back the lines before it.
func whole(in *bufio.Reader) bool {
	there, _ := in.Peek(in.Buffered()) // what is buffered can be had
	return bytes.IndexByte(there, '\n') >= 0
}

// nextLine reads one line, and keeps the beginning of it.
func nextLine(in *bufio.Reader) (string, error) {
	var kept []byte
	for {
		part, err := in.ReadSlice('\n')
		kept = append(kept, part[:min(len(part), longestLine-len(kept))]...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return string(bytes.TrimRight(kept, "\r\n")), err
	}
}

var (
	// escape is a colour, or another sequence for a terminal.
	escape = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07\x1b]*\x07?|[()][A-Z0-9])`)
	})
	// prefixes are what those who collect logs write before a line.
	prefixes = sync.OnceValue(func() []*regexp.Regexp {
		var list []*regexp.Regexp
		for _, pattern := range []string{
			`^[\w.-]+ +\| ?`, // docker compose
			`^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d) (?:stdout|stderr) [FP] `,                                  // Kubernetes
			`^\d{4}-\d\d-\d\dT[\d:.,]+(?:Z|[+-]\d\d:?\d\d) (?:[\w.-]+ [\w./@-]+(?:\[\d+\])?: )?`,                    // docker --timestamps, journalctl -o short-iso
			`^(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d(?:\.\d+)? [\w.-]+ [\w./@()-]+(?:\[\d+\])?: `, // journalctl, syslog
		} {
			list = append(list, regexp.MustCompile(pattern))
		}
		return list
	})
)

// messages returns what a line says: without colours and what stands before
// it; of a line in JSON the texts of the message and of the traceback.
func (l logLine) messages() []string {
	text := l.text
	if strings.IndexByte(text, 0x1b) >= 0 {
		text = escape().ReplaceAllString(text, "")
	}
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "�")
	}
	for _, prefix := range prefixes() {
		text = text[len(prefix.FindString(text)):]
	}
	if at := strings.IndexByte(text, '{'); at == 0 && strings.HasSuffix(strings.TrimRight(text, " "), "}") {
		if found := fromJSON(text); len(found) > 0 {
			return found
		}
	}
	return []string{text}
}

// fromJSON reads a line of a logger that writes JSON: docker's own (log),
// journald's (MESSAGE), structlog's (event) and the usual ones.
func fromJSON(text string) []string {
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &object) != nil {
		return nil
	}
	field := func(names ...string) string {
		for _, name := range names {
			var value string
			if json.Unmarshal(object[name], &value) == nil && value != "" {
				return value
			}
		}
		return ""
	}
	message := field("message", "msg", "event", "log", "MESSAGE", "text")
	if message == "" {
		return nil
	}
	if logger := field("logger", "name", "logger_name", "loggerName"); strings.HasPrefix(logger, "sentry_sdk") {
		message = logger + ": " + message
	}
	trace := field("exc_info", "exception", "exc_text", "traceback", "stack_trace", "stack")
	return strings.Split(strings.TrimRight(message+"\n"+trace, "\r\n"), "\n")
}
