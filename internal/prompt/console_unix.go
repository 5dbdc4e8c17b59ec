//go:build unix

package prompt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/bookedbarber/bbctl/internal/term"
)

const (
	hideCursor = "\x1b[?25l"
	showCursor = "\x1b[?25h"
	// farCorner is where survey sends the cursor to learn the terminal's size.
	farCorner = "\x1b[999;999f"
)

// console is the terminal as survey sees it. It ends with a context, hands out
// one key at a time, so that nothing is lost in survey's buffers between two
// questions, and none that survey takes for an error or for text. Where the
// terminal does not say where its cursor is, the console does: survey would
// wait for ever. Writing never fails, since survey would panic: the error is
// that of the next Read.
type console struct {
	ctx    context.Context // of the question that is being asked
	in     *input
	fd     uintptr
	out    io.Writer
	color  bool
	asked  bool // survey waits for the cursor's position
	corner bool // and has sent it to the far corner
	mute   bool // the terminal has not answered once
	failed error
}

func newConsole(in *input, o Options) *console {
	c := &console{in: in, out: o.Err, color: term.Color(o.Err, o.Getenv, o.NoColor)}
	if f, ok := o.In.(interface{ Fd() uintptr }); ok {
		c.fd = f.Fd()
	}
	return c
}

// Fd returns the descriptor of the terminal.
func (c *console) Fd() uintptr { return c.fd }

func (c *console) width() int { return term.Width(c.out, fallbackWidth) }

// Read hands out the next key, or the cursor's position where survey has asked
// for it. Its error ends the question.
func (c *console) Read(p []byte) (int, error) {
	if c.asked {
		c.asked = false
		return copy(p, c.position()), nil
	}
	if c.failed != nil {
		return 0, c.failed
	}
	for {
		k, b, err := c.in.key(c.ctx)
		if err != nil {
			return 0, err
		}
		switch k {
		case keyText, keyEnter:
			return copy(p, b), nil
		case keyEdit:
			return copy(p, asSurveyKnows(b)), nil
		case keyInterrupt:
			return 0, errInterrupted
		case keyEnd:
			return 0, io.EOF // survey would take it for an empty answer
		case keyOther, keyReport:
		}
	}
}

// asSurveyKnows returns the bytes of Home and End that survey understands.
func asSurveyKnows(key []byte) []byte {
	switch string(key) {
	case "\x1b[1~", "\x1b[7~":
		return []byte("\x1b[H")
	case "\x1b[4~", "\x1b[8~":
		return []byte("\x1b[F")
	}
	return key
}

// position returns the cursor's position as the terminal reports it, or a
// likely one.
func (c *console) position() []byte {
	if !c.mute {
		if word := c.in.report(c.ctx); len(word) > 0 {
			return word
		}
		c.mute = c.ctx.Err() == nil
	}
	rows := term.Height(c.out, 24)
	if c.corner {
		return fmt.Appendf(nil, "\x1b[%d;%dR", rows, c.width())
	}
	return fmt.Appendf(nil, "\x1b[%d;2R", rows)
}

// Write writes to the terminal, without colours where they are not wanted.
func (c *console) Write(p []byte) (int, error) {
	switch {
	case bytes.Equal(p, []byte(askPosition)):
		c.asked = true
		if c.mute {
			return len(p), nil
		}
	default:
		c.corner = bytes.Equal(p, []byte(farCorner))
	}
	text := p
	if !c.color {
		text = withoutColor(p)
	}
	if _, err := c.out.Write(text); err != nil {
		c.failed = errors.Join(c.failed, err)
	}
	return len(p), nil
}

func (c *console) say(text string) { _, _ = c.Write([]byte(text)) }

// withoutColor removes the sequences that set colours and weights.
func withoutColor(p []byte) []byte {
	var kept []byte
	for {
		begin := bytes.Index(p, []byte("\x1b["))
		if begin < 0 {
			return append(kept, p...)
		}
		end := begin + len("\x1b[")
		for end < len(p) && strings.IndexByte("0123456789;:", p[end]) >= 0 {
			end++
		}
		if end < len(p) && p[end] == 'm' {
			kept = append(kept, p[:begin]...)
			p = p[end+1:]
			continue
		}
		kept = append(kept, p[:end]...)
		p = p[end:]
	}
}
