package receiver

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

var (
	errTooLarge = errors.New("over the size limit")
	errEncoding = errors.New("unsupported content encoding")
	errInflate  = errors.New("inflating the body")
)

const (
	// firstInflation is how far a body is inflated before its size is known.
	// Most bodies end before it.
	firstInflation = 1 << 20
	// largeAtOnce is how many larger bodies are inflated at the same time.
	largeAtOnce = 2
	// maxWindow bounds what a zstd body may make its reader remember.
	maxWindow = 8 << 20
)

// readBody reads and decompresses a request's body within the limits. wire is
// how many bytes came.
func (r *Receiver) readBody(req *http.Request) (body []byte, wire int, err error) {
	if req.ContentLength > r.o.MaxRequest {
		r.swallow(req.Body)
		return nil, 0, errTooLarge
	}
	encoding := strings.ToLower(strings.TrimSpace(req.Header.Get("Content-Encoding")))
	plain := encoding == "" || encoding == "identity" || encoding == "utf-8" // some SDKs send the charset there
	if plain && req.ContentLength > 0 {
		// The common case: read once into what is kept.
		body = make([]byte, req.ContentLength)
		if _, err := io.ReadFull(req.Body, body); err != nil {
			return nil, 0, fmt.Errorf("reading the body: %w", err)
		}
		return body, len(body), nil
	}
	raw := r.inflate.buffer()
	defer r.inflate.release(raw)
	n, err := raw.ReadFrom(io.LimitReader(req.Body, r.o.MaxRequest+1))
	switch {
	case err != nil:
		return nil, int(n), fmt.Errorf("reading the body: %w", err)
	case n > r.o.MaxRequest:
		r.swallow(req.Body)
		return nil, int(n), errTooLarge
	case plain:
		return bytes.Clone(raw.Bytes()), int(n), nil
	case n == 0:
		return nil, 0, nil
	}
	body, err = r.inflate.inflate(req, encoding, raw.Bytes(), r.o.MaxInflated)
	return body, int(n), err
}

// swallow reads on for a while, so that a client that sends its whole body
// before it reads sees the answer and not a broken connection.
func (r *Receiver) swallow(body io.Reader) {
	_, _ = io.CopyN(io.Discard, body, r.o.MaxRequest) // the answer is the same either way
}

// inflater decompresses bodies. Its pools hold what is costly to make.
type inflater struct {
	buffers, gzips, zlibs, flates, brotlis, zstds sync.Pool

	large chan struct{}
}

// inflate decompresses raw. A body that is larger than firstInflation is
// counted to its end first, keeping nothing, so that a bomb costs time but no
// memory; only one within the limit is then inflated into memory.
func (f *inflater) inflate(req *http.Request, encoding string, raw []byte, limit int64) ([]byte, error) {
	buffer := f.buffer()
	defer f.release(buffer)
	first := min(firstInflation, limit)
	n, err := f.copy(buffer, encoding, raw, first+1)
	if err != nil {
		return nil, err
	}
	if n <= first {
		return bytes.Clone(buffer.Bytes()), nil
	}
	select {
	case f.large <- struct{}{}:
		defer func() { <-f.large }()
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	size, err := f.copy(io.Discard, encoding, raw, limit+1)
	if err != nil {
		return nil, err
	}
	if size > limit {
		return nil, errTooLarge
	}
	return f.fill(make([]byte, size), encoding, raw)
}

// fill inflates raw into whole, which is as long as raw inflates to.
func (f *inflater) fill(whole []byte, encoding string, raw []byte) ([]byte, error) {
	reader, pool, err := f.open(encoding, bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	defer pool.Put(reader)
	if _, err := io.ReadFull(reader, whole); err != nil {
		return nil, fmt.Errorf("%w: %w", errInflate, err)
	}
	return whole, nil
}

// copy inflates at most limit bytes of raw into w.
func (f *inflater) copy(w io.Writer, encoding string, raw []byte, limit int64) (int64, error) {
	reader, pool, err := f.open(encoding, bytes.NewReader(raw))
	if err != nil {
		return 0, err
	}
	defer pool.Put(reader)
	// io.Copy would let the reader write all of it at once where it can.
	n, err := io.Copy(w, io.LimitReader(reader, limit))
	if err != nil {
		return n, fmt.Errorf("%w: %w", errInflate, err)
	}
	return n, nil
}

// open returns a reader for an encoding, and the pool that it goes back to.
func (f *inflater) open(encoding string, source *bytes.Reader) (io.Reader, *sync.Pool, error) {
	var reader io.Reader
	var pool *sync.Pool
	var err error
	switch encoding {
	case "gzip", "x-gzip":
		pool = &f.gzips
		reader, err = openGzip(pool, source)
	case "deflate":
		// "deflate" means zlib's format (RFC 9110); some clients send the bare
		// stream.
		pool = &f.zlibs
		if reader, err = openZlib(pool, source); err != nil {
			source.Reset(rest(source))
			pool = &f.flates
			reader, err = openFlate(pool, source)
		}
	case "br":
		pool = &f.brotlis
		reader, err = openBrotli(pool, source)
	case "zstd":
		pool = &f.zstds
		reader, err = openZstd(pool, source)
	default:
		return nil, nil, errEncoding
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errInflate, err)
	}
	return reader, pool, nil
}

// rest returns all bytes of a reader, also those that were read.
func rest(source *bytes.Reader) []byte {
	all := make([]byte, source.Size())
	_, _ = source.ReadAt(all, 0) // a bytes.Reader has what its size says
	return all
}

func openGzip(pool *sync.Pool, source io.Reader) (io.Reader, error) {
	if r, ok := pool.Get().(*gzip.Reader); ok {
		if err := r.Reset(source); err != nil {
			pool.Put(r)
			return nil, err
		}
		return r, nil
	}
	return gzip.NewReader(source)
}

func openZlib(pool *sync.Pool, source io.Reader) (io.Reader, error) {
	if r, ok := pool.Get().(zlib.Resetter); ok {
		if err := r.Reset(source, nil); err != nil {
			pool.Put(r)
			return nil, err
		}
		return r.(io.Reader), nil
	}
	return zlib.NewReader(source)
}

func openFlate(pool *sync.Pool, source io.Reader) (io.Reader, error) {
	if r, ok := pool.Get().(flate.Resetter); ok {
		return r.(io.Reader), r.Reset(source, nil)
	}
	return flate.NewReader(source), nil
}

func openBrotli(pool *sync.Pool, source io.Reader) (io.Reader, error) {
	if r, ok := pool.Get().(*brotli.Reader); ok {
		return r, r.Reset(source)
	}
	return brotli.NewReader(source), nil
}

func openZstd(pool *sync.Pool, source io.Reader) (io.Reader, error) {
	if r, ok := pool.Get().(*zstd.Decoder); ok {
		return r, r.Reset(source)
	}
	// With a concurrency of one it starts no goroutine, so that one that falls
	// out of the pool needs no Close.
	return zstd.NewReader(source, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(maxWindow))
}

func (f *inflater) buffer() *bytes.Buffer {
	if b, ok := f.buffers.Get().(*bytes.Buffer); ok {
		b.Reset()
		return b
	}
	return bytes.NewBuffer(make([]byte, 0, 32<<10))
}

// release keeps buffers of the usual size; a large one would be held for ever.
func (f *inflater) release(b *bytes.Buffer) {
	if b.Cap() <= 2*firstInflation {
		f.buffers.Put(b)
	}
}
