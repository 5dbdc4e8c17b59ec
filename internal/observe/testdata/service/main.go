// Command service reports an error through the SDK for Go: `service unflushed`
// ends before it can be sent, `service idle` has none.
package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/getsentry/sentry-go"
)

func main() {
	mode := ""
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	// Its log is off where it is to be seen without one.
	options := sentry.ClientOptions{Debug: mode == "", DebugWriter: os.Stderr}
	if mode == "unflushed" {
		options.HTTPTransport = late{}
	}
	if err := sentry.Init(options); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if mode == "idle" {
		return
	}
	sentry.CaptureException(errors.New("no slot"))
	if mode == "unflushed" {
		os.Exit(3)
	}
	sentry.Flush(30 * time.Second)
}

// late is a way that takes longer than the program does: otherwise, on a busy
// machine, what is not flushed comes now and then.
type late struct{}

func (late) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(200 * time.Millisecond)
	return http.DefaultTransport.RoundTrip(r)
}
