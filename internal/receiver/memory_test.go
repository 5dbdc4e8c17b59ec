package receiver_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"

	"github.com/bookedbarber/bbctl/internal/receiver"
)

// child names what a process that a test started is to be.
const child = "BBCTL_TEST_CHILD"

// bomb inflates to a GiB of zeros: the gzip one is 1 MiB.
func bomb(t testing.TB, encoding string) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.Writer
	var err error
	switch encoding {
	case "gzip":
		// Flushed blocks refer to nothing before them, so one can be repeated;
		// compressing a GiB would take longer than the rest of the test.
		w, err = flate.NewWriter(&b, flate.BestCompression)
		if err == nil {
			_, err = w.Write(make([]byte, 16<<20))
		}
		if err != nil || w.(*flate.Writer).Flush() != nil {
			t.Fatal("deflating")
		}
		return append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}, bytes.Repeat(b.Bytes(), 64)...)
	case "br":
		w = brotli.NewWriterLevel(&b, brotli.BestSpeed)
	case "zstd":
		w, err = zstd.NewWriter(&b, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
	}
	block := make([]byte, 1<<20)
	for range 220 { // beyond the limit; the reader never sees the rest
		if _, err := w.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.(io.Closer).Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// mapped is all memory that Go has ever taken from the system, in bytes. What
// the race detector takes for itself is not in it.
func mapped() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// TestBombs sends each bomb to a receiver in a process of its own, which has
// never held more than the bomb: memory that is free already would hide what
// a bomb takes.
func TestBombs(t *testing.T) {
	t.Parallel()
	if encoding, ok := strings.CutPrefix(os.Getenv(child), "bomb "); ok {
		explode(t, encoding)
		return
	}
	for _, encoding := range []string{"gzip", "br", "zstd"} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBombs$", "-test.v")
			cmd.Env = append(os.Environ(), child+"=bomb "+encoding)
			cmd.Stdin = bytes.NewReader(bomb(t, encoding))
			out, err := cmd.CombinedOutput()
			if err != nil || !bytes.Contains(out, []byte("more resident")) {
				t.Errorf("%v\n%s", err, out)
			}
			t.Logf("%s", out)
		})
	}
}

func explode(t *testing.T, encoding string) {
	const allowed = 32 << 20
	body, err := io.ReadAll(os.Stdin)
	if err != nil {
		t.Fatal(err)
	}
	_, address := start(t, receiver.Options{})
	header := http.Header{"X-Sentry-Auth": {auth()}, "Content-Encoding": {encoding}}
	before, resident := mapped(), peak(t)
	status, got := post(t, "http://"+address+"/api/1/envelope/", header, body, false)
	if status != http.StatusRequestEntityTooLarge {
		t.Errorf("answered %d %s", status, got)
	}
	grown, more := mapped()-before, peak(t)-resident
	t.Logf("%d KiB came, %d KiB more mapped, %d KiB more resident", len(body)>>10, grown>>10, more>>10)
	if grown > allowed {
		t.Errorf("the process grew by %d bytes", grown)
	}
	if more > allowed && !raceDetector {
		t.Errorf("the process grew by %d bytes resident", more)
	}
}

// BenchmarkMemory passes 100,000 envelopes through a receiver in a process of
// its own, as `bbctl receive` would run it, and reports its largest resident
// size beyond the store's bound.
func BenchmarkMemory(b *testing.B) {
	if os.Getenv(child) == "receive" {
		receiveUntilTold(b)
		return
	}
	const envelopes, connections = 100_000, 4
	for b.Loop() {
		cmd := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkMemory$", "-test.benchtime=1x")
		cmd.Env = append(os.Environ(), child+"=receive")
		in, err := cmd.StdinPipe()
		if err != nil {
			b.Fatal(err)
		}
		out, err := cmd.StderrPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		lines := json.NewDecoder(bufio.NewReader(out))
		var address string
		if err := lines.Decode(&address); err != nil {
			b.Fatal(err)
		}
		drive(b, address, wire("", payload(20<<10)), connections, envelopes)
		if err := in.Close(); err != nil {
			b.Fatal(err)
		}
		var result struct {
			Peak     uint64
			Accepted uint64
			Kept     int64
		}
		if err := lines.Decode(&result); err != nil {
			b.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			b.Fatal(err)
		}
		if result.Accepted < envelopes {
			b.Fatalf("accepted %d", result.Accepted)
		}
		b.ReportMetric(float64(result.Peak)/1e6, "MB-peak")
		b.ReportMetric((float64(result.Peak)-receiver.DefaultMaxBytes)/1e6, "MB-over-store")
		b.ReportMetric(float64(result.Kept)/1e6, "MB-kept")
	}
}

// receiveUntilTold serves until its standard input ends. It speaks on standard
// error, since the benchmark's own output is on the other.
func receiveUntilTold(b *testing.B) {
	o := receiver.Options{}
	debug.SetMemoryLimit(o.MemoryLimit())
	r, address, stop := serve(b, o)
	say := json.NewEncoder(os.Stderr)
	if err := say.Encode(address); err != nil {
		b.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	stats := r.Stats()
	stop()
	err := say.Encode(map[string]any{"Peak": peak(b), "Accepted": stats.Accepted, "Kept": stats.KeptBytes})
	if err != nil {
		b.Fatal(err)
	}
}
