package cmd

import (
	"fmt"
	"io"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/term"
)

// progress shows on a terminal how far a suite is, on one line of stderr that
// is gone when the report comes. Elsewhere it is silent: a log is no place
// for it.
type progress struct {
	out   io.Writer
	total int // 0: not known, since only some were asked for
	ended int
	width int
}

func (o *suiteOptions) progress(checks int) *progress {
	p := &progress{}
	if term.IsTerminal(o.env.Err) && o.env.Getenv("TERM") != "dumb" {
		p.out = o.env.Err
		if len(o.only)+len(o.skip) == 0 {
			p.total = checks
		}
		p.width = term.Width(o.env.Err, 80)
	}
	return p
}

func (p *progress) observe(item check.Item) {
	if p.out == nil {
		return
	}
	p.ended++
	count := fmt.Sprintf("check %d", p.ended)
	if p.total > 0 {
		count = fmt.Sprintf("%d of %d", p.ended, p.total)
	}
	line := fmt.Sprintf("%s  %s: %s", count, item.Group, item.ID)
	// One column stays free: a full line would wrap, and \r would then clear
	// only its second half.
	fmt.Fprintf(p.out, "\r\x1b[K%s", term.Truncate(line, p.width-1))
}

func (p *progress) done() {
	if p.out != nil && p.ended > 0 {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
