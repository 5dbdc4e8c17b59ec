package term

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

func TestReadEndsWithItsContextAndTakesNothing(t *testing.T) {
	t.Parallel()
	file, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	defer writer.Close()
	memory, memoryWriter := io.Pipe()
	defer memoryWriter.Close()
	for name, stream := range map[string]struct {
		in  io.Reader
		out io.Writer
	}{"a descriptor": {file, writer}, "no descriptor": {memory, memoryWriter}} {
		r := NewReader(stream.in)
		gone := errors.New("gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := r.Read(ctx, make([]byte, 8))
			ended <- err
		}()
		cancel(gone)
		if err := <-ended; !errors.Is(err, gone) {
			t.Errorf("%s: %v", name, err)
		}
		go func() { _, _ = io.WriteString(stream.out, "hello") }()
		var got strings.Builder
		for got.Len() < len("hello") {
			b := make([]byte, 2)
			n, err := r.Read(t.Context(), b)
			if err != nil {
				t.Fatal(err)
			}
			got.Write(b[:n])
		}
		if got.String() != "hello" {
			t.Errorf("%s: read %q", name, got.String())
		}
	}
}

func TestReadTellsTheEnd(t *testing.T) {
	t.Parallel()
	file, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	writer.Close()
	for name, in := range map[string]io.Reader{"a descriptor": file, "no descriptor": strings.NewReader("")} {
		r := NewReader(in)
		for range 2 {
			if n, err := r.Read(t.Context(), make([]byte, 8)); n != 0 || !errors.Is(err, io.EOF) {
				t.Errorf("%s: %d, %v", name, n, err)
			}
		}
	}
}
