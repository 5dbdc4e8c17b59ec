// Command service reports an error through the SDK for Go.
package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/getsentry/sentry-go"
)

func main() {
	if err := sentry.Init(sentry.ClientOptions{Debug: true, DebugWriter: os.Stderr}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	sentry.CaptureException(errors.New("no slot"))
	sentry.Flush(30 * time.Second)
}
