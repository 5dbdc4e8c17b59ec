//go:build !windows

package observe_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/observe"
)

// sends makes a test's own binary a client that sends so many envelopes.
const sends = "BBCTL_OBSERVE_SENDS"

// runs makes it one that runs a script, as bbctl does.
const runs = "BBCTL_OBSERVE_RUNS"

// TestMain makes the binary what it is asked to be.
func TestMain(m *testing.M) {
	if script := os.Getenv(runs); script != "" {
		_, _ = observe.Run(context.Background(), observe.Options{Commands: []observe.Command{shell("web", script)}, Once: true})
		return
	}
	if n, err := strconv.Atoi(os.Getenv(sends)); err == nil {
		if err := send(os.Getenv("SENTRY_DSN"), n); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// send sends envelopes with an error each, over eight connections.
func send(dsn string, n int) error {
	key, rest, _ := strings.Cut(strings.TrimPrefix(dsn, "http://"), "@")
	host, project, _ := strings.Cut(rest, "/")
	frame := `{"filename":"app/bookings.py","function":"create","lineno":12,"in_app":true,"vars":{"slot":"'9:00'","barber":"7"}}`
	event := `{"event_id":"%032x","level":"error","environment":"staging","sdk":{"name":"sentry.python","version":"2.18.0","integrations":["fastapi"]},` +
		`"exception":{"values":[{"type":"SlotTaken","value":"slot 9:00 of barber 7","stacktrace":{"frames":[` + frame + strings.Repeat(","+frame, 19) + `]}}]},"tags":{"n":"%d"}}`
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	numbers, failed := make(chan int), make(chan error, n)
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for i := range numbers {
				body := "{\"trace\":{\"sample_rate\":\"0.1\"}}\n{\"type\":\"event\"}\n" + fmt.Sprintf(event, i, i) + "\n"
				req, err := http.NewRequest(http.MethodPost, "http://"+host+"/api/"+project+"/envelope/", bytes.NewReader([]byte(body)))
				if err != nil {
					failed <- err
					continue
				}
				req.Header.Set("X-Sentry-Auth", "Sentry sentry_key="+key+", sentry_version=7, sentry_client=volume/1")
				response, err := client.Do(req)
				if err != nil {
					failed <- err
					continue
				}
				io.Copy(io.Discard, response.Body)
				response.Body.Close()
				if response.StatusCode != http.StatusOK {
					failed <- fmt.Errorf("answered %d", response.StatusCode)
				}
			}
		})
	}
	for i := range n {
		numbers <- i
	}
	close(numbers)
	workers.Wait()
	close(failed)
	return <-failed
}

func volume(t testing.TB, n int) observe.Options {
	t.Helper()
	e, err := observe.ParseExpectation("error type=SlotTaken tag.n~^")
	if err != nil {
		t.Fatal(err)
	}
	return observe.Options{
		Commands: []observe.Command{{Name: "load", Args: []string{os.Args[0]}}},
		Environ:  append(environ(t.TempDir()), sends+"="+strconv.Itoa(n)),
		Dir:      t.TempDir(), Once: true, Err: os.Stderr, Expect: []observe.Expectation{e},
	}
}

func judged(t testing.TB, e observe.Evidence, n int) {
	t.Helper()
	p := e.Processes[0]
	if s := p.Seen; s.Requests != n || s.Accepted != n || s.Errors != n || s.Items["event"] != n || s.TraceRates["0.1"] != n ||
		s.Environments["staging"] != n || s.Integrations["fastapi"] != n || s.Clients["volume/1"] != n || e.Expected[0].Seen != n {
		t.Errorf("of %d envelopes: %d requests, %d accepted, %d errors, items %v, expected %d; the client said %v, %q",
			n, s.Requests, s.Accepted, s.Errors, s.Items, e.Expected[0].Seen, p.Exit, p.Stderr)
	}
}

func TestEveryEnvelopeIsJudged(t *testing.T) {
	t.Parallel()
	e, err := observe.Run(t.Context(), volume(t, 2000))
	if err != nil {
		t.Fatal(err)
	}
	judged(t, e, 2000)
}

// BenchmarkEnvelopes runs a client that sends 10,000 envelopes of 3 KB: each is
// counted and judged, within 20 MB.
func BenchmarkEnvelopes(b *testing.B) {
	const n = 10_000
	for b.Loop() {
		runtime.GC()
		before, stop := heap(), make(chan struct{})
		peak := make(chan uint64)
		go func() {
			most := uint64(0)
			for {
				select {
				case <-stop:
					peak <- most
					return
				case <-time.After(5 * time.Millisecond):
					most = max(most, heap())
				}
			}
		}()
		started := time.Now()
		e, err := observe.Run(b.Context(), volume(b, n))
		if err != nil {
			b.Fatal(err)
		}
		spent := time.Since(started)
		close(stop)
		judged(b, e, n)
		b.ReportMetric(float64(<-peak-before)/1e6, "MB-peak")
		b.ReportMetric(n/spent.Seconds(), "envelopes/s")
	}
}

// heap is all that the heap holds, garbage included, in bytes.
func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// BenchmarkStart is the time from the call of Run to the first thing that the
// command does.
func BenchmarkStart(b *testing.B) {
	var total time.Duration
	n := 0
	for b.Loop() {
		out := newOutput()
		o := observe.Options{
			Commands: []observe.Command{shell("job", "date +%s%N")}, Environ: environ(b.TempDir()), Dir: b.TempDir(), Once: true, Out: out,
		}
		started := time.Now()
		if _, err := observe.Run(context.Background(), o); err != nil {
			b.Fatal(err)
		}
		at, err := strconv.ParseInt(strings.TrimSpace(out.String()), 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		total += time.Unix(0, at).Sub(started)
		n++
	}
	b.ReportMetric(float64(total.Microseconds())/float64(n)/1000, "ms-to-exec")
}
