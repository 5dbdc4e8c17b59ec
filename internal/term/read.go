package term

import (
	"context"
	"errors"
	"io"
)

var errNoTerminal = errors.New("not a terminal")

// errNoWait says that a descriptor cannot be waited for.
var errNoWait = errors.New("cannot be waited for")

// Reader reads a stream until a context ends. What is read is handed to
// exactly one Read: one that was cancelled takes nothing from the next. It is
// not for use by several goroutines.
type Reader struct {
	r       io.Reader
	pending chan chunk // of a read in the background; nil: none
	rest    []byte     // of one that ended, not yet handed out
	failed  error      // how that one ended
}

type chunk struct {
	bytes []byte
	err   error
}

// NewReader returns a reader of a stream. Descriptors are waited for; what has
// none, such as a buffer, is read in the background.
func NewReader(r io.Reader) *Reader { return &Reader{r: r} }

// Read reads what there is, and waits until there is something. Its error is
// the context's cause, io.EOF, or the stream's.
func (r *Reader) Read(ctx context.Context, p []byte) (int, error) {
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if fd, ok := descriptor(r.r); ok && r.pending == nil && len(r.rest) == 0 {
		err := wait(ctx, fd)
		if err == nil {
			return r.r.Read(p)
		}
		if !errors.Is(err, errNoWait) {
			return 0, err
		}
	}
	return r.background(ctx, p)
}

// Ready says whether a descriptor has something to read at once.
func (r *Reader) Ready() bool {
	fd, ok := descriptor(r.r)
	return ok && ready(fd)
}

// background reads in a goroutine, which outlives a cancelled Read: what it
// brings is for the next one.
func (r *Reader) background(ctx context.Context, p []byte) (int, error) {
	if len(r.rest) == 0 && r.failed == nil {
		if r.pending == nil {
			r.pending = make(chan chunk, 1)
			go func(in io.Reader, to chan<- chunk) {
				b := make([]byte, 4096)
				n, err := in.Read(b)
				to <- chunk{b[:n], err}
			}(r.r, r.pending)
		}
		select {
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		case c := <-r.pending:
			r.pending, r.rest, r.failed = nil, c.bytes, c.err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	if n > 0 {
		return n, nil
	}
	err := r.failed
	r.failed = nil
	return 0, err
}
