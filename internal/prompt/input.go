package prompt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/bookedbarber/bbctl/internal/term"
)

// Times for which a terminal is waited for.
const (
	// reportTime is how long a terminal may take to say where its cursor is.
	// Over a slow line an answer takes a tenth of a second; a person notices
	// three.
	reportTime = 300 * time.Millisecond
	// sequenceTime is how long the rest of an escape sequence may take: without
	// one it was the key Escape.
	sequenceTime = 50 * time.Millisecond
)

// askPosition makes a terminal say where its cursor is.
const askPosition = "\x1b[6n"

// input is what is typed, in order, whoever reads it: the probe, survey or the
// line prompter.
type input struct {
	source *term.Reader
	ahead  []byte // read, and not yet used
}

// probe says whether the terminal tells where its cursor is, as survey wants
// to know. What else is typed meanwhile is kept.
func (in *input) probe(ctx context.Context, mode *term.Mode, out io.Writer) bool {
	if err := mode.KeyByKey(); err != nil {
		return false
	}
	defer func() { _ = mode.Restore() }()
	if _, err := io.WriteString(out, askPosition); err != nil {
		return false
	}
	return len(in.report(ctx)) > 0
}

// report returns the terminal's next word on the cursor, or nothing where none
// comes in time. What else comes is kept, in order. A cancelled context does
// not end it: the word would come all the same, and show at the shell's prompt.
func (in *input) report(ctx context.Context) []byte {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportTime)
	defer cancel()
	for at := 0; ; {
		k, n := nextKey(in.ahead[at:])
		switch {
		case n == 0:
			if in.fill(ctx) != nil {
				return nil
			}
		case k == keyReport:
			word := append([]byte(nil), in.ahead[at:at+n]...)
			in.ahead = append(in.ahead[:at], in.ahead[at+n:]...)
			return word
		default:
			at += n
		}
	}
}

// key waits for a key and returns its bytes.
func (in *input) key(ctx context.Context) (keyKind, []byte, error) {
	for {
		k, n := nextKey(in.ahead)
		if n == 0 {
			wait, cancel := ctx, func() {}
			if len(in.ahead) > 0 {
				wait, cancel = context.WithTimeout(ctx, sequenceTime)
			}
			err := in.fill(wait)
			cancel()
			switch {
			case err == nil:
				continue
			case len(in.ahead) == 0 || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded):
				return keyOther, nil, err
			}
			n = 1
		}
		b := append([]byte(nil), in.ahead[:n]...)
		in.ahead = in.ahead[n:]
		return k, b, nil
	}
}

// forget drops what the terminal has. A line that is not ended yet is given
// out only key by key.
func (in *input) forget(mode *term.Mode) {
	in.ahead = nil
	if mode.KeyByKey() != nil {
		return
	}
	defer func() { _ = mode.Restore() }()
	for in.source.Ready() {
		if in.fill(context.Background()) != nil {
			return
		}
		in.ahead = nil
	}
}

func (in *input) fill(ctx context.Context) error {
	b := make([]byte, 4096)
	n, err := in.source.Read(ctx, b)
	in.ahead = append(in.ahead, b[:n]...)
	if n > 0 {
		return nil
	}
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}

// longestLine is how many bytes an answer may take: 64 KiB, as much as a line
// of a .env file that all of its readers take.
const longestLine = 64 << 10

var errTooLong = fmt.Errorf("the line is longer than %d KiB", longestLine>>10)

// line waits for a line and returns it without its end. A line that ends with
// the input is none: nobody pressed Enter.
func (in *input) line(ctx context.Context) ([]byte, error) {
	var line []byte
	long := false
	for seen := 0; ; {
		for i, c := range in.ahead[seen:] {
			if c != '\n' {
				continue
			}
			line, in.ahead = in.ahead[:seen+i], in.ahead[seen+i+1:]
			if long || len(line) > longestLine {
				return nil, errTooLong
			}
			return line, nil
		}
		seen = len(in.ahead)
		if seen > longestLine {
			long, seen, in.ahead = true, 0, nil
		}
		if err := in.fill(ctx); err != nil {
			return nil, err
		}
	}
}
